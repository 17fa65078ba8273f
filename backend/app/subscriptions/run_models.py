"""A billing run, and who gets what of something scarce in it."""

from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.core.db import Row, belongs_to

RunStatus = Literal["held", "running", "done"]


class BillingRun(Row, table=True):
    """Everything that is due in a store at `as_of`, decided; its id is that of the slot that began it. At most one is open.

    `held`: larger than the store lets pass by itself; it begins when somebody approves it. What was expected is a quick count:
    goods at the prices of the day. `report` is kept when it is done.
    """

    __tablename__ = "billing_runs"
    __table_args__ = (
        CheckConstraint(f"status in {get_args(RunStatus)!r}", name="status_known"),
        CheckConstraint("expected_count >= 0 and expected_amount >= 0", name="expected_not_negative"),
        CheckConstraint("(status = 'done') = (finished_at is not null)", name="finished_stamped"),
        CheckConstraint("status <> 'held' or (hold_reason <> '' and approved_at is null)", name="held_for_a_reason"),
        Index("uq_billing_runs_open", "store_id", unique=True, postgresql_where=text("status <> 'done'")),
    )

    status: str = Field(sa_type=String(7))
    as_of: datetime  # in the store's time
    expected_count: int
    expected_amount: int = Field(sa_type=BigInteger)
    hold_reason: str = Field(default="", max_length=200)
    approved_at: datetime | None = None
    approved_by: str = Field(default="", max_length=60)
    started_at: datetime
    finished_at: datetime | None = None
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


class Allocation(Row, table=True):
    """Of something scarce, so much is this delivery's. Only where it is less than what was wanted."""

    __tablename__ = "allocations"
    __table_args__ = (
        belongs_to("billing_runs", "run_id"),
        belongs_to("subscriptions"),
        belongs_to("variants"),
        UniqueConstraint("store_id", "subscription_id", "delivers_on", "variant_id"),
        CheckConstraint("allotted between 0 and wanted", name="allotted_within_wanted"),
        Index("ix_allocations_run_id", "store_id", "run_id"),
    )

    run_id: UUID
    subscription_id: UUID
    delivers_on: date
    variant_id: UUID
    wanted: int
    allotted: int
