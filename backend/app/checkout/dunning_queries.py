"""Every SELECT and lock of dunnings. Lock order: the order first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.checkout.dunning_models import Dunning
from app.core.work import store_of
from app.orders.models import PAID_BEFOREHAND, Order
from app.payments.models import Payment, PaymentAttempt


def get(session: Session, dunning_id: UUID) -> Dunning:
    return session.get_one(Dunning, (store_of(session), dunning_id))


def open_of(session: Session, order_id: UUID) -> Dunning | None:
    """The order's open one, locked; the order is."""
    found = select(Dunning).where(Dunning.order_id == order_id, Dunning.status == "open")
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).one_or_none()


def latest_of(session: Session, order_id: UUID) -> Dunning | None:
    """The order's last one, open or not."""
    return session.exec(select(Dunning).where(Dunning.order_id == order_id).order_by(col(Dunning.id).desc())).first()


def due(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Whose next step has come, longest ago first."""
    found = columns(col(Dunning.id)).where(col(Dunning.status) == "open", col(Dunning.next_at) <= now)
    return session.scalars(found.order_by(col(Dunning.next_at)).limit(limit)).all()


def next_due_at(session: Session) -> datetime | None:
    return session.scalar(columns(func.min(col(Dunning.next_at))).where(col(Dunning.status) == "open"))


def on_credit_amount(session: Session, customer_id: UUID) -> int:
    """What the customer's deliveries cost that went out before they were paid, and still are not."""
    owed = func.coalesce(func.sum(col(Order.total_amount) - col(Order.reduced_amount)), 0)
    statement = columns(owed).where(
        col(Order.customer_id) == customer_id,
        col(Order.cycle_id).is_not(None),
        col(Order.payment_method).in_(PAID_BEFOREHAND),
        col(Order.payment_status) != "paid",
        col(Order.status).not_in(("pending_payment", "cancelled")),
    )
    return int(session.execute(statement).scalar_one())


def not_begun_locked(session: Session, order_id: UUID) -> Sequence[PaymentAttempt]:
    """Attempts at the order's payment of which nobody has asked the provider yet."""
    mine = columns(col(Payment.id)).where(col(Payment.order_id) == order_id)
    found = select(PaymentAttempt).where(col(PaymentAttempt.payment_id).in_(mine), PaymentAttempt.work_status == "queued")
    found = found.where(col(PaymentAttempt.provider_order_id).is_(None)).order_by(col(PaymentAttempt.id))
    return session.exec(found.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
