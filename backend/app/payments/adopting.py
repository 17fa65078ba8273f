"""Money that the provider took by itself: its own order becomes our attempt, so that it is booked as any other payment is."""

from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.clock import machine_now
from app.core.work import store_of
from app.payments import queries, starting
from app.payments.models import Payment, PaymentAttempt


def for_order(session: Session, order_id: UUID, amount: int, currency: str) -> Payment:
    """The order's payment, known or new. The caller holds the order's lock."""
    known = queries.of_order(session, order_id)
    return known or Payment(
        store_id=store_of(session), order_id=order_id, provider="razorpay", amount=amount, currency=currency
    )


def adopt(
    session: Session, payment: Payment, provider_order_id: str, account_id: UUID, actor: Actor, cause: str
) -> PaymentAttempt:
    """The attempt with that order of the provider's, at a payment that may be new itself. Safe to repeat; nothing is called."""
    if found := queries.attempt_of_provider_order(session, provider_order_id):
        return found[0]
    session.add(payment)
    session.flush()
    attempt = starting.new_attempt(payment, account_id)
    attempt.provider_order_id = provider_order_id
    attempt.work_status, attempt.settled_at = "done", machine_now()
    session.add(attempt)
    session.flush()
    record(session, actor, "payment.adopted", payment, {"amount": [None, payment.amount]}, cause=cause)
    return attempt
