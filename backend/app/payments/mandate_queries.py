"""Every SELECT and lock of mandates and debits. Lock order: subscription, order, mandate, payment, attempt, debit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.bulk import among
from app.payments.mandate_models import UNDECIDED, Debit, Mandate
from app.payments.models import Payment, PaymentAttempt


def get(session: Session, mandate_id: UUID) -> Mandate:
    return session.exec(select(Mandate).where(Mandate.id == mandate_id)).one()


def get_many(session: Session, mandate_ids: Sequence[UUID]) -> dict[UUID, Mandate]:
    found = session.exec(select(Mandate).where(among(col(Mandate.id), mandate_ids)))
    return {mandate.id: mandate for mandate in found}


def get_locked(session: Session, mandate_id: UUID) -> Mandate:
    statement = select(Mandate).where(Mandate.id == mandate_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(statement).one()


def id_of_token(session: Session, token_id: str) -> UUID | None:
    return session.exec(select(Mandate.id).where(Mandate.provider_token_id == token_id)).one_or_none()


def approved_by(session: Session, payment_id: UUID) -> Mandate | None:
    """The mandate that this payment approves; None for an order's payment."""
    statement = select(Mandate).join(Payment, col(Payment.mandate_id) == col(Mandate.id)).where(Payment.id == payment_id)
    return session.exec(statement).one_or_none()


def approval_of(session: Session, mandate_id: UUID) -> tuple[Payment, PaymentAttempt] | None:
    """The payment that approves the mandate, with the newest attempt at it."""
    statement = (
        select(Payment, PaymentAttempt)
        .join(PaymentAttempt, col(PaymentAttempt.payment_id) == col(Payment.id))
        .where(Payment.mandate_id == mandate_id)
        .order_by(col(PaymentAttempt.id).desc())
    )
    return session.exec(statement).first()


def lock_attempts_due(session: Session, now: datetime, limit: int) -> Sequence[PaymentAttempt]:
    """Attempts whose next debit is due by the store's clock, longest due first; those somebody works on are passed over."""
    due = select(PaymentAttempt).where(col(PaymentAttempt.debit_at) <= now).order_by(col(PaymentAttempt.debit_at)).limit(limit)
    return session.exec(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()


def next_debit_at(session: Session) -> datetime | None:
    """When the next debit of the store is due."""
    statement = select(PaymentAttempt.debit_at).where(col(PaymentAttempt.debit_at).is_not(None))
    return session.exec(statement.order_by(col(PaymentAttempt.debit_at)).limit(1)).first()


def attempt_locked(session: Session, attempt_id: UUID) -> PaymentAttempt:
    statement = select(PaymentAttempt).where(PaymentAttempt.id == attempt_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one()


def debits_of_attempt(session: Session, attempt_id: UUID) -> Sequence[Debit]:
    return session.exec(select(Debit).where(Debit.attempt_id == attempt_id).order_by(col(Debit.try_number))).all()


def debits_of_payment(session: Session, payment_id: UUID) -> Sequence[Debit]:
    statement = select(Debit).join(PaymentAttempt, col(PaymentAttempt.id) == col(Debit.attempt_id))
    return session.exec(statement.where(PaymentAttempt.payment_id == payment_id).order_by(col(Debit.id))).all()


def payment_ids_of_others(session: Session, debit: Debit) -> Collection[str]:
    """The provider's payments that belong to the other tries of the same attempt."""
    taken = select(Debit.provider_payment_id).where(Debit.attempt_id == debit.attempt_id, Debit.id != debit.id)
    return {payment_id for payment_id in session.exec(taken) if payment_id}


def is_debit_undecided(session: Session, attempt_id: UUID) -> bool:
    """Whether a debit of the attempt is under way, whoever has its lock."""
    statement = select(Debit.id).where(Debit.attempt_id == attempt_id, col(Debit.status).in_(UNDECIDED))
    return session.exec(statement).one_or_none() is not None


def undecided_of_mandate(session: Session, mandate_id: UUID) -> Debit | None:
    statement = select(Debit).where(Debit.mandate_id == mandate_id, col(Debit.status).in_(UNDECIDED))
    return session.exec(statement).one_or_none()


def undecided_locked(session: Session, attempt_id: UUID) -> Debit | None:
    """The attempt's debit that is under way, locked; None as well when somebody is just settling it: it will see for itself."""
    statement = select(Debit).where(Debit.attempt_id == attempt_id, col(Debit.status).in_(UNDECIDED))
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.exec(locked).one_or_none()
