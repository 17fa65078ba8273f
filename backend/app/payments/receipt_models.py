"""Money that a person took: cash at the customer's door, or a transfer that was seen in the bank's statement."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to


class CashHandover(Row, table=True):
    """A rider hands in everything they hold; somebody else counts it. What is missing or too much is on record, never lost."""

    __tablename__ = "cash_handovers"
    __table_args__ = (
        belongs_to("staff", "rider_id"),
        belongs_to("staff", "received_by_id"),
        CheckConstraint("expected_amount > 0 and counted_amount >= 0", name="amounts_sane"),
        CheckConstraint("difference_amount = counted_amount - expected_amount", name="difference_follows"),
        CheckConstraint("received_by_id <> rider_id", name="four_eyes"),
        Index("ix_cash_handovers_rider", "store_id", "rider_id", "id"),
    )

    rider_id: UUID
    expected_amount: int = Field(sa_type=BigInteger)  # of the receipts that were not handed in yet
    counted_amount: int = Field(sa_type=BigInteger)
    difference_amount: int = Field(sa_type=BigInteger)  # negative: missing
    currency: str = Field(sa_type=String(3))
    received_by_id: UUID
    received_at: datetime  # in the store's time


class Receipt(Row, table=True):
    """One capture that a person answers for: a rider until the cash is handed in, or a line of the bank's statement."""

    __tablename__ = "receipts"
    __table_args__ = (
        belongs_to("captures"),
        belongs_to("staff", "rider_id"),
        belongs_to("cash_handovers", "handover_id"),
        UniqueConstraint("store_id", "capture_id"),
        CheckConstraint("(rider_id is null) = (reference <> '')", name="cash_or_bank"),
        CheckConstraint("handover_id is null or rider_id is not null", name="handed_in_by_rider"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_receipts_handover", "store_id", "handover_id"),
        Index(
            "ix_receipts_held",
            "store_id",
            "rider_id",
            postgresql_where=text("rider_id is not null and handover_id is null"),
        ),
    )

    capture_id: UUID
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    rider_id: UUID | None = None
    handover_id: UUID | None = None
    reference: str = Field(default="", max_length=60)  # the bank's, e.g. a UTR; one transfer may pay several orders
    received_at: datetime  # in the store's time
