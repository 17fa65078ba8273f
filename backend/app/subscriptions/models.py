"""A subscription, what is agreed in it, wishes for single days, and its cycles: one row per delivery that has an outcome."""

from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.carts.rules import MAX_QUANTITY
from app.core.db import Row, belongs_to
from app.subscriptions.coming import Shift
from app.subscriptions.states import MOVES, Status, check_move

PaymentMethod = Literal["mandate", "provider", "wallet", "pay_link", "account", "cash_on_delivery"]
BillingOwner = Literal["rozana", "provider"]
CycleStatus = Literal["created", "skipped", "failed"]


class Subscription(Row, table=True):
    """Goods that come again and again; what and when stands in its terms.

    `next_on` is the next day of its rule without an outcome, `plans_at` the instant from which the billing run may plan it;
    both null while nothing is to come. Locked before its terms, wishes and cycles.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("mandates"),
        CheckConstraint(f"status in {tuple(MOVES)!r}", name="status_known"),
        CheckConstraint(f"payment_method in {get_args(PaymentMethod)!r}", name="payment_method_known"),
        CheckConstraint("(payment_method = 'mandate') = (mandate_id is not null)", name="mandate_given"),
        CheckConstraint(f"billing_owner in {get_args(BillingOwner)!r}", name="billing_owner_known"),
        CheckConstraint("(payment_method = 'provider') = (billing_owner = 'provider')", name="one_billing_owner"),
        CheckConstraint("(next_on is null) = (plans_at is null)", name="plan_whole"),
        CheckConstraint("plans_at is null or status in ('active', 'paused')", name="only_live_ones_plan"),
        CheckConstraint("paused_until is null or status = 'paused'", name="pause_is_paused"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="cancelled_stamped"),
        CheckConstraint("ends_after > 0", name="ends_after_some"),
        CheckConstraint("(held_at is null) = (held_reason is null)", name="held_for_a_reason"),
        Index(
            "ix_subscriptions_plan",
            "store_id",
            "plans_at",
            postgresql_where=text("plans_at is not null"),
        ),
        Index("ix_subscriptions_customer_id", "store_id", "customer_id", "id"),
        Index("ix_subscriptions_mandate_id", "store_id", "mandate_id"),
    )

    customer_id: UUID
    status: str = Field(sa_type=String(16))
    payment_method: str = Field(sa_type=String(16))
    billing_owner: str = Field(default="rozana", sa_type=String(8), sa_column_kwargs={"server_default": "rozana"})
    mandate_id: UUID | None = None
    starts_on: date
    ends_on: date | None = None  # nothing comes after that day
    ends_after: int | None = None  # or after so many deliveries; one that was left out is none
    next_on: date | None = None
    plans_at: datetime | None = None
    paused_until: date | None = None  # the first day on which it may be delivered again; null: until resumed
    started_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str | None = Field(default=None, max_length=200)  # with `ends_on`: cancelled to the end of what is paid
    held_at: datetime | None = None  # quarantined: its numbers make trouble, and it waits for somebody who looks
    held_reason: str | None = Field(default=None, max_length=200)

    @property
    def pays_by_mandate(self) -> bool:
        return self.payment_method == "mandate"

    def move(self, wanted: Status) -> str:
        """Change the state if the table allows it; returns the state before."""
        check_move(self.status, wanted)
        before, self.status = self.status, wanted
        return before


class SubscriptionTerms(Row, table=True):
    """What is agreed from a day on: how often, where to, in which shift; what, stands in its lines. Of two, the later holds."""

    __tablename__ = "subscription_terms"
    __table_args__ = (
        belongs_to("subscriptions"),
        belongs_to("addresses", "address_id"),
        UniqueConstraint("store_id", "subscription_id", "from_on"),
        CheckConstraint(f"shift in {get_args(Shift)!r}", name="shift_known"),
    )

    subscription_id: UUID
    from_on: date
    rule: dict[str, Any] = Field(sa_type=JSONB)
    anchor_on: date
    address_id: UUID
    shift: str = Field(default="morning", sa_type=String(7))


class SubscriptionLine(Row, table=True):
    """So many pieces of a variant in every delivery, or as many as `by_weekday` says; what they cost is settled each time."""

    __tablename__ = "subscription_lines"
    __table_args__ = (
        belongs_to("subscriptions"),
        belongs_to("subscription_terms", "terms_id"),
        belongs_to("variants"),
        Index("uq_subscription_lines_variant", "store_id", "terms_id", "variant_id", unique=True),
        Index("ix_subscription_lines_subscription_id", "store_id", "subscription_id"),
        CheckConstraint(f"quantity between 0 and {MAX_QUANTITY}", name="quantity_sane"),
        CheckConstraint("terms_id is not null", name="terms_given"),
    )

    subscription_id: UUID
    terms_id: UUID | None
    position: int
    variant_id: UUID
    quantity: int
    by_weekday: dict[str, int] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'::jsonb")}
    )


class DeliveryChange(Row, table=True):
    """A wish for one day: so many of a variant (0: none), or, naming none, nothing at all. It changes no other day."""

    __tablename__ = "delivery_changes"
    __table_args__ = (
        belongs_to("subscriptions"),
        belongs_to("variants"),
        Index(
            "uq_delivery_changes_day",
            "store_id",
            "subscription_id",
            "delivers_on",
            "variant_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(f"quantity between 0 and {MAX_QUANTITY}", name="quantity_sane"),
        CheckConstraint("variant_id is not null or quantity = 0", name="whole_is_left_out"),
    )

    subscription_id: UUID
    delivers_on: date
    variant_id: UUID | None = None
    quantity: int = 0


class Vacation(Row, table=True):
    """Days on which a household is away: none of its subscriptions delivers."""

    __tablename__ = "vacations"
    __table_args__ = (
        belongs_to("customers"),
        CheckConstraint("last_on >= first_on", name="days_in_order"),
        Index("ix_vacations_customer_id", "store_id", "customer_id", "last_on"),
    )

    customer_id: UUID
    first_on: date
    last_on: date


class Holiday(Row, table=True):
    """A day on which the store delivers no subscription."""

    __tablename__ = "holidays"
    __table_args__ = (UniqueConstraint("store_id", "closed_on"), CheckConstraint("name <> ''", name="named"))

    closed_on: date
    name: str = Field(max_length=80)


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
        CheckConstraint(f"shift in {get_args(Shift)!r}", name="shift_known"),
        Index(
            "ix_cycles_reminder", "store_id", "created_at", postgresql_where=text("reminded_at is null and status = 'created'")
        ),
        Index("ix_cycles_delivers_on", "store_id", "delivers_on"),
    )

    subscription_id: UUID
    delivers_on: date
    shift: str = Field(default="morning", sa_type=String(7), sa_column_kwargs={"server_default": "morning"})
    status: str = Field(sa_type=String(9))
    reason: str = Field(default="", max_length=60)  # why there is no delivery, as a stable word
    edit_until: datetime
    notify_at: datetime | None = None
    charge_at: datetime | None = None
    slot_id: UUID | None = None  # the run that decided it
    reminded_at: datetime | None = None
