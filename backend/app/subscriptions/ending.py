"""The end of a subscription, and of its orders that nobody has paid or is paying for."""

from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import cancelling
from app.core.actor import Actor
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import debit_outcomes
from app.subscriptions import changing, planning, queries
from app.subscriptions.changing import Change, OpenOrder
from app.subscriptions.planning import Calendar


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
    record(session, actor, "subscription.cancelled", subscription, {"status": [before, "cancelled"]}, cause=reason)
    return Change(subscription, ended)


def _end(session: Session, order: Order, actor: Actor, calendar: Calendar) -> str:
    """Cancel an order that nobody has paid or is paying for; what is paid, or to be paid at the door, is delivered."""
    order = orders.get_locked(session, order.id)
    cause = "its subscription was cancelled"
    if order.status != "pending_payment" or not debit_outcomes.withdraw(session, order.id, actor, cause, calendar.now):
        return "kept"
    why = cancelling.Why("customer" if actor.kind == "customer" else "staff", cause)
    cancelling.cancel(session, order.id, None, why, actor=actor, now=calendar.now)
    return "cancelled"
