"""Money on its way back to a customer."""

from datetime import datetime
from typing import ClassVar, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, String

from app.core.db import belongs_to, by_the_stores_clock
from app.core.work_rows import WorkRow, work_constraints

RefundStatus = Literal["pending", "processed", "failed"]
RefundTo = Literal["source", "wallet", "by_hand"]
RefundReason = Literal["reduction", "paid_twice", "paid_late", "approval", "made_at_provider"]


class Refund(WorkRow, table=True):
    """So much of a capture goes back, once: the receipt is committed first, and it is the provider's idempotency key.

    `pending` until the provider says `processed` (or a person, `by_hand`). A failed one gives its amount back to the capture.
    Razorpay: api/refunds/normal-refunds-idempotent.
    """

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True

    __tablename__ = "refunds"
    __table_args__ = (
        belongs_to("payments"),
        belongs_to("captures"),
        belongs_to("reductions"),
        CheckConstraint(f"status in {get_args(RefundStatus)!r}", name="status_known"),
        CheckConstraint(f"destination in {get_args(RefundTo)!r}", name="destination_known"),
        CheckConstraint(f"reason in {get_args(RefundReason)!r}", name="reason_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status = 'pending') = (decided_at is null)", name="decided_stamped"),
        CheckConstraint("reason <> 'reduction' or reduction_id is not null", name="reduction_named"),
        Index(
            "uq_refunds_reduction",
            "store_id",
            "reduction_id",
            "capture_id",
            unique=True,
            postgresql_where=text("status <> 'failed'"),
        ),
        Index("uq_refunds_receipt", "store_id", "receipt", unique=True),
        Index("uq_refunds_provider_refund", "store_id", "provider_refund_id", unique=True),
        Index("ix_refunds_payment", "store_id", "payment_id"),
        Index("ix_refunds_capture", "store_id", "capture_id"),
        *work_constraints("refunds"),
    )

    payment_id: UUID
    capture_id: UUID
    reduction_id: UUID | None = None  # of the order's price; none where money came that nobody owed
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    destination: str = Field(default="source", sa_type=String(7))
    reason: str = Field(sa_type=String(16))
    status: str = Field(default="pending", sa_type=String(9))
    receipt: str = Field(max_length=40)
    provider_refund_id: str | None = Field(default=None, max_length=40)
    failure_reason: str | None = Field(default=None, max_length=100)  # why it failed, or what it waits for
    happened_at: datetime | None = by_the_stores_clock()  # started
    decided_at: datetime | None = None  # in the store's time

    @property
    def is_on_its_way(self) -> bool:
        return self.status == "pending"

    def decide(self, status: RefundStatus, now: datetime, reason: str | None = None) -> str:
        """Where it ended; returns the status before."""
        before, self.status = self.status, status
        self.decided_at, self.failure_reason = now, reason[:100] if reason else None
        return before
