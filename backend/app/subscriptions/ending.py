"""The end of a subscription, and of its orders that nobody has paid or is paying for."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import cancelling
from app.core.actor import Actor
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import debit_outcomes
from app.subscriptions import altering, arrears, calendar_queries, changing, plan_queries, planning, provider_billing, queries
from app.subscriptions.changing import Change, OpenOrder
from app.subscriptions.coming import Day, Plan, days
from app.subscriptions.errors import CutOffPassed, EndInPast, NothingToTakeBack
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import LIVE, check_move

MAX_FIXED = 31  # deliveries that are fixed and not decided: a month of daily ones, far longer than any run is late


def cancel(
    session: Session, subscription_id: UUID, owner_id: UUID | None, reason: str, *, actor: Actor, calendar: Calendar
) -> Change:
    """End it. Orders that wait for a debit not yet sent are cancelled with it, in this transaction; others are delivered.

    Locks subscription, orders, payments, stock. Safe to repeat.
    """
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    if subscription.status == "cancelled":
        return Change(subscription)
    before = subscription.move("cancelled")
    subscription.cancelled_at, subscription.paused_until = calendar.now, None
    planning.stop(subscription)
    session.add(subscription)
    session.flush()
    ended = [
        OpenOrder(kept.order, kept.delivers_on, _end(session, kept.order, actor, calendar))
        for kept in changing.open_orders(session, subscription, calendar)
    ]
    arrears.stop(session, subscription, "its subscription was cancelled", actor=actor, calendar=calendar)
    record(session, actor, "subscription.cancelled", subscription, {"status": [before, "cancelled"]}, cause=reason)
    provider_billing.pass_on(session, subscription, actor, "ended here")
    return Change(subscription, ended)


def cancel_at_end(
    session: Session, subscription_id: UUID, owner_id: UUID | None, reason: str, *, actor: Actor, calendar: Calendar
) -> Change:
    """End it with what is paid or ordered already: that still comes and is charged as announced, nothing is planned after.

    Where nothing is to be planned until then, it is over at once. Locks it. Safe to repeat.
    """
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    coming = changing.open_orders(session, subscription, calendar)
    if subscription.status == "cancelled" or subscription.cancel_reason is not None:
        return Change(subscription, coming)
    check_move(subscription.status, "cancelled")
    last_on = max((one.delivers_on for one in coming), default=calendar.today - timedelta(days=1))
    before = subscription.status
    subscription.ends_on, subscription.cancel_reason = last_on, reason
    changes = {"ends_on": [None, last_on.isoformat()]}
    record(session, actor, "subscription.cancelled_at_end", subscription, changes, cause=reason)
    altering.look_anew(session, subscription, calendar)
    if subscription.status in LIVE and subscription.next_on is None:  # it waits for its customer: no run would end it
        subscription.move("cancelled")
        subscription.cancelled_at, subscription.paused_until = calendar.now, None
        record(session, actor, "subscription.cancelled", subscription, {"status": [before, "cancelled"]}, cause=reason)
    provider_billing.pass_on(session, subscription, actor, "ended here")
    return Change(subscription, coming)


def keep(session: Session, subscription_id: UUID, owner_id: UUID | None, *, actor: Actor, calendar: Calendar) -> Change:
    """Take back its cancellation to the end of what is paid, while it is not over. NothingToTakeBack."""
    subscription = queries.get(session, subscription_id, owner_id, lock=True)
    if subscription.cancel_reason is None or subscription.status not in LIVE:
        raise NothingToTakeBack(present=subscription.status)
    ends_on = subscription.ends_on
    subscription.ends_on = subscription.cancel_reason = None
    altering.look_anew(session, subscription, calendar)
    changes = {"ends_on": [_text(ends_on), None]}
    record(session, actor, "subscription.end_taken_back", subscription, changes)
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def set_end(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    ends_on: date | None,
    ends_after: int | None,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """Its last possible day, or after how many deliveries, counted from its start, it ends; neither: it goes on.

    EndInPast; CutOffPassed where a delivery that is fixed already would not come. With nothing left to come it is completed.
    """
    if ends_on is not None and ends_on < calendar.today:
        raise EndInPast(field="ends_on", earliest=calendar.today.isoformat())
    subscription = altering.live(session, subscription_id, owner_id)
    made = calendar_queries.made(session, subscription.id)
    if ends_after is not None and ends_after < max(made, 1):
        raise EndInPast(field="ends_after", minimum=max(made, 1))
    before = (subscription.ends_on, subscription.ends_after)
    if before != (ends_on, ends_after) or subscription.cancel_reason is not None:
        plan = plan_queries.plan(session, subscription, calendar.today)
        left = None if ends_after is None else ends_after - made
        _refuse_late(subscription, plan, replace(plan, ends_on=ends_on, left=left), calendar)
        subscription.ends_on, subscription.ends_after, subscription.cancel_reason = ends_on, ends_after, None
        changes = {"ends_on": [_text(before[0]), _text(ends_on)], "ends_after": [before[1], ends_after]}
        record(session, actor, "subscription.end_changed", subscription, changes)
        altering.look_anew(session, subscription, calendar)
    return Change(subscription, changing.open_orders(session, subscription, calendar))


def _refuse_late(subscription: Subscription, before: Plan, after: Plan, calendar: Calendar) -> None:
    """A delivery whose cut-off has passed comes, whether the run has come to it yet or not."""

    def edit_until(day: Day) -> datetime:
        return calendar.instants(subscription.payment_method, day.delivers_on, day.agreed.shift).edit_until

    if subscription.next_on is None:
        return
    fixed = takewhile(lambda day: edit_until(day) <= calendar.now, days(before, subscription.next_on))
    still = {day.delivers_on for day in islice(days(after, calendar.today), MAX_FIXED)}
    for day in fixed:
        if day.delivers_on not in still:
            raise CutOffPassed(edit_until=edit_until(day).isoformat(), field="ends_on", earliest=day.delivers_on.isoformat())


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _end(session: Session, order: Order, actor: Actor, calendar: Calendar) -> str:
    """Cancel an order that nobody has paid or is paying for; what is paid, or to be paid at the door, is delivered."""
    order = orders.get_locked(session, order.id)
    cause = "its subscription was cancelled"
    if order.status != "pending_payment" or not debit_outcomes.withdraw(session, order.id, actor, cause, calendar.now):
        return "kept"
    why = cancelling.Why("customer" if actor.kind == "customer" else "staff", cause)
    cancelling.cancel(session, order.id, None, why, actor=actor, now=calendar.now)
    return "cancelled"
