"""What a payment's facts, as fetched from the provider, change here. The one place where money is booked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.db import add_once
from app.ledger import service as ledger
from app.payments import debit_outcomes, queries
from app.payments.errors import OrderUnknown, PaymentMismatch
from app.payments.models import Capture, Payment, PaymentAttempt
from app.payments.rules import moves_forward, status_of
from app.providers.razorpay_facts import PaymentFacts

Change = Literal["captured", "captured_again", "authorised", "failed", "given_up", "nothing"]


@dataclass(frozen=True)
class Owner:
    """Whose payment the provider speaks of: found by the provider's order id that *we* stored."""

    attempt: PaymentAttempt
    payment: Payment


def owner_of(session: Session, facts: PaymentFacts) -> Owner:
    """OrderUnknown when no attempt of this store has that provider order; nothing is locked."""
    found = queries.attempt_of_provider_order(session, facts.order_id) if facts.order_id else None
    if found is None:
        raise OrderUnknown(f"no payment of ours belongs to {facts.order_id}")
    return Owner(*found)


def account_of(payment: Payment) -> str:
    """The ledger account of what was paid for."""
    if payment.mandate_id:
        return ledger.MANDATE_APPROVALS
    return ledger.TOP_UPS if payment.top_up_id else ledger.ORDERS


def is_money(facts: PaymentFacts) -> bool:
    """Captured, or captured and refunded since. Razorpay's automatic refund of an *uncaptured* payment was never ours."""
    return facts.captured and status_of(facts.status) == "captured"


def apply_facts(session: Session, owner: Owner, facts: PaymentFacts, actor: Actor, cause: str, now: datetime) -> Change:
    """Move the payment forward by what the provider says now. Safe to run any number of times, in any order of arrival.

    The caller holds the order's lock (or the mandate's); locks the payment, its attempt and debit. PaymentMismatch when amount
    or currency are not what we asked for.
    """
    payment = queries.get_locked(session, owner.payment.id)
    if (facts.amount, facts.currency) != (owner.attempt.amount, owner.attempt.currency):
        raise PaymentMismatch("amount or currency are not this order's")
    if owner.attempt.mandate_id and debit_outcomes.bank_answered(session, payment, owner.attempt, facts, now):
        if moves_forward(payment.status, "failed"):
            _move(session, payment, facts, "failed", actor, cause)
        return "given_up"
    if is_money(facts):
        return _book_capture(session, payment, owner.attempt, facts, actor, cause, now)
    told = "failed" if facts.status == "refunded" else status_of(facts.status)
    if told == "captured" or not moves_forward(payment.status, told):
        return "nothing"
    _move(session, payment, facts, told, actor, cause)
    return "failed" if told == "failed" else "authorised"


def _move(session: Session, payment: Payment, facts: PaymentFacts, told: str, actor: Actor, cause: str) -> None:
    before, payment.status = payment.status, told
    payment.failure_reason = (facts.error_reason or "")[:100] if told == "failed" else None
    session.add(payment)
    record(session, actor, f"payment.{told}", payment, {"status": [before, told]}, cause=f"{cause}, {facts.id}")


def _book_capture(
    session: Session, payment: Payment, attempt: PaymentAttempt, facts: PaymentFacts, actor: Actor, cause: str, now: datetime
) -> Change:
    row = Capture(
        store_id=payment.store_id,
        payment_id=payment.id,
        attempt_id=attempt.id,
        provider_payment_id=facts.id,
        amount=facts.amount,
        currency=facts.currency,
        method=(facts.method or "")[:20],
        fee_amount=facts.fee,
        fee_tax_amount=facts.tax,
        captured_at=now,
        is_counted=payment.status != "captured",
    )
    if not add_once(session, row, "provider_payment_id"):
        return "nothing"  # this very money is in the books
    ledger.transfer(
        session,
        "capture",
        debit=ledger.RAZORPAY,
        credit=account_of(payment),
        amount=row.amount,
        currency=row.currency,
        cause=row,
    )
    why = f"{cause}, {facts.id}"
    if not row.is_counted:
        record(session, actor, "payment.captured_again", payment, {"amount": [None, row.amount]}, cause=why)
        return "captured_again"
    before, payment.status, payment.captured_at, payment.failure_reason = payment.status, "captured", now, None
    session.add(payment)
    record(session, actor, "payment.captured", payment, {"status": [before, "captured"]}, cause=why)
    return "captured"
