"""Money for orders that comes in without the provider: out of wallets, in cash, by bank. Captures like any other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.ledger import service as ledger
from app.ledger.posting import Posting, transfer_many
from app.payments import queries
from app.payments.errors import PaidAlready
from app.payments.models import Capture, Payment

OwnSource = Literal["wallet", "cash", "bank"]


@dataclass(frozen=True)
class Taking:
    """So much for an order; `debit` is the ledger account that it goes to."""

    order_id: UUID
    amount: int
    debit: str
    cause: str


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
    known = lock(session, [order_id])
    return take_many(session, [Taking(order_id, amount, debit, cause)], known, source, currency, actor=actor, now=now)[order_id]


def lock(session: Session, order_ids: Collection[UUID]) -> Mapping[UUID, Payment]:
    """The payments of these orders, locked in the order of their orders' ids; an order has none where nothing was asked for."""
    return queries.lock_of_orders(session, order_ids)


def take_many(
    session: Session,
    takings: Sequence[Taking],
    known: Mapping[UUID, Payment],
    source: OwnSource,
    currency: str,
    *,
    actor: Actor,
    now: datetime,
) -> Mapping[UUID, Capture]:
    """Book each as its order's payment: captures by order id. `known` are the orders' payments as `lock` found them.

    PaidAlready if one of them was paid. A few statements, however many there are.
    """
    payments = {one.order_id: known.get(one.order_id) or _new_payment(session, one, source, currency) for one in takings}
    if any(payment.status == "captured" for payment in payments.values()):
        raise PaidAlready
    session.add_all(payments.values())
    session.flush()
    captures, before = {}, {}
    for one in takings:
        payment = payments[one.order_id]
        captures[one.order_id] = _capture(payment, one, source, currency, now)
        before[one.order_id] = payment.status
        payment.status, payment.captured_at, payment.failure_reason = "captured", now, None
    session.add_all(captures.values())
    session.flush()
    postings = [Posting(one.debit, ledger.ORDERS, one.amount, currency, captures[one.order_id]) for one in takings]
    transfer_many(session, "capture", postings)
    for one in takings:
        changes = {"status": [before[one.order_id], "captured"]}
        why = f"{one.cause}, {captures[one.order_id].provider_payment_id}"
        record(session, actor, "payment.captured", payments[one.order_id], changes, cause=why)
    return captures


def _new_payment(session: Session, one: Taking, source: OwnSource, currency: str) -> Payment:
    payment_id = new_id()
    return Payment(
        store_id=store_of(session), id=payment_id, order_id=one.order_id, provider=source, amount=one.amount, currency=currency
    )


def _capture(payment: Payment, one: Taking, source: OwnSource, currency: str, now: datetime) -> Capture:
    capture_id = new_id()
    return Capture(
        store_id=payment.store_id,
        id=capture_id,
        payment_id=payment.id,
        source=source,
        provider_payment_id=f"{source}_{capture_id.hex}",
        amount=one.amount,
        currency=currency,
        method=source,
        captured_at=now,
    )
