"""Change what is agreed from a day on: how many, of what, how often, where to, in which shift. One verb for all of them.

What was changed for a later day stays changed there, and follows in all else: see `amending`. The answer shows every change
that is still to come, rehearsed or not.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.carts.rules import MAX_LINES
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.subscriptions import affording, agreeing, amending, changing, plan_queries, planning, queries
from app.subscriptions.amending import Amendment
from app.subscriptions.changing import MAX_DAYS_AHEAD, Change
from app.subscriptions.coming import Agreed, Day, Plan, days
from app.subscriptions.errors import (
    ChangeInPast,
    ChangeTooFar,
    CutOffPassed,
    EndsBeforeStart,
    LinesInvalid,
    ProviderKeepsSchedule,
    SubscriptionMoveNotAllowed,
)
from app.subscriptions.models import Subscription
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
        _refuse_late(subscription, plan, replace(plan, agreed=after), from_on, calendar)
        _refuse_what_cannot_be(session, subscription, plan, after, calendar)
        agreeing.put(session, subscription, plan.agreed, after)
        look_anew(session, subscription, calendar)
        was, now = plan.agreed_on(from_on), replace(plan, agreed=after).agreed_on(from_on)
        record(session, actor, action, subscription, {"terms": [agreeing.facts(was), agreeing.facts(now)]})
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def _refuse_late(subscription: Subscription, before: Plan, after: Plan, from_on: date, calendar: Calendar) -> None:
    """The first delivery that goes, and the first that comes in its place, can both still be changed."""

    def is_fixed(plan: Plan, day: Day) -> bool:
        times = calendar.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
        return day.delivers_on in plan.decided or times.edit_until <= calendar.now

    for plan in (before, after):
        bare = replace(plan, decided=(), left=None)
        first = next(days(bare, from_on), None)
        if first and is_fixed(plan, first):
            possible = next((day.delivers_on for day in days(bare, first.delivers_on) if not is_fixed(plan, day)), None)
            times = calendar.instants(subscription.payment_method, first.delivers_on, first.agreed.shift)
            raise CutOffPassed(
                edit_until=times.edit_until.isoformat(), field="from_on", earliest=possible.isoformat() if possible else None
            )


def _refuse_what_cannot_be(
    session: Session, subscription: Subscription, plan: Plan, after: Sequence[Agreed], calendar: Calendar
) -> None:
    """Nothing in it, nothing for ever, what is not sold, or more than the mandate allows."""
    if (
        next(days(replace(plan, agreed=after, wishes={}, away=(), closed=(), decided=(), left=None), calendar.today), None)
        is None
    ):
        raise EndsBeforeStart(field="from_on")
    known = {item.variant_id for one in plan.agreed for item in one.items}
    for one in after:
        if one in plan.agreed:
            continue
        if not 1 <= len(one.items) <= MAX_LINES:
            raise LinesInvalid(field="lines", minimum=1, maximum=MAX_LINES)
        day, was = max(one.from_on, calendar.today), plan.agreed_on(one.from_on)
        affording.check_on_sale(session, {item.variant_id for item in one.items} - known, day)
        if one.items != was.items:
            address = queries.addresses(session, {one.address_id})[one.address_id]
            affording.check_limit(session, subscription, affording.most(one), freeze_address(address), day)
