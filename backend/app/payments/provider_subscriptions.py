"""Subscriptions whose schedule the provider keeps: asked for once, followed, told what we wish. It charges; we never do.

It knows no idempotency here: our own id travels in its notes, and a create of unknown outcome is looked for by it before
there is a second one. Should there be two all the same, the customer was only ever shown one, and the other expires.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.errors import ProviderError, Rejected
from app.core.work import defer
from app.core.work_rows import claim_one, hold, settle_done, settle_failed, settle_later
from app.core.work_waiting import StillWorking, wake
from app.payments import provider_learning as learning
from app.payments import provider_plans
from app.payments import provider_subscription_queries as queries
from app.payments.errors import NothingRuns
from app.payments.provider_subscription_calls import Seen, Visit
from app.payments.provider_subscription_models import ProviderSubscription
from app.payments.provider_subscription_rules import Wish, look_in
from app.stores import service as stores

WAIT_FOR_PLAN_SECONDS = 2.0
LOOK_SOON_SECONDS = 60.0  # a charge waits for its delivery


def want(session: Session, subscription_id: UUID, wish: Wish, actor: Actor, cause: str) -> ProviderSubscription:
    """Have the provider told. It is carried out after the commit; an end takes the place of whatever was wished before.

    NothingRuns: there is none that lives. StillWorking: it is being talked to just now, come again.
    """
    agreement = queries.live_locked(session, subscription_id)
    if agreement is None:
        raise StillWorking if queries.is_live(session, subscription_id) else NothingRuns
    note_wish(session, agreement, wish, actor, cause)
    look_now(session, agreement)
    return agreement


def note_wish(session: Session, agreement: ProviderSubscription, wish: Wish | None, actor: Actor, cause: str) -> None:
    """It is told with the next look. The caller holds the row."""
    before = agreement.wish
    agreement.wish, agreement.failure_reason = wish, None
    session.add(agreement)
    record(session, actor, "provider_subscription.wished", agreement, {"wish": [before, wish]}, cause=cause)


def hear(session: Session, provider_subscription_id: str) -> ProviderSubscription:
    """An event speaks of it: look. SubscriptionUnknown while we have not recorded it; StillWorking: come again."""
    agreement = queries.by_their_id_locked(session, provider_subscription_id)
    if not agreement.is_final:
        look_now(session, agreement)
    return agreement


def look_now(session: Session, agreement: ProviderSubscription) -> None:
    """The row is locked; StillWorking where somebody holds its lease."""
    if agreement.work_status == "unknown" and not agreement.exists_there:
        return  # it may have been made: looked for in its own time, and never begun anew before that
    wake(session, agreement)
    defer(session, "look_at_provider_subscription", agreement.id)


def claim(session: Session, agreement_id: UUID) -> Visit | None:
    """Take it, to be made, told or looked at; None when it is done, taken, not due, or its plan is not made yet."""
    agreement = claim_one(session, ProviderSubscription, agreement_id)
    if agreement is None:
        return None
    if agreement.is_withdrawn:
        learning.refuse(session, agreement, "withdrawn")
    if agreement.is_final and not agreement.exists_there:  # whoever wants it all the same asks for a new one
        settle_done(session, agreement)
        return None
    plan = queries.plan_of(session, agreement)
    if plan.provider_plan_id is None:
        if plan.work_status == "dead":
            learning.refuse(session, agreement, "plan_refused")
            settle_failed(session, agreement, f"its plan: {plan.last_error}", final=True)
        else:
            settle_later(session, agreement, WAIT_FOR_PLAN_SECONDS)
            defer(session, "drain_provider_plans")
        return None
    account = stores.provider_account(session, "razorpay", agreement.account_id)
    return Visit(agreement, plan.provider_plan_id, account, queries.settled_payments(session, agreement.id))


def settle(session: Session, visit: Visit, outcome: Seen | ProviderError) -> Seen | None:
    """Record what the provider says; None where it said nothing new to act on. LeaseLost for a late holder.

    Locks the row first. The caller books `charges` (each is a row by now) and then calls `rest`, in the same transaction.
    """
    agreement = hold(session, visit.agreement)
    if isinstance(outcome, Seen):
        learning.learn(session, agreement, outcome.facts, "the provider was asked")
        if not outcome.is_new:
            learning.fulfil(session, agreement, outcome.facts)
        learning.note_charges(session, agreement, outcome)
        return outcome
    if isinstance(outcome, Rejected) and not agreement.exists_there:
        learning.refuse(session, agreement, outcome.reason)
    elif isinstance(outcome, Rejected) and agreement.wish is not None:
        learning.drop_wish(session, agreement, outcome.reason)
        settle_later(session, agreement, LOOK_SOON_SECONDS)
        return None
    provider_plans.settle_error(session, agreement, outcome)
    return None


def rest(session: Session, agreement: ProviderSubscription, now: datetime) -> None:
    """Done for now: when to look again if nobody tells us anything. Nothing more is to be seen of one that has ended."""
    if agreement.wish is None and queries.is_charge_waiting(session, agreement.id):
        settle_later(session, agreement, LOOK_SOON_SECONDS)
    elif agreement.is_final:
        settle_done(session, agreement)
    else:
        wait = 0.0 if agreement.wish else look_in(agreement.status, agreement.charge_at, now)
        settle_later(session, agreement, wait)
