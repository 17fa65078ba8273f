"""Paying into a wallet: a payment like an order's, and the one place where its money becomes spendable."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.payments import queries as payments
from app.payments import service as payment_service
from app.payments import starting
from app.payments.errors import PaymentMismatch
from app.payments.models import Payment, PaymentAttempt
from app.payments.service import Change
from app.providers.razorpay_facts import PaymentFacts
from app.stores import service as stores
from app.wallets import notifying, queries, service
from app.wallets.errors import TooManyTopUps, TopUpAmountInvalid
from app.wallets.models import MAX_TOP_UP_AMOUNT, MIN_TOP_UP_AMOUNT, TopUp

MAX_UNPAID_A_DAY = 20  # each asks the provider for an order; nobody changes their mind more often
DAY = timedelta(days=1)


def start(session: Session, customer_id: UUID, amount: int, *, actor: Actor, now: datetime) -> PaymentAttempt:
    """A top-up of `amount` paise and the attempt at its payment. One that the provider has not answered yet is taken up again.

    Locks the customer. TopUpAmountInvalid, TooManyTopUps.
    """
    if not MIN_TOP_UP_AMOUNT <= amount <= MAX_TOP_UP_AMOUNT:
        raise TopUpAmountInvalid(field="amount", minimum=MIN_TOP_UP_AMOUNT, maximum=MAX_TOP_UP_AMOUNT)
    accounts.lock_customer(session, customer_id)
    if begun := queries.unstarted_attempt(session, customer_id, amount):
        return begun
    if queries.count_unpaid(session, customer_id, now - DAY) >= MAX_UNPAID_A_DAY:
        raise TooManyTopUps(maximum=MAX_UNPAID_A_DAY)
    currency = stores.get(session).currency
    top_up = TopUp(
        store_id=store_of(session), id=new_id(), customer_id=customer_id, amount=amount, currency=currency, started_at=now
    )
    session.add(top_up)
    session.flush()
    record(session, actor, "top_up.started", top_up, {"amount": [None, amount]})
    payment = Payment(store_id=top_up.store_id, top_up_id=top_up.id, provider="razorpay", amount=amount, currency=currency)
    return starting.attempt_at(session, payment, actor, cause=f"top-up {top_up.id}")


def of_attempt(session: Session, attempt: PaymentAttempt) -> TopUp:
    """The top-up that the attempt is to pay."""
    payment = payments.get(session, attempt.payment_id)
    if payment.top_up_id is None:
        raise ValueError(f"attempt {attempt.id} pays no top-up")
    return queries.top_up(session, payment.top_up_id, None)


def notes_of(top_up_id: UUID) -> dict[str, str]:
    """What the provider's own screens show beside the payment."""
    return {"top_up": str(top_up_id)}


def confirm(
    session: Session, facts: PaymentFacts, *, actor: Actor, cause: str, now: datetime, top_up_id: UUID | None = None
) -> tuple[TopUp, Change]:
    """Apply a payment just fetched from the provider to the top-up it belongs to. Safe to run any number of times.

    Locks top-up, payment, wallet. `top_up_id`: the caller says which it means; PaymentMismatch if the payment's is another, or
    if amount or currency differ.
    """
    owner = payment_service.owner_of(session, facts)
    if owner.payment.top_up_id is None or top_up_id not in (None, owner.payment.top_up_id):
        raise PaymentMismatch
    top_up = queries.top_up_locked(session, owner.payment.top_up_id)
    change = payment_service.apply_facts(session, owner, facts, actor, cause, now)
    capture = payments.capture(session, facts.id) if change in ("captured", "captured_again") else None
    if capture is not None:
        top_up.paid_at = top_up.paid_at or now
        session.add(top_up)
        record(session, actor, "top_up.paid", top_up, {"paid": [None, capture.amount]}, cause=f"{cause}, {facts.id}")
        service.top_up(session, top_up.customer_id, capture, actor, now)
    if change == "given_up":
        notifying.top_up_failed(session, top_up, facts.error_reason or "")
    return top_up, change
