"""What a customer on account is told at the end of a month. An issued statement never changes: the database refuses it."""

from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.core.db import Row, belongs_to

LineKind = Literal["document", "credit_note", "receipt", "refund", "refund_returned"]
OWED_MORE = ("document", "refund")  # the others lower what is owed


class Statement(Row, table=True):
    """The account over a month, everything it says frozen, in paise. Below 0: paid in advance."""

    __tablename__ = "statements"
    __table_args__ = (
        belongs_to("customers"),
        UniqueConstraint("store_id", "customer_id", "month_on"),
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("store_id", "id", "line_count"),
        CheckConstraint("extract(day from month_on) = 1", name="month_begins"),
        CheckConstraint("from_at < to_at and to_at <= issued_at", name="issued_afterwards"),
        CheckConstraint("line_count >= 0 and least(charged_amount, credited_amount) >= 0", name="amounts_not_negative"),
        CheckConstraint("opening_amount + charged_amount - credited_amount = closing_amount", name="adds_up"),
        Index("ix_statements_customer", "store_id", "customer_id", "id"),
    )

    customer_id: UUID
    number: str = Field(max_length=16)
    month_on: date  # its first day
    from_at: datetime
    to_at: datetime  # the month in the store's zone: before this instant
    issued_on: date
    issued_at: datetime
    seller: dict[str, Any] = Field(sa_type=JSONB)
    buyer: dict[str, Any] = Field(sa_type=JSONB)
    currency: str = Field(sa_type=String(3))
    line_count: int
    opening_amount: int = Field(sa_type=BigInteger)
    charged_amount: int = Field(sa_type=BigInteger)  # by documents, and money that went back
    credited_amount: int = Field(sa_type=BigInteger)  # money that came, and what credit notes took off
    closing_amount: int = Field(sa_type=BigInteger)


class StatementLine(Row, table=True):
    """A line as it is printed: a document, a credit note, money that came or went back. Nothing stands on two statements."""

    __tablename__ = "statement_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "statement_id", "line_count"], ["statements.store_id", "statements.id", "statements.line_count"]
        ),
        UniqueConstraint("store_id", "statement_id", "position"),
        UniqueConstraint("store_id", "kind", "cause_id"),
        CheckConstraint(f"kind in {get_args(LineKind)!r}", name="kind_known"),
        CheckConstraint("position between 1 and line_count", name="position_counted"),
        CheckConstraint(f"amount <> 0 and (kind in {OWED_MORE!r}) = (amount > 0)", name="direction"),
    )

    statement_id: UUID
    line_count: int
    position: int
    kind: str = Field(sa_type=String(15))
    cause_id: UUID  # the document, the capture or the refund
    happened_on: date  # in the store's zone
    number: str = Field(max_length=60)  # of the document, or the bank's reference
    order_number: str = Field(max_length=30)
    amount: int = Field(sa_type=BigInteger)  # positive: owed more
    balance_amount: int = Field(sa_type=BigInteger)  # afterwards
