"""Every SELECT and lock of payments. Lock order: the order first, then its payment."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from app.core.work import store_of
from app.payments.errors import RefundNotFound
from app.payments.models import Capture, Payment, PaymentAttempt
from app.payments.refund_models import Refund

_WITH_PAYMENT = select(PaymentAttempt, Payment).join(Payment, col(Payment.id) == col(PaymentAttempt.payment_id))
_OF_PROVIDER_ORDER = _WITH_PAYMENT.where(PaymentAttempt.provider_order_id == bindparam("provider_order_id"))
_LOCKED = (
    select(Payment)
    .where(Payment.id == bindparam("payment_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def get(session: Session, payment_id: UUID) -> Payment:
    """The payment as this session knows it, read where it does not."""
    return session.get_one(Payment, (store_of(session), payment_id))


def attempt_with_payment(session: Session, attempt_id: UUID) -> tuple[PaymentAttempt, Payment]:
    return session.exec(_WITH_PAYMENT.where(PaymentAttempt.id == attempt_id)).one()


def attempt_of_provider_order(session: Session, provider_order_id: str) -> tuple[PaymentAttempt, Payment] | None:
    return session.exec(_OF_PROVIDER_ORDER, params={"provider_order_id": provider_order_id}).one_or_none()


def latest_attempt_of_order(session: Session, order_id: UUID) -> tuple[PaymentAttempt, Payment] | None:
    return session.exec(_WITH_PAYMENT.where(Payment.order_id == order_id).order_by(col(PaymentAttempt.id).desc())).first()


def get_locked(session: Session, payment_id: UUID) -> Payment:
    """Lock the payment; take the order's lock first. Rows that point to it (a dispute's) may be written meanwhile."""
    return session.exec(_LOCKED, params={"payment_id": payment_id}).one()


def capture(session: Session, provider_payment_id: str) -> Capture | None:
    return session.exec(select(Capture).where(Capture.provider_payment_id == provider_payment_id)).one_or_none()


def of_order(session: Session, order_id: UUID) -> Payment | None:
    return session.exec(select(Payment).where(Payment.order_id == order_id)).one_or_none()


def lock_of_orders(session: Session, order_ids: Collection[UUID]) -> dict[UUID, Payment]:
    """The payments of these orders, by order id, locked in that order; take the orders' locks first."""
    mine = select(Payment).where(col(Payment.order_id).in_(order_ids)).order_by(col(Payment.order_id))
    locked = mine.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {payment.order_id: payment for payment in session.exec(locked) if payment.order_id}


def attempts_of_payment(session: Session, payment_id: UUID) -> Sequence[PaymentAttempt]:
    return session.exec(
        select(PaymentAttempt).where(PaymentAttempt.payment_id == payment_id).order_by(col(PaymentAttempt.id))
    ).all()


def captures_of_payment(session: Session, payment_id: UUID) -> Sequence[Capture]:
    return session.exec(select(Capture).where(Capture.payment_id == payment_id).order_by(col(Capture.id))).all()


def capture_locked(session: Session, capture_id: UUID) -> Capture:
    """Lock the capture; take the order's lock first. Lines of settlements and disputes may be written meanwhile."""
    statement = select(Capture).where(Capture.id == capture_id).with_for_update(key_share=True)
    return session.exec(statement.execution_options(populate_existing=True)).one()


def get_capture(session: Session, capture_id: UUID) -> Capture:
    return session.exec(select(Capture).where(Capture.id == capture_id)).one()


def captures_of_order(session: Session, order_id: UUID) -> Sequence[Capture]:
    """Everything that was paid for an order; what was counted first."""
    statement = select(Capture).join(Payment, col(Payment.id) == col(Capture.payment_id)).where(Payment.order_id == order_id)
    return session.exec(statement.order_by(col(Capture.is_counted).desc(), col(Capture.id))).all()


def amount_going_back(session: Session, capture_id: UUID) -> int:
    """What the capture's refunds come to that are on their way or arrived, in paise."""
    live = select(func.coalesce(func.sum(col(Refund.amount)), 0)).where(
        Refund.capture_id == capture_id, Refund.status != "failed"
    )
    return int(session.scalar(live) or 0)


def account_of_capture(session: Session, capture: Capture) -> UUID:
    """The provider's account that took the money."""
    return session.exec(select(PaymentAttempt.account_id).where(PaymentAttempt.id == capture.attempt_id)).one()


def get_refund(session: Session, refund_id: UUID) -> Refund:
    """RefundNotFound."""
    found = session.exec(select(Refund).where(Refund.id == refund_id)).one_or_none()
    if found is None:
        raise RefundNotFound
    return found


def refunds_in(session: Session, status: str, limit: int, after: UUID | None) -> Sequence[Refund]:
    """Refunds in this state, oldest first; `after` is the last id of the page before."""
    statement = select(Refund).where(Refund.status == status).order_by(col(Refund.id)).limit(limit)
    return session.exec(statement.where(col(Refund.id) > after) if after is not None else statement).all()


def refund_locked(session: Session, refund_id: UUID) -> Refund:
    """Lock the refund; take the order's and the capture's lock first."""
    statement = select(Refund).where(Refund.id == refund_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(statement).one()


def refund_at_provider(session: Session, provider_refund_id: str) -> Refund | None:
    return session.exec(select(Refund).where(Refund.provider_refund_id == provider_refund_id)).one_or_none()


def refund_by_receipt(session: Session, receipt: str) -> Refund | None:
    return session.exec(select(Refund).where(Refund.receipt == receipt)).one_or_none()


def refunds_not_taken(session: Session, capture_id: UUID, amount: int) -> Sequence[Refund]:
    """Refunds of just this money that the provider certainly does not have yet: nobody is asking it for them, nor has asked
    without hearing its answer. Locked, so that nobody begins to ask.
    """
    waits = select(Refund).where(Refund.capture_id == capture_id, Refund.amount == amount, Refund.status == "pending")
    untaken = waits.where(col(Refund.provider_refund_id).is_(None), col(Refund.work_status) == "queued")
    return session.exec(untaken.order_by(col(Refund.id)).with_for_update().execution_options(populate_existing=True)).all()


def known_refunds(session: Session, provider_refund_ids: Collection[str]) -> set[str]:
    """Those of the provider's refunds that are in the books."""
    found = session.exec(select(Refund.provider_refund_id).where(col(Refund.provider_refund_id).in_(provider_refund_ids)))
    return {refund_id for refund_id in found if refund_id}


def refunds_of_payment(session: Session, payment_id: UUID) -> Sequence[Refund]:
    return session.exec(select(Refund).where(Refund.payment_id == payment_id).order_by(col(Refund.id))).all()


def orders_of_payments(session: Session, payment_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """The orders that these payments are for."""
    return dict(session.exec(select(Payment.id, Payment.order_id).where(col(Payment.id).in_(payment_ids))).all())


def order_id_of_payment(session: Session, payment_id: UUID) -> UUID | None:
    """The order that the payment is for; None: it is for something else."""
    return session.exec(select(Payment.order_id).where(Payment.id == payment_id)).one()
