"""Money to be had for an order (or to prove a mandate), how it is asked for, and what was in fact captured."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.core.work_rows import WorkRow, work_constraints
from app.payments.rules import RANKS

STATUSES = tuple(RANKS)
SOURCES = ("razorpay", "wallet", "cash", "bank")
NOTICE_STATUSES = ("created", "delivered", "failed")  # the provider's words


class Payment(Row, table=True):
    """What is asked for an order, a wallet or a mandate: one each, its amount frozen. Its status only moves forward."""

    __tablename__ = "payments"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("mandates"),
        belongs_to("top_ups"),
        CheckConstraint("num_nonnulls(order_id, mandate_id, top_up_id) = 1", name="for_one_thing"),
        CheckConstraint(f"status in {STATUSES!r}", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status = 'captured') = (captured_at is not null)", name="captured_stamped"),
        Index("uq_payments_order", "store_id", "order_id", unique=True),
        Index("uq_payments_mandate", "store_id", "mandate_id", unique=True),
        Index("uq_payments_top_up", "store_id", "top_up_id", unique=True),
    )

    order_id: UUID | None = None
    mandate_id: UUID | None = None  # the first, small payment by which the customer approves it
    top_up_id: UUID | None = None  # money for the customer's wallet
    provider: str = Field(sa_type=String(20))
    status: str = Field(default="created", sa_type=String(12))
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    captured_at: datetime | None = None
    failure_reason: str | None = Field(default=None, max_length=100)  # of the last failed try; the customer may try again


class PaymentAttempt(WorkRow, table=True):
    """One order at the provider, and the call that makes it. The receipt is committed first: after a crash it is looked up.

    With a mandate, making the order also asks the customer's bank for the notice that must reach them before the debit; the
    provider sends it for exactly this amount. `debit_at` is when to debit next, in the store's time; none is planned: null.
    """

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True

    __tablename__ = "payment_attempts"
    __table_args__ = (
        belongs_to("payments"),
        belongs_to("provider_accounts", "account_id"),
        UniqueConstraint("store_id", "receipt"),
        Index("uq_payment_attempts_provider_order", "store_id", "provider_order_id", unique=True),
        Index(
            "uq_payment_attempts_open",
            "store_id",
            "payment_id",
            unique=True,
            postgresql_where=text("work_status in ('queued', 'working', 'unknown')"),
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        belongs_to("mandates"),
        CheckConstraint(f"notice_status in {NOTICE_STATUSES!r}", name="notice_status_known"),
        CheckConstraint("(mandate_id is null) = (debit_before is null)", name="mandate_has_deadline"),
        CheckConstraint("debit_at is null or mandate_id is not null", name="debit_needs_mandate"),
        CheckConstraint("(notice_status = 'delivered') = (notice_delivered_at is not null)", name="notice_stamped"),
        Index("ix_payment_attempts_debit", "store_id", "debit_at", postgresql_where=text("debit_at is not null")),
        CheckConstraint("work_status <> 'done' or provider_order_id is not null", name="done_has_order"),
        *work_constraints("payment_attempts"),
    )

    payment_id: UUID
    account_id: UUID
    receipt: str = Field(max_length=40)  # Razorpay's limit
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    provider_order_id: str | None = Field(default=None, max_length=40)
    mandate_id: UUID | None = None
    payment_after: datetime | None = None  # what the notice promises: no debit before it
    notice_status: str | None = Field(default=None, sa_type=String(9))
    notice_delivered_at: datetime | None = None
    debit_at: datetime | None = None
    debit_before: datetime | None = None  # later than that the goods could not go out paid


class Capture(Row, table=True):
    """Money that came in: once per payment at the provider, whoever tells us and however often; or out of a wallet, in cash,
    by bank. It can be given back once: `refunded_amount` counts refunds from the moment they are decided on.
    """

    __tablename__ = "captures"
    __table_args__ = (
        belongs_to("payments"),
        belongs_to("payment_attempts", "attempt_id"),
        UniqueConstraint("store_id", "provider_payment_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(f"source in {SOURCES!r}", name="source_known"),
        CheckConstraint("(source = 'razorpay') = (attempt_id is not null)", name="provider_has_attempt"),
        CheckConstraint("refunded_amount between 0 and amount", name="refunded_once"),
        Index("uq_captures_counted", "store_id", "payment_id", unique=True, postgresql_where=text("is_counted")),
    )

    payment_id: UUID
    attempt_id: UUID | None = None
    source: str = Field(default="razorpay", sa_type=String(8), sa_column_kwargs={"server_default": "razorpay"})
    provider_payment_id: str = Field(max_length=40)  # of ours: `wallet_…`, `cash_…`, `bank_…`
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    method: str = Field(default="", max_length=20)
    fee_amount: int | None = Field(default=None, sa_type=BigInteger)
    fee_tax_amount: int | None = Field(default=None, sa_type=BigInteger)
    captured_at: datetime
    refunded_amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    is_counted: bool = True  # False: a second payment for what was paid already; owed back

    @property
    def refundable_amount(self) -> int:
        return self.amount - self.refunded_amount
