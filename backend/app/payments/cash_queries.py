"""Every SELECT and lock of cash: what riders hold, and what they handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Staff
from app.payments.models import Capture, Payment
from app.payments.receipt_models import CashHandover, Receipt


@dataclass(frozen=True)
class Held:
    """What a rider holds, from how many orders, and since when."""

    rider_id: UUID
    name: str
    amount: int
    receipts: int
    since: datetime


def held(session: Session) -> list[Held]:
    """Every rider who holds cash, longest first."""
    statement = (
        columns(
            col(Receipt.rider_id),
            col(Staff.name),
            func.sum(col(Receipt.amount)),
            func.count(),
            func.min(col(Receipt.received_at)),
        )
        .join(Staff, col(Staff.id) == col(Receipt.rider_id))
        .where(col(Receipt.rider_id).is_not(None), col(Receipt.handover_id).is_(None))
        .group_by(col(Receipt.rider_id), col(Staff.name))
        .order_by(func.min(col(Receipt.received_at)))
    )
    return [
        Held(rider_id, name, int(amount), count, since) for rider_id, name, amount, count, since in session.execute(statement)
    ]


def lock_held_by(session: Session, rider_id: UUID) -> Sequence[Receipt]:
    """Lock the receipts whose cash the rider has not handed in; of two who count at once, the second finds none."""
    mine = select(Receipt).where(Receipt.rider_id == rider_id, col(Receipt.handover_id).is_(None))
    return session.exec(mine.order_by(col(Receipt.id)).with_for_update()).all()


def handovers(session: Session, limit: int, before: UUID | None, rider_id: UUID | None) -> Sequence[CashHandover]:
    """Newest first; `before` is the last id of the page above."""
    statement = select(CashHandover)
    if rider_id is not None:
        statement = statement.where(CashHandover.rider_id == rider_id)
    if before is not None:
        statement = statement.where(col(CashHandover.id) < before)
    return session.exec(statement.order_by(col(CashHandover.id).desc()).limit(limit)).all()


def of_orders(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, Receipt]:
    """The receipt of each order that was paid to a person."""
    statement = (
        select(Payment.order_id, Receipt)
        .join(Capture, col(Capture.payment_id) == col(Payment.id))
        .join(Receipt, col(Receipt.capture_id) == col(Capture.id))
        .where(col(Payment.order_id).in_(order_ids))
    )
    return {order_id: receipt for order_id, receipt in session.exec(statement) if order_id}
