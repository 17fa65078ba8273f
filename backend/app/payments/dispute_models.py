"""The customer went to the bank instead of to us: the provider holds the money until somebody decides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.payments.dispute_rules import OPEN, STATUSES


class Dispute(Row, table=True):
    """One dispute of a captured payment, as the provider last told. `respond_by`: until then evidence is taken."""

    __tablename__ = "disputes"
    __table_args__ = (
        belongs_to("payments"),
        belongs_to("captures"),
        UniqueConstraint("store_id", "provider_dispute_id"),
        CheckConstraint(f"status in {STATUSES!r}", name="status_known"),
        CheckConstraint("amount > 0 and deducted_amount between 0 and amount", name="deducted_within_amount"),
        CheckConstraint(f"(status in {OPEN!r}) = (decided_at is null)", name="decided_stamped"),
        Index("ix_disputes_capture", "store_id", "capture_id"),
        Index("ix_disputes_open", "store_id", "respond_by", postgresql_where=text(f"status in {OPEN!r}")),
    )

    payment_id: UUID
    capture_id: UUID
    provider_dispute_id: str = Field(max_length=40)
    status: str = Field(sa_type=String(15))
    phase: str | None = Field(default=None, max_length=30)  # fraud, retrieval, chargeback, pre_arbitration, arbitration
    reason_code: str | None = Field(default=None, max_length=60)
    amount: int = Field(sa_type=BigInteger)
    deducted_amount: int = Field(
        default=0, sa_type=BigInteger
    )  # taken out of our balance at the provider; 0 again once it is back
    currency: str = Field(sa_type=String(3))
    respond_by: datetime | None = None
    opened_at: datetime
    decided_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
