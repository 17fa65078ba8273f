"""A subscription, what is in it, and its cycles: one row per delivery that has an outcome."""

from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.carts.rules import MAX_QUANTITY
from app.core.db import Row, belongs_to
from app.subscriptions.rules import Rule
from app.subscriptions.states import MOVES, Status, check_move

PaymentMethod = Literal["mandate", "pay_on_delivery"]
CycleStatus = Literal["created", "skipped", "failed"]


class Subscription(Row, table=True):
    """Goods that come again and again, by a rule from an anchor.

    `next_on` is the next delivery without an outcome, `plans_at` the instant from which the billing run may plan it; both
    null while nothing is to come. Locked before its cycles.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("mandates"),
        belongs_to("addresses", "address_id"),
        CheckConstraint(f"status in {tuple(MOVES)!r}", name="status_known"),
        CheckConstraint(f"payment_method in {get_args(PaymentMethod)!r}", name="payment_method_known"),
        CheckConstraint("(payment_method = 'mandate') = (mandate_id is not null)", name="mandate_given"),
        CheckConstraint("(next_on is null) = (plans_at is null)", name="plan_whole"),
        CheckConstraint("plans_at is null or status in ('active', 'paused')", name="only_live_ones_plan"),
        CheckConstraint("paused_until is null or status = 'paused'", name="pause_is_paused"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="cancelled_stamped"),
        Index("ix_subscriptions_plan", "store_id", "plans_at", postgresql_where=text("plans_at is not null")),
        Index("ix_subscriptions_customer_id", "store_id", "customer_id", "id"),
        Index("ix_subscriptions_mandate_id", "store_id", "mandate_id"),
    )

    customer_id: UUID
    status: str = Field(sa_type=String(16))
    payment_method: str = Field(sa_type=String(15))
    mandate_id: UUID | None = None
    address_id: UUID
    rule: dict[str, Any] = Field(sa_type=JSONB)
    anchor_on: date
    starts_on: date
    next_on: date | None = None
    plans_at: datetime | None = None
    paused_until: date | None = None  # the first day on which it may be delivered again; null: until resumed
    started_at: datetime
    cancelled_at: datetime | None = None

    @property
    def recurrence(self) -> Rule:
        return Rule.of(self.rule)

    @property
    def pays_by_mandate(self) -> bool:
        return self.payment_method == "mandate"

    def move(self, wanted: Status) -> str:
        """Change the state if the table allows it; returns the state before."""
        check_move(self.status, wanted)
        before, self.status = self.status, wanted
        return before


class SubscriptionLine(Row, table=True):
    """So many pieces of a variant in every delivery; what they cost is settled delivery by delivery."""

    __tablename__ = "subscription_lines"
    __table_args__ = (
        belongs_to("subscriptions"),
        belongs_to("variants"),
        UniqueConstraint("store_id", "subscription_id", "variant_id"),
        CheckConstraint(f"quantity between 1 and {MAX_QUANTITY}", name="quantity_sane"),
    )

    subscription_id: UUID
    position: int
    variant_id: UUID
    quantity: int


class Cycle(Row, table=True):
    """One due delivery and what became of it; UNIQUE per subscription and day, so it is decided once.

    `created`: its order (which points here) tells the rest, whether it is paid included. `skipped`: by the customer, for want
    of stock, or missed. Never back.
    """

    __tablename__ = "cycles"
    __table_args__ = (
        belongs_to("subscriptions"),
        UniqueConstraint("store_id", "subscription_id", "delivers_on"),
        CheckConstraint(f"status in {get_args(CycleStatus)!r}", name="status_known"),
        CheckConstraint("(status = 'created') = (reason = '')", name="outcome_has_reason"),
        CheckConstraint("(notify_at is null) = (charge_at is null)", name="charge_is_notified"),
        CheckConstraint("charge_at > notify_at", name="notified_before_charge"),
        Index(
            "ix_cycles_reminder", "store_id", "created_at", postgresql_where=text("reminded_at is null and status = 'created'")
        ),
    )

    subscription_id: UUID
    delivers_on: date
    status: str = Field(sa_type=String(9))
    reason: str = Field(default="", max_length=60)  # why there is no delivery, as a stable word
    edit_until: datetime
    notify_at: datetime | None = None
    charge_at: datetime | None = None
    slot_id: UUID | None = None  # the run that decided it
    reminded_at: datetime | None = None
