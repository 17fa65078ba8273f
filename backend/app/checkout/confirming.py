"""The one way an order becomes paid: the browser's return, the webhook and the debit under a mandate all come here.

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
from app.payments import mandate_queries, mandates
from app.payments import service as payments
from app.payments.errors import PaymentMismatch
from app.payments.mandate_models import Mandate
from app.payments.service import Change
from app.providers.razorpay_facts import PaymentFacts
from app.stock import service as stock


def confirm(
    session: Session, facts: PaymentFacts, *, actor: Actor, cause: str, now: datetime, order_id: UUID | None = None
) -> tuple[Order, Change]:
    """Apply a payment just fetched from the provider to the order it belongs to. Safe to run any number of times.

    Locks order, payment, stock. `order_id`: the caller says which order it means; PaymentMismatch if the payment's is another,
    or if amount or currency differ. OrderUnknown if the provider's order is none of ours.
    """
    owner = payments.owner_of(session, facts)
    if owner.payment.order_id is None or order_id not in (None, owner.payment.order_id):
        raise PaymentMismatch
    order = orders.get_locked(session, owner.payment.order_id)
    change = payments.apply_facts(session, owner, facts, actor, cause, now)
    if change == "captured":
        _paid(session, order, actor, f"{cause}, {facts.id}", now)
    elif change == "authorised" and order.payment_status == "unpaid":
        order.payment_status = "authorised"
        session.add(order)
    elif change == "given_up":
        notifying.payment_due(session, order, facts.error_reason or "")
    return order, change


def approve(
    session: Session, facts: PaymentFacts, *, actor: Actor, cause: str, now: datetime, mandate_id: UUID | None = None
) -> tuple[Mandate, Change]:
    """Apply the payment by which a customer approves a mandate. Safe to run any number of times.

    Locks mandate, payment. The token it names says what the bank thinks of the mandate, so that is asked next. `mandate_id`:
    the caller says which it means; PaymentMismatch if the payment's is another. StillWorking: come again.
    """
    owner = payments.owner_of(session, facts)
    if owner.payment.mandate_id is None or mandate_id not in (None, owner.payment.mandate_id):
        raise PaymentMismatch
    mandate = mandate_queries.get_locked(session, owner.payment.mandate_id)
    change = payments.apply_facts(session, owner, facts, actor, cause, now)
    mandates.learn(session, mandate, facts, cause)
    return mandate, change


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
