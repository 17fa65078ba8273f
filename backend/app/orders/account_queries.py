"""What a customer owes for orders that are paid later: on account, in cash. Read under the customer's lock where something
depends on the answer.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.core.bulk import among
from app.orders.models import Order


def outstanding_amount(session: Session, customer_id: UUID, method: str = "account") -> int:
    """What the customer's orders to be paid this way cost that are neither paid nor cancelled, less what is no longer owed."""
    owed = func.coalesce(func.sum(col(Order.total_amount) - col(Order.reduced_amount)), 0)
    statement = columns(owed).where(
        col(Order.customer_id) == customer_id,
        col(Order.payment_method) == method,
        col(Order.payment_status) != "paid",
        col(Order.status) != "cancelled",
    )
    return int(session.execute(statement).scalar_one())


def outstanding_of(session: Session, customer_ids: Collection[UUID], method: str) -> dict[UUID, int]:
    """The same of several customers; who owes nothing is left out."""
    owed = func.sum(col(Order.total_amount) - col(Order.reduced_amount)).label("owed")
    statement = columns(col(Order.customer_id), owed).where(
        among(col(Order.customer_id), customer_ids),
        col(Order.payment_method) == method,
        col(Order.payment_status) != "paid",
        col(Order.status) != "cancelled",
    )
    return {row.customer_id: int(row.owed) for row in session.execute(statement.group_by(col(Order.customer_id)))}


def page(session: Session, customer_id: UUID, limit: int, before: UUID | None) -> Sequence[Order]:
    """The customer's orders on account, paid or not, newest first; `before` is the last id of the page above."""
    statement = select(Order).where(Order.customer_id == customer_id, Order.payment_method == "account")
    if before is not None:
        statement = statement.where(col(Order.id) < before)
    return session.exec(statement.order_by(col(Order.id).desc()).limit(limit)).all()
