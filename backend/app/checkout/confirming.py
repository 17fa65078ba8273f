"""The one way an order becomes paid: the browser's return, the webhook and the debit under a mandate all come here.

Both may have fetched the payment at the same moment; the lock on the order lets one of them do it and shows the other
that it is done, and both get the same answer.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import dunning, notifying, refunding
from app.core.actor import Actor
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import mandate_queries, mandates
from app.payments import queries as payment_queries
from app.payments import refunding as payment_refunding
from app.payments import service as payments
from app.payments.errors import PaymentMismatch
from app.payments.mandate_models import Mandate
from app.payments.service import Change
from app.providers.razorpay_facts import PaymentFacts
from app.stock import service as stock
from app.stock.errors import OutOfStock


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
    elif change == "captured_again":
        refunding.settle_balance(session, order, actor, f"paid twice: {cause}, {facts.id}", now)
    elif change == "authorised" and order.payment_status == "unpaid":
        order.payment_status = "authorised"
        session.add(order)
    elif change == "given_up":
        dunning.payment_failed(session, order, facts.error_reason or "", now)
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
    if change in ("captured", "captured_again"):
        _give_back_approval(session, facts.id, actor, cause)
    mandates.learn(session, mandate, facts, cause)
    return mandate, change


def _give_back_approval(session: Session, provider_payment_id: str, actor: Actor, cause: str) -> None:
    """The rupee proved the mandate; nothing was bought with it."""
    capture = payment_queries.capture(session, provider_payment_id)
    if capture is not None:
        payment_refunding.book(session, capture, capture.amount, reason="approval", actor=actor, cause=cause)


def _paid(session: Session, order: Order, actor: Actor, cause: str, now: datetime) -> None:
    """The order is paid. One that was merely not paid in time lives again if its goods are still there; else the money of a
    cancelled order goes back, once.
    """
    if order.can_revive and _reserve_again(session, order, actor, now):
        record(session, actor, "order.revived", order, {"status": ["cancelled", order.status]}, cause=cause)
    if order.status != "pending_payment":
        unpaid, order.payment_status = order.payment_status, "paid"
        session.add(order)
        session.flush()
        record(session, actor, "order.paid_late", order, {"payment_status": [unpaid, "paid"]}, cause=cause)
        dunning.paid(session, order, now)
        refunding.settle_balance(session, order, actor, cause, now)
        return
    settle_paid(session, order, actor, cause, now)


def settle_paid(session: Session, order: Order, actor: Actor, cause: str, now: datetime) -> None:
    """The money of an order that waits for it is here, from wherever: its goods are its own now, and the customer is told."""
    before = order.confirm(now)
    session.add(order)
    stock.firm_up(session, order.id)
    dunning.paid(session, order, now)
    record(session, actor, "order.confirmed", order, {"status": [before, order.status]}, cause=cause)
    notifying.order_confirmed(session, order)


def _reserve_again(session: Session, order: Order, actor: Actor, now: datetime) -> bool:
    """Promise the goods of an expired order to it once more; False when others have them by now."""
    lines = orders.lines(session, [order.id])[order.id]
    try:
        with session.begin_nested():
            stock.reserve_many(session, order.id, {line.variant_id: line.quantity for line in lines}, None, now, actor)
    except OutOfStock:
        return False
    order.revive()
    for line in lines:
        line.cancelled_quantity = 0
    session.add_all([order, *lines])
    session.flush()
    return True
