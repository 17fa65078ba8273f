"""What the provider pays out to the bank, line by line, and what each line is in our books."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.payments.settlement_rules import PROBLEMS, SETTLEMENT_STATUSES


class Settlement(Row, table=True):
    """One transfer to the shop's bank: `amount` is what arrives there, fees and the tax on them having been kept."""

    __tablename__ = "settlements"
    __table_args__ = (
        belongs_to("provider_accounts", "account_id"),
        UniqueConstraint("store_id", "provider_settlement_id"),
        CheckConstraint(f"status in {SETTLEMENT_STATUSES!r}", name="status_known"),
        CheckConstraint("fees_amount >= tax_amount and tax_amount >= 0", name="fees_include_tax"),
        Index("ix_settlements_made", "store_id", "made_at"),
    )

    account_id: UUID
    provider_settlement_id: str = Field(max_length=40)
    status: str = Field(sa_type=String(9))
    amount: int = Field(sa_type=BigInteger)
    fees_amount: int = Field(sa_type=BigInteger)  # the tax on them included
    tax_amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    utr: str | None = Field(default=None, max_length=40)  # by which the bank's statement names it
    made_at: datetime


class SettlementLine(Row, table=True):
    """What one entity of the provider's put into a settlement or took out of it. Once per entity, however often it is read.

    `problem` says why it does not fit our books; null: it is matched, to the paisa.
    """

    __tablename__ = "settlement_lines"
    __table_args__ = (
        belongs_to("settlements"),
        belongs_to("captures"),
        belongs_to("refunds"),
        belongs_to("disputes"),
        UniqueConstraint("store_id", "entity_id"),
        CheckConstraint("debit_amount >= 0 and credit_amount >= 0", name="sides_not_negative"),
        CheckConstraint(f"problem in {tuple(PROBLEMS)!r}", name="problem_known"),
        CheckConstraint("problem is not null or num_nonnulls(capture_id, refund_id) <= 1", name="matches_one_thing"),
        Index("ix_settlement_lines_settlement", "store_id", "settlement_id"),
        Index("ix_settlement_lines_capture", "store_id", "capture_id"),
        Index("ix_settlement_lines_refund", "store_id", "refund_id"),
        Index("ix_settlement_lines_problem", "store_id", "id", postgresql_where=text("problem is not null")),
    )

    settlement_id: UUID | None = None  # none yet: on hold, or not settled
    entity_id: str = Field(max_length=40)
    kind: str = Field(max_length=20)  # payment, refund, transfer, adjustment
    credit_amount: int = Field(sa_type=BigInteger)
    debit_amount: int = Field(sa_type=BigInteger)
    gross_amount: int = Field(sa_type=BigInteger)  # of the payment or refund, before fees
    fee_amount: int = Field(sa_type=BigInteger)  # the tax on it included
    fee_tax_amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    provider_payment_id: str | None = Field(default=None, max_length=40)
    capture_id: UUID | None = None
    refund_id: UUID | None = None
    dispute_id: UUID | None = None
    problem: str | None = Field(default=None, sa_type=String(20))
    settled_at: datetime | None = None
