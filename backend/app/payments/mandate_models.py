"""A customer's standing permission to debit, and each debit under it."""

from datetime import datetime
from typing import ClassVar, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import belongs_to
from app.core.work_rows import WorkRow, work_constraints
from app.payments.debit_rules import MAX_TRIES

MandateStatus = Literal["created", "pending", "confirmed", "rejected", "paused", "cancelled", "expired"]
MandateMethod = Literal["upi", "card"]
DebitStatus = Literal["due", "pending", "captured", "failed", "withdrawn"]
UNDECIDED = ("due", "pending")


class Mandate(WorkRow, table=True):
    """What the customer allowed: up to `max_amount` a debit, whenever we ask (`as_presented`), until `expires_at`.

    It lives at the bank, where the customer may pause or revoke it at any time: `status` is what was last seen there. Its work
    is to look (a read, safe to repeat): woken by every event about it, done once what is seen is not `pending`.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("provider_accounts", "account_id"),
        Index("uq_mandates_token", "store_id", "provider_token_id", unique=True),
        Index("ix_mandates_customer_id", "store_id", "customer_id", "id"),
        CheckConstraint(f"status in {get_args(MandateStatus)!r}", name="status_known"),
        CheckConstraint(f"method in {get_args(MandateMethod)!r}", name="method_known"),
        CheckConstraint("max_amount > 0", name="max_amount_positive"),
        CheckConstraint("status in ('created', 'rejected') or provider_token_id is not null", name="approved_has_token"),
        *work_constraints("mandates"),
    )

    customer_id: UUID
    account_id: UUID
    method: str = Field(sa_type=String(4))
    status: str = Field(default="created", sa_type=String(9))
    max_amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    expires_at: datetime
    provider_customer_id: str | None = Field(default=None, max_length=40)
    provider_token_id: str | None = Field(default=None, max_length=40)
    failure_reason: str | None = Field(default=None, max_length=100)

    @property
    def allows_debits(self) -> bool:
        return self.status == "confirmed"

    @property
    def can_be_approved(self) -> bool:
        return self.status == "created"


class Debit(WorkRow, table=True):
    """One `create/recurring` on a provider order. Accepted is not paid: it stays `pending` until the bank has decided.

    At most one undecided debit of a mandate, and one of an order that is undecided or captured: both by the database.
    """

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True

    __tablename__ = "debits"
    __table_args__ = (
        belongs_to("payment_attempts", "attempt_id"),
        belongs_to("mandates"),
        UniqueConstraint("store_id", "attempt_id", "try_number"),
        Index(
            "uq_debits_mandate",
            "store_id",
            "mandate_id",
            unique=True,
            postgresql_where=text("status in ('due', 'pending')"),
        ),
        Index(
            "uq_debits_attempt",
            "store_id",
            "attempt_id",
            unique=True,
            postgresql_where=text("status in ('due', 'pending', 'captured')"),
        ),
        Index("uq_debits_provider_payment", "store_id", "provider_payment_id", unique=True),
        CheckConstraint(f"status in {get_args(DebitStatus)!r}", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(f"try_number between 1 and {MAX_TRIES}", name="tries_limited"),
        CheckConstraint(
            "status not in ('pending', 'captured') or provider_payment_id is not null", name="accepted_has_payment"
        ),
        CheckConstraint("(status in ('due', 'pending')) = (decided_at is null)", name="decided_stamped"),
        *work_constraints("debits"),
    )

    attempt_id: UUID
    mandate_id: UUID
    try_number: int = Field(sa_type=SmallInteger)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    status: str = Field(default="due", sa_type=String(9))
    provider_payment_id: str | None = Field(default=None, max_length=40)
    failure_reason: str | None = Field(default=None, max_length=100)
    decided_at: datetime | None = None  # in the store's time

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    def decide(self, status: DebitStatus, now: datetime, reason: str | None = None) -> str:
        """The bank's answer, or ours for want of one; returns the status before."""
        before, self.status = self.status, status
        self.decided_at, self.failure_reason = now, reason[:100] if reason else None
        return before
