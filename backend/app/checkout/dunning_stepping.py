"""One step of a dunning: what is due of it, done under its order's lock."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.checkout import dunning as dunning_of
from app.checkout import dunning_queries as queries
from app.checkout import dunning_retries, notifying
from app.checkout.dunning_models import Dunning
from app.core.actor import SYSTEM
from app.core.work import defer
from app.orders import queries as orders
from app.orders.models import Order

AGAIN, SOON = timedelta(hours=1), timedelta(minutes=10)


def step(session: Session, dunning_id: UUID, now: datetime) -> str:
    """Do what is due of it; its status. Safe to run twice and in a race. Locks order, dunning, payment's attempts."""
    order = orders.get_locked(session, queries.get(session, dunning_id).order_id)
    dunning = queries.open_of(session, order.id)
    if dunning is None or dunning.id != dunning_id or dunning.next_at is None or dunning.next_at > now:
        return queries.get(session, dunning_id).status
    if not order.can_be_paid:
        dunning_of.close(
            session, dunning, "paid" if order.payment_status == "paid" else "voided", "nothing is owed", SYSTEM, now
        )
        return dunning.status
    if order.status == "pending_payment" and order.expires_at <= now:
        dunning.next_at = now + SOON  # its day begins: whether it goes out unpaid is decided first
        session.add(dunning)
        defer(session, "expire_orders")
        return dunning.status
    due = dunning_of.next_step(session, dunning)
    if due.action == "give_up":
        _give_up(session, order, dunning, now)
        return dunning.status
    if due.action == "retry" and (mandate := dunning_retries.debitable(session, order, dunning, due, now)):
        if not dunning_retries.is_free(session, order):
            dunning.next_at = now + AGAIN
            return dunning.status
        dunning_retries.retry(session, order, dunning, mandate, dunning_retries.charge_at(session, dunning, due, mandate, now))
    elif due.action == "notice":
        notifying.payment_open(session, order, f"{dunning.id}:{dunning.step}")
    else:
        notifying.payment_due(session, order, dunning.reason, f"{dunning.id}:{dunning.step}")
    dunning.step += 1
    dunning_of.plan(session, dunning)
    session.add(dunning)
    return dunning.status


def _give_up(session: Session, order: Order, dunning: Dunning, now: datetime) -> None:
    """What was delivered stays owed; what still waits is given up with the order, when its day begins or now."""
    dunning_of.close(session, dunning, "given_up", "the last step was taken", SYSTEM, now)
    if order.status == "pending_payment":
        order.expires_at = now
        session.add(order)
        defer(session, "expire_orders")
