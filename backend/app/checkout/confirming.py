"""The one way an order becomes paid: the browser's return and the webhook both come here.

Both may have fetched the payment at the same moment; the lock on the order lets one of them do it and shows the other
that it is done, and both get the same answer.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import notifying
from app.core.actor import Actor
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import service as payments
from app.payments.errors import PaymentMismatch
from app.payments.service import Change
from app.providers.razorpay import PaymentFacts
from app.stock import service as stock


def confirm(
    session: Session, facts: PaymentFacts, *, actor: Actor, cause: str, now: datetime, order_id: UUID | None = None
) -> tuple[Order, Change]:
    """Apply a payment just fetched from the provider to the order it belongs to. Safe to run any number of times.

    Locks order, payment, stock. `order_id`: the caller says which order it means; PaymentMismatch if the payment's is another,
    or if amount or currency differ. OrderUnknown if the provider's order is none of ours.
    """
    owner = payments.owner_of(session, facts)
    if order_id is not None and owner.payment.order_id != order_id:
        raise PaymentMismatch
    order = orders.get_locked(session, owner.payment.order_id)
    change = payments.apply_facts(session, owner, facts, actor, cause, now)
    if change == "captured":
        _paid(session, order, actor, f"{cause}, {facts.id}", now)
    elif change == "authorised" and order.payment_status == "unpaid":
        order.payment_status = "authorised"
        session.add(order)
    return order, change


def _paid(session: Session, order: Order, actor: Actor, cause: str, now: datetime) -> None:
    """The order is paid. One that was given up meanwhile stays cancelled: its money is owed back, and shows as such."""
    if order.status != "pending_payment":
        unpaid, order.payment_status = order.payment_status, "paid"
        session.add(order)
        record(session, actor, "order.paid_late", order, {"payment_status": [unpaid, "paid"]}, cause=cause)
        return
    before = order.confirm(now)
    session.add(order)
    session.flush()
    stock.firm_up(session, order.id)
    record(session, actor, "order.confirmed", order, {"status": [before, order.status]}, cause=cause)
    notifying.order_confirmed(session, order)
