"""A delivery that was not paid as agreed, and what is done about it next."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlmodel import Field, String

from app.checkout.dunning_rules import FailureClass
from app.core.db import Row, belongs_to

DunningStatus = Literal["open", "paid", "voided", "given_up"]


class Dunning(Row, table=True):
    """One at a time of an order. `step` is the next of its schedule, begun with at `next_at` by the store's clock; `mandate_id`
    is what a retry debits, none where there is nothing to debit. Locked after its order. Closed, it stays so.
    """

    __tablename__ = "dunnings"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("mandates"),
        CheckConstraint(f"failure_class in {get_args(FailureClass)!r}", name="failure_class_known"),
        CheckConstraint(f"status in {get_args(DunningStatus)!r}", name="status_known"),
        CheckConstraint("(status = 'open') = (next_at is not null)", name="open_has_a_next_step"),
        CheckConstraint("(status = 'open') = (closed_at is null)", name="closed_stamped"),
        CheckConstraint("step >= 0 and retries >= 0 and delays >= 0", name="counts_not_negative"),
        Index("uq_dunnings_open", "store_id", "order_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_dunnings_order_id", "store_id", "order_id"),
        Index("ix_dunnings_due", "store_id", "next_at", postgresql_where=text("status = 'open'")),
    )

    order_id: UUID
    mandate_id: UUID | None = None
    failure_class: str = Field(sa_type=String(14))
    reason: str = Field(max_length=100)
    status: str = Field(default="open", sa_type=String(8))
    failed_at: datetime  # in the store's time, as all of these; the schedule counts from here
    step: int = Field(default=0, sa_type=SmallInteger)
    retries: int = Field(default=0, sa_type=SmallInteger)  # debits that the bank decided on
    delays: int = Field(default=0, sa_type=SmallInteger)  # days on which one could not be sent, and the rest moved on
    next_at: datetime | None = None
    closed_at: datetime | None = None
    closed_reason: str = Field(default="", max_length=100)

    @property
    def is_open(self) -> bool:
        return self.status == "open"
