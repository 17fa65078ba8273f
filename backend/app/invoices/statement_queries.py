"""What of a customer's account is stated, and what is not yet. `owner_id` None means: of any customer (staff, the system)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Customer
from app.invoices.account_movements import Movement, movements
from app.invoices.errors import StatementNotFound
from app.invoices.models import Document
from app.invoices.statement_models import Statement, StatementLine
from app.orders.models import Order


def balance_before(session: Session, customer_id: UUID, at: datetime) -> int:
    """What the customer owed just before an instant, by everything in the books, in paise."""
    moved = movements()
    total = columns(func.coalesce(func.sum(moved.c.amount), 0)).where(moved.c.customer_id == customer_id, moved.c.at < at)
    return int(session.execute(total).scalar_one())


def unstated(session: Session, customer_id: UUID, from_at: datetime, to_at: datetime) -> list[Movement]:
    """What happened between two instants and stands on no statement yet, in the order in which it did."""
    moved = movements()
    stated = exists().where(col(StatementLine.kind) == moved.c.kind, col(StatementLine.cause_id) == moved.c.cause_id)
    facts = (moved.c.kind, moved.c.cause_id, moved.c.at, moved.c.number, moved.c.order_number, moved.c.amount)
    statement = columns(*facts).where(moved.c.customer_id == customer_id, moved.c.at >= from_at, moved.c.at < to_at, ~stated)
    return [Movement(*row) for row in session.execute(statement.order_by(moved.c.at, moved.c.kind, moved.c.cause_id))]


def due(session: Session, month_on: date, from_at: datetime, to_at: datetime, limit: int) -> Sequence[UUID]:
    """Customers on account who owe or are owed something, or had something happen, and have no statement of the month yet."""
    moved = movements()
    mine = moved.c.customer_id == col(Customer.id)
    has_one = exists().where(col(Statement.customer_id) == col(Customer.id), col(Statement.month_on) == month_on)
    before = columns(func.coalesce(func.sum(moved.c.amount), 0)).where(mine, moved.c.at < to_at).scalar_subquery()
    news = exists(columns(moved.c.cause_id).where(mine, moved.c.at >= from_at, moved.c.at < to_at))
    statement = columns(col(Customer.id)).where(col(Customer.kind) == "distributor", ~has_one, or_(before != 0, news))
    return list(session.execute(statement.order_by(col(Customer.id)).limit(limit)).scalars())


def is_anybody_on_account(session: Session) -> bool:
    """Whether any distributor may owe something, now or in the past."""
    ordered = exists().where(col(Order.customer_id) == col(Customer.id), col(Order.payment_method) == "account")
    return bool(session.execute(columns(exists().where(col(Customer.kind) == "distributor", ordered))).scalar_one())


def of_month(session: Session, customer_id: UUID, month_on: date) -> Statement | None:
    statement = select(Statement).where(Statement.customer_id == customer_id, Statement.month_on == month_on)
    return session.exec(statement).one_or_none()


def first_and_last(session: Session, customer_id: UUID) -> tuple[Statement, Statement] | None:
    """The customer's oldest statement and the newest."""
    mine = select(Statement).where(Statement.customer_id == customer_id)
    first = session.exec(mine.order_by(col(Statement.month_on)).limit(1)).first()
    last = session.exec(mine.order_by(col(Statement.month_on).desc()).limit(1)).first()
    return (first, last) if first and last else None


def get(session: Session, statement_id: UUID, owner_id: UUID | None) -> Statement:
    """StatementNotFound also for somebody else's."""
    statement = select(Statement).where(Statement.id == statement_id)
    if owner_id is not None:
        statement = statement.where(Statement.customer_id == owner_id)
    found = session.exec(statement).one_or_none()
    if found is None:
        raise StatementNotFound
    return found


def page(session: Session, customer_id: UUID, limit: int, before: UUID | None) -> Sequence[Statement]:
    """The customer's statements, newest first; `before` is the last id of the page above."""
    statement = select(Statement).where(Statement.customer_id == customer_id)
    if before is not None:
        statement = statement.where(col(Statement.id) < before)
    return session.exec(statement.order_by(col(Statement.id).desc()).limit(limit)).all()


def lines(session: Session, statement_id: UUID) -> Sequence[StatementLine]:
    """As printed, from the top."""
    statement = select(StatementLine).where(StatementLine.statement_id == statement_id)
    return session.exec(statement.order_by(col(StatementLine.position))).all()


def latest_buyer(session: Session, customer_id: UUID) -> dict[str, Any] | None:
    """Whom the customer's newest document was made out to."""
    statement = select(Document.buyer).join(Order, col(Order.id) == col(Document.order_id))
    mine = statement.where(Order.customer_id == customer_id).order_by(col(Document.id).desc()).limit(1)
    buyer = session.exec(mine).first()
    return dict(buyer) if buyer else None
