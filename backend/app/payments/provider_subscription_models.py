"""Schedules that the payment provider keeps: it charges by itself, and we only ever follow what it says."""

from datetime import datetime
from typing import ClassVar, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, text
from sqlmodel import Field, String

from app.core.db import belongs_to
from app.core.work_rows import WorkRow, work_constraints
from app.payments.provider_subscription_rules import FINAL, RANKS, Wish

Period = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]


class ProviderPlan(WorkRow, table=True):
    """How much is charged how often, as the provider knows it. Immutable there, so whatever is alike shares one.

    Its work is to be made, once: the provider would make a second one without a word.
    """

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True

    __tablename__ = "provider_plans"
    __table_args__ = (
        belongs_to("provider_accounts", "account_id"),
        Index(
            "uq_provider_plans_price",
            "store_id",
            "account_id",
            "period",
            "every",
            "amount",
            "currency",
            "name",
            unique=True,
        ),
        CheckConstraint(f"period in {get_args(Period)!r}", name="period_known"),
        CheckConstraint("every > 0 and (period <> 'daily' or every >= 7)", name="rhythm_expressible"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("work_status <> 'done' or provider_plan_id is not null", name="made_has_id"),
        *work_constraints("provider_plans"),
    )

    account_id: UUID
    period: str = Field(sa_type=String(9))
    every: int = Field(sa_type=SmallInteger)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    name: str = Field(max_length=200)  # what it is for, in the words that the customer sees there
    asked_at: datetime  # by the store's clock, which is the provider's: it is looked for from here on
    provider_plan_id: str | None = Field(default=None, max_length=40)


class ProviderSubscription(WorkRow, table=True):
    """A subscription whose schedule the provider keeps: `status` is what was last seen there, `wish` what it is to be told.

    Its work is to be made there, once; then to look (a read), and to carry out a wish. Woken by every event about it.
    """

    calls_provider: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True

    __tablename__ = "provider_subscriptions"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("subscriptions"),
        belongs_to("provider_accounts", "account_id"),
        belongs_to("provider_plans", "plan_id"),
        Index("uq_provider_subscriptions_theirs", "store_id", "provider_subscription_id", unique=True),
        Index(
            "uq_provider_subscriptions_live",
            "store_id",
            "subscription_id",
            unique=True,
            postgresql_where=text(f"status not in {FINAL!r}"),
        ),
        CheckConstraint(f"status in {tuple(RANKS)!r}", name="status_known"),
        CheckConstraint(f"wish in {get_args(Wish)!r}", name="wish_known"),
        CheckConstraint("total_count > 0 and paid_count >= 0", name="counts_sane"),
        CheckConstraint("status in ('asked', 'refused') or provider_subscription_id is not null", name="made_has_id"),
        CheckConstraint("current_end > current_start", name="cycle_lasts"),
        *work_constraints("provider_subscriptions"),
    )

    customer_id: UUID
    subscription_id: UUID
    account_id: UUID
    plan_id: UUID
    status: str = Field(default="asked", sa_type=String(13))
    wish: str | None = Field(default=None, sa_type=String(19))
    total_count: int = Field(sa_type=SmallInteger)  # cycles until it is completed
    start_at: datetime | None = None  # null: with the customer's approval, which pays the first cycle
    expire_by: datetime | None = None  # later nobody can approve it
    asked_at: datetime  # by the store's clock, which is the provider's
    provider_subscription_id: str | None = Field(default=None, max_length=40)
    provider_customer_id: str | None = Field(default=None, max_length=40)
    short_url: str | None = Field(default=None, max_length=300)  # where the customer approves it, or gives another card
    payment_method: str | None = Field(default=None, max_length=20)
    current_start: datetime | None = None
    current_end: datetime | None = None
    charge_at: datetime | None = None
    ended_at: datetime | None = None
    paid_count: int = Field(default=0, sa_type=SmallInteger)
    paused_here: bool = False  # paused because we wished it, not by the customer at the bank
    ends_with_cycle: bool = False  # the provider was told to end it when the current cycle does, and shows nothing of that
    failure_reason: str | None = Field(default=None, max_length=100)  # why it was refused, or the last wish

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_withdrawn(self) -> bool:
        """No longer wanted before the provider can have known of it."""
        may_exist = self.exists_there or self.call_outcome_unknown
        return not may_exist and self.wish in ("cancel", "cancel_at_cycle_end")

    @property
    def exists_there(self) -> bool:
        return self.provider_subscription_id is not None
