"""Prices that change on a day that is told beforehand."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field

from app.core.db import Row, belongs_to


class PriceChange(Row, table=True):
    """What a variant costs in a price list from a day on, until the next one; before the first: as its `Price` says.

    Never changed; taken back at most, before its day. `told_until`: so far its subscribers were told, in the order of their
    subscriptions' ids; `noticed_at`: all of them were.
    """

    __tablename__ = "price_changes"
    __table_args__ = (
        belongs_to("price_lists"),
        belongs_to("variants"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("mrp_amount >= amount", name="never_above_mrp"),
        Index(
            "uq_price_changes_day",
            "store_id",
            "variant_id",
            "price_list_id",
            "effective_on",
            unique=True,
            postgresql_where=text("cancelled_at is null"),
        ),
        Index(
            "ix_price_changes_untold",
            "store_id",
            "created_at",
            postgresql_where=text("noticed_at is null and cancelled_at is null"),
        ),
    )

    price_list_id: UUID
    variant_id: UUID
    amount: int = Field(sa_type=BigInteger)
    mrp_amount: int = Field(sa_type=BigInteger)
    effective_on: date
    told_until: UUID | None = None
    noticed_at: datetime | None = None
    cancelled_at: datetime | None = None
