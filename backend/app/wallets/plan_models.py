"""Top-ups that come by themselves: what a customer agreed to, and the one debit of each month."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.wallets.models import MAX_TOP_UP_AMOUNT, MIN_TOP_UP_AMOUNT

LAST_DAY: Final = 28  # which every month has
MAX_BELOW_AMOUNT: Final = MAX_TOP_UP_AMOUNT  # more would be topped up every month, whatever is spent


class TopUpPlan(Row, table=True):
    """`amount` is debited under the mandate on `day` of each month, or once less than `below_amount` is available.

    One per customer; taken up again after it ended. `next_at` is when to look next, in the store's time: by day, when the debit
    is to be announced; by balance, from when on it may be again.
    """

    __tablename__ = "wallet_top_up_plans"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("mandates"),
        UniqueConstraint("store_id", "customer_id"),
        CheckConstraint(f"amount between {MIN_TOP_UP_AMOUNT} and {MAX_TOP_UP_AMOUNT}", name="amount_sane"),
        CheckConstraint("num_nonnulls(day, below_amount) = 1", name="one_occasion"),
        CheckConstraint(f"day between 1 and {LAST_DAY}", name="day_in_every_month"),
        CheckConstraint(f"below_amount between 1 and {MAX_BELOW_AMOUNT}", name="below_amount_sane"),
        CheckConstraint("(ended_at is null) = (next_at is not null)", name="ended_plans_nothing"),
        Index("ix_wallet_top_up_plans_due", "store_id", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_wallet_top_up_plans_mandate_id", "store_id", "mandate_id"),
    )

    customer_id: UUID
    mandate_id: UUID
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=String(3))
    day: int | None = Field(default=None, sa_type=SmallInteger)
    below_amount: int | None = Field(default=None, sa_type=BigInteger)
    next_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.ended_at is None


class PlannedTopUp(Row, table=True):
    """The top-up that a plan made of a month (its first day): there is never a second one."""

    __tablename__ = "planned_top_ups"
    __table_args__ = (
        belongs_to("wallet_top_up_plans", "plan_id"),
        belongs_to("top_ups"),
        UniqueConstraint("store_id", "plan_id", "month_on"),
        UniqueConstraint("store_id", "top_up_id"),
        CheckConstraint("extract(day from month_on) = 1", name="month_begins"),
    )

    plan_id: UUID
    month_on: date
    top_up_id: UUID
