"""Every SELECT and lock of payments. Lock order: the order first, then its payment."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from app.payments.models import Capture, Payment, PaymentAttempt


def get(session: Session, payment_id: UUID) -> Payment:
    return session.exec(select(Payment).where(Payment.id == payment_id)).one()


def attempt_with_payment(session: Session, attempt_id: UUID) -> tuple[PaymentAttempt, Payment]:
    statement = (
        select(PaymentAttempt, Payment)
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .where(PaymentAttempt.id == attempt_id)
    )
    return session.exec(statement).one()


def attempt_of_provider_order(session: Session, provider_order_id: str) -> tuple[PaymentAttempt, Payment] | None:
    statement = (
        select(PaymentAttempt, Payment)
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .where(PaymentAttempt.provider_order_id == provider_order_id)
    )
    return session.exec(statement).one_or_none()


def latest_attempt_of_order(session: Session, order_id: UUID) -> tuple[PaymentAttempt, Payment] | None:
    statement = (
        select(PaymentAttempt, Payment)
        .join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
        .where(Payment.order_id == order_id)
        .order_by(col(PaymentAttempt.id).desc())
    )
    return session.exec(statement).first()


def get_locked(session: Session, payment_id: UUID) -> Payment:
    """Lock the payment; take the order's lock first."""
    statement = select(Payment).where(Payment.id == payment_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(statement).one()


def capture(session: Session, provider_payment_id: str) -> Capture | None:
    return session.exec(select(Capture).where(Capture.provider_payment_id == provider_payment_id)).one_or_none()


def of_order(session: Session, order_id: UUID) -> Payment | None:
    return session.exec(select(Payment).where(Payment.order_id == order_id)).one_or_none()


def attempts_of_payment(session: Session, payment_id: UUID) -> Sequence[PaymentAttempt]:
    return session.exec(
        select(PaymentAttempt).where(PaymentAttempt.payment_id == payment_id).order_by(col(PaymentAttempt.id))
    ).all()


def captures_of_payment(session: Session, payment_id: UUID) -> Sequence[Capture]:
    return session.exec(select(Capture).where(Capture.payment_id == payment_id).order_by(col(Capture.id))).all()
