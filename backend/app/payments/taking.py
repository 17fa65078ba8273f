"""Money for an order that comes in without the provider: out of a wallet, in cash, by bank. A capture like any other."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.ledger import service as ledger
from app.payments import queries
from app.payments.errors import PaidAlready
from app.payments.models import Capture, Payment

OwnSource = Literal["wallet", "cash", "bank"]


def take(
    session: Session,
    order_id: UUID,
    source: OwnSource,
    amount: int,
    currency: str,
    *,
    debit: str,
    actor: Actor,
    cause: str,
    now: datetime,
) -> Capture:
    """Book `amount` as this order's payment; `debit` is the ledger account that it went to. PaidAlready when it was paid.

    The caller holds the order's lock; locks the payment, which is made where nothing was asked for yet.
    """
    known = queries.of_order(session, order_id)
    payment = queries.get_locked(session, known.id) if known else _new_payment(session, order_id, source, amount, currency)
    if payment.status == "captured":
        raise PaidAlready
    capture_id = new_id()
    capture = Capture(
        store_id=payment.store_id,
        id=capture_id,
        payment_id=payment.id,
        source=source,
        provider_payment_id=f"{source}_{capture_id.hex}",
        amount=amount,
        currency=currency,
        method=source,
        captured_at=now,
    )
    before, payment.status, payment.captured_at, payment.failure_reason = payment.status, "captured", now, None
    session.add_all([payment, capture])
    session.flush()
    ledger.transfer(session, "capture", debit=debit, credit=ledger.ORDERS, amount=amount, currency=currency, cause=capture)
    why = f"{cause}, {capture.provider_payment_id}"
    record(session, actor, "payment.captured", payment, {"status": [before, "captured"]}, cause=why)
    return capture


def _new_payment(session: Session, order_id: UUID, source: OwnSource, amount: int, currency: str) -> Payment:
    payment = Payment(store_id=store_of(session), order_id=order_id, provider=source, amount=amount, currency=currency)
    session.add(payment)
    session.flush()
    return payment
