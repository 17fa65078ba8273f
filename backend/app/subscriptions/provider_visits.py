"""Talking to the provider about a schedule that it keeps: claim, call, settle; and what is learned reaches the subscription."""

from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.core.errors import LeaseLost, ProviderError
from app.core.logging import get_logger
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.payments import provider_plans, provider_subscription_calls, provider_subscriptions
from app.payments import provider_subscription_queries as agreements
from app.payments.provider_subscription_calls import Charged, PlanCall, Seen, Visit
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.payments.service import is_money
from app.providers.razorpay_subscription_facts import PlanFacts
from app.stores import service as stores
from app.subscriptions import provider_billing, provider_booking, provider_following, queries
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

log = get_logger(__name__)

BUSY = "somebody else has it"


def look_at(store_id: UUID, agreement_id: UUID) -> str:
    """Have one made there, told what is wished, or looked at; its status afterwards. Safe to run twice and in a race.

    Its plan is made first, where it is not there yet. What was charged is booked in the transaction that learns of it.
    """
    with unit_of_work(store_id) as session:
        agreement = agreements.get(session, agreement_id)
        plan = agreements.plan_of(session, agreement)
    if plan.provider_plan_id is None and not agreement.exists_there:
        make_plan(store_id, plan.id)

    def claim(session: Session) -> Visit | Nothing[str]:
        visit = provider_subscriptions.claim(session, agreement_id)
        return visit or Nothing(agreements.get(session, agreement_id).status)

    try:
        return claim_call_settle(store_id, claim, provider_subscription_calls.call, _settle)
    except LeaseLost:
        return BUSY


def _settle(session: Session, visit: Visit, outcome: Seen | ProviderError) -> str:
    """Locks the agreement, then its subscription, then whatever is paid."""
    seen = provider_subscriptions.settle(session, visit, outcome)
    agreement = agreements.get(session, visit.agreement.id)
    store = stores.get(session)
    calendar = Calendar.of(store, clock.now(store))
    subscription = queries.get(session, agreement.subscription_id, None, lock=True)
    for charged in seen.charges if seen else ():
        if is_money(charged.payment):
            _book(session, subscription, agreement, charged, calendar)
    provider_following.follow(session, subscription, agreement, calendar)
    if seen is not None:
        provider_billing.settle_wish(session, subscription, agreement, SYSTEM, "as the subscription is")
        provider_subscriptions.rest(session, agreement, calendar.now)
    return agreement.status


def _book(
    session: Session, subscription: Subscription, agreement: ProviderSubscription, charged: Charged, calendar: Calendar
) -> None:
    """One that cannot be booked keeps no other waiting: it stays in sight as `waiting`, and is tried again with each look."""
    try:
        with session.begin_nested():
            provider_booking.book(session, subscription, agreement, charged, calendar)
    except OperationalError:  # the database is away: nothing is wrong with the charge
        raise
    except Exception as error:
        log.error("charge_not_booked", agreement_id=str(agreement.id), payment_id=charged.payment.id, exc_info=error)


def make_plan(store_id: UUID, plan_id: UUID) -> str:
    """How the plan's work stands afterwards."""

    def claim(session: Session) -> PlanCall | Nothing[str]:
        asked = provider_plans.claim(session, plan_id)
        return asked or Nothing(session.get_one(ProviderPlan, (store_id, plan_id)).work_status)

    def settle(session: Session, asked: PlanCall, outcome: PlanFacts | ProviderError) -> str:
        return provider_plans.settle(session, asked, outcome)

    try:
        return claim_call_settle(store_id, claim, provider_subscription_calls.make_plan, settle)
    except LeaseLost:
        return BUSY
