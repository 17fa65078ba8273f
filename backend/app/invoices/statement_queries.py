"""What moved a customer's account, and the statements of it. `owner_id` None means: of any customer (staff, or the system)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Subquery, case, exists, func, literal, or_, union_all
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Customer
from app.invoices.errors import StatementNotFound
from app.invoices.models import Document
from app.invoices.rules import CREDIT_NOTE
from app.invoices.statement_models import Statement, StatementLine
from app.orders.models import Order
from app.payments.models import Capture, Payment
from app.payments.receipt_models import Receipt
from app.payments.refund_models import Refund
from app.payments.refunding import SENT_BACK


@dataclass(frozen=True)
class Movement:
    """What changed what a customer owes, and when, in the store's time. `amount` below 0: less is owed."""

    kind: str
    cause_id: UUID
    at: datetime
    number: str
    order_number: str
    amount: int


def _movements() -> Subquery:
    """Of all orders on account: documents and credit notes, money that came, money that went back, and came back once more."""
    parts: list[Any] = [_documents(), _receipts(), *_refunds()]
    together: CompoundSelect[Any] = union_all(*parts)
    return together.subquery("movements")


def _documents() -> Any:
    is_credit = col(Document.kind) == CREDIT_NOTE
    return (
        columns(
            col(Order.customer_id).label("customer_id"),
            case((is_credit, "credit_note"), else_="document").label("kind"),
            col(Document.id).label("cause_id"),
            col(Document.issued_at).label("at"),
            col(Document.number).label("number"),
            col(Order.number).label("order_number"),
            case((is_credit, -col(Document.total_amount)), else_=col(Document.total_amount)).label("amount"),
        )
        .join(Order, col(Order.id) == col(Document.order_id))
        .where(col(Order.payment_method) == "account", col(Document.total_amount) > 0)
    )


def _receipts() -> Any:
    reference = func.coalesce(func.nullif(col(Receipt.reference), ""), col(Capture.method), "")
    return (
        columns(
            col(Order.customer_id), literal("receipt"), col(Capture.id), col(Capture.captured_at), reference,
            col(Order.number), -col(Capture.amount),
        )
        .join(Payment, col(Payment.id) == col(Capture.payment_id))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .outerjoin(Receipt, col(Receipt.capture_id) == col(Capture.id))
        .where(col(Order.payment_method) == "account")
    )  # fmt: skip


def _refunds() -> Sequence[Any]:
    """One that the bank sent back went out all the same, and came in again."""
    returned = col(Refund.failure_reason) == SENT_BACK
    out = (col(Refund.status) == "processed") | returned
    began_at = func.coalesce(col(Refund.happened_at), col(Refund.created_at))
    ways: Sequence[tuple[str, Any, Any, Any]] = (
        ("refund", case((returned, began_at), else_=col(Refund.decided_at)), col(Refund.amount), out),
        ("refund_returned", col(Refund.decided_at), -col(Refund.amount), returned),
    )
    return [
        columns(
            col(Order.customer_id), literal(kind), col(Refund.id), at, col(Refund.receipt), col(Order.number), amount
        )
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .where(col(Order.payment_method) == "account", which)
        for kind, at, amount, which in ways
    ]  # fmt: skip


def balance_before(session: Session, customer_id: UUID, at: datetime) -> int:
    """What the customer owed just before an instant, by everything in the books, in paise."""
    moved = _movements()
    total = columns(func.coalesce(func.sum(moved.c.amount), 0)).where(moved.c.customer_id == customer_id, moved.c.at < at)
    return int(session.execute(total).scalar_one())


def unstated(session: Session, customer_id: UUID, from_at: datetime, to_at: datetime) -> list[Movement]:
    """What happened between two instants and stands on no statement yet, in the order in which it did."""
    moved = _movements()
    stated = exists().where(col(StatementLine.kind) == moved.c.kind, col(StatementLine.cause_id) == moved.c.cause_id)
    facts = (moved.c.kind, moved.c.cause_id, moved.c.at, moved.c.number, moved.c.order_number, moved.c.amount)
    statement = columns(*facts).where(moved.c.customer_id == customer_id, moved.c.at >= from_at, moved.c.at < to_at, ~stated)
    return [Movement(*row) for row in session.execute(statement.order_by(moved.c.at, moved.c.kind, moved.c.cause_id))]


def due(session: Session, month_on: date, from_at: datetime, to_at: datetime, limit: int) -> Sequence[UUID]:
    """Customers on account who owe or are owed something, or had something happen, and have no statement of the month yet."""
    moved = _movements()
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
