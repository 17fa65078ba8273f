"""Change what is agreed from a day on: how many, of what, how often, where to, in which shift. One verb for all of them.

What was changed for a later day stays changed there, and follows in all else: see `amending`. The answer shows every change
that is still to come, rehearsed or not. A wish for a single day stays, unless what it is about is no longer in it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import Actor
from app.subscriptions import agreeing, amending, change_limits, changing, plan_queries, planning, queries
from app.subscriptions.amending import Amendment
from app.subscriptions.changing import MAX_DAYS_AHEAD, Change
from app.subscriptions.coming import Agreed, Plan
from app.subscriptions.errors import (
    ChangeInPast,
    ChangeTooFar,
    ProviderKeepsSchedule,
    SubscriptionMoveNotAllowed,
)
from app.subscriptions.models import DeliveryChange, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import LIVE, MOVES


def alter(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    from_on: date,
    wanted: Amendment,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """What is wanted, from that day on. Safe to repeat; taken back until the cut-off of its first delivery. Locks it.

    ChangeInPast, ChangeTooFar, NotOnSale, AddressNotFound; CutOffPassed names the end of changes of the first delivery it would
    touch, and the earliest day from which it is possible; MandateLimitExceeded the limit it takes.
    """
    if from_on < calendar.today:
        raise ChangeInPast(field="from_on", earliest=calendar.today.isoformat())
    if (from_on - calendar.today).days > MAX_DAYS_AHEAD:
        raise ChangeTooFar(field="from_on", maximum_days=MAX_DAYS_AHEAD)
    subscription = live(session, subscription_id, owner_id)
    if subscription.billing_owner == "provider" and wanted.changes_goods_or_rhythm:
        raise ProviderKeepsSchedule
    if wanted.address_id:
        accounts.get_address(session, wanted.address_id, subscription.customer_id)
    plan = plan_queries.plan(session, subscription, calendar.today)
    after = amending.amend(plan.agreed, from_on, wanted)
    return _put(session, subscription, plan, from_on, after, "subscription.altered", actor, calendar)


def take_back(
    session: Session, subscription_id: UUID, owner_id: UUID | None, from_on: date, *, actor: Actor, calendar: Calendar
) -> Change:
    """The change that begins on that day is none any more. Safe to repeat; CutOffPassed once its first delivery is fixed."""
    subscription = live(session, subscription_id, owner_id)
    plan = plan_queries.plan(session, subscription, calendar.today)
    after = amending.take_back(plan.agreed, from_on)
    return _put(session, subscription, plan, from_on, after, "subscription.change_taken_back", actor, calendar)


def live(session: Session, subscription_id: UUID, owner_id: UUID | None) -> Subscription:
    """Locked. SubscriptionMoveNotAllowed for one that is over."""
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    if subscription.status not in LIVE:
        raise SubscriptionMoveNotAllowed(present=subscription.status, allowed=sorted(MOVES[subscription.status]))
    return subscription


def look_anew(session: Session, subscription: Subscription, calendar: Calendar) -> None:
    """For what comes next. What is due already is left to the run, so that none is passed over in silence."""
    waits = subscription.status == "paused" and subscription.paused_until is None
    is_due = subscription.plans_at is not None and subscription.plans_at <= calendar.now
    if subscription.status in ("active", "paused") and not waits and not is_due:
        planning.schedule(session, subscription, calendar)
    session.add(subscription)


def _put(
    session: Session,
    subscription: Subscription,
    plan: Plan,
    from_on: date,
    after: Sequence[Agreed],
    action: str,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    if list(after) != list(plan.agreed):
        new_plan = replace(plan, agreed=after)
        change_limits.refuse_late(subscription, plan, new_plan, from_on, calendar)
        change_limits.refuse_what_cannot_be(session, subscription, plan, after, calendar)
        agreeing.put(session, subscription, plan.agreed, after)
        forgotten = _forget_wishes(session, subscription, plan, new_plan)
        look_anew(session, subscription, calendar)
        was, now = agreeing.facts(plan.agreed_on(from_on)), agreeing.facts(new_plan.agreed_on(from_on))
        record(session, actor, action, subscription, {"terms": [was, now], "wishes": [forgotten, []]})
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def _forget_wishes(session: Session, subscription: Subscription, before: Plan, after: Plan) -> list[str]:
    """Those for what is no longer in the subscription on their day: who swaps milk for ghee wants no three bottles then."""
    forgotten = []
    for day, wishes in before.wishes.items():
        was = {item.variant_id for item in before.agreed_on(day).items}
        gone = (was - {item.variant_id for item in after.agreed_on(day).items}) & {one for one in wishes if one is not None}
        if gone:
            session.execute(
                delete(DeliveryChange).where(
                    col(DeliveryChange.subscription_id) == subscription.id,
                    col(DeliveryChange.delivers_on) == day,
                    col(DeliveryChange.variant_id).in_(gone),
                )
            )
            forgotten.append(day.isoformat())
    return forgotten
