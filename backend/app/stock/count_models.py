"""A stock-take: what people found on the shelf, beside what the books said at that moment."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to


class CountStatus(StrEnum):
    """open → closed: the differences are booked."""

    OPEN = "open"
    CLOSED = "closed"


class StockCount(Row, table=True):
    """One walk along the shelves. Locked before the levels it concerns."""

    __tablename__ = "stock_counts"
    __table_args__ = (
        CheckConstraint(f"status in {tuple(map(str, CountStatus))!r}", name="status_known"),
        CheckConstraint("(status = 'closed') = (closed_at is not null)", name="closed_stamped"),
    )

    status: str = Field(default=CountStatus.OPEN, sa_type=String(10))
    note: str = Field(default="", max_length=120)
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status == CountStatus.OPEN


class StockCountLine(Row, table=True):
    """A variant to be counted. `expected_quantity` is what was on hand, by the books, when the counted pieces were entered.

    The difference of the two is what is booked at the end, whatever was packed or received in between. A variant is in one
    open count at most: two would book the same difference twice.
    """

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        UniqueConstraint("store_id", "count_id", "variant_id"),
        belongs_to("stock_counts", "count_id"),
        belongs_to("variants"),
        CheckConstraint("num_nulls(expected_quantity, counted_quantity, counted_at) in (0, 3)", name="counted_whole"),
        CheckConstraint("expected_quantity >= 0 and counted_quantity >= 0", name="not_negative"),
        Index("uq_stock_count_lines_open", "store_id", "variant_id", unique=True, postgresql_where=text("is_open")),
    )

    count_id: UUID
    variant_id: UUID
    is_open: bool = True  # as its count is
    expected_quantity: int | None = None
    counted_quantity: int | None = None
    counted_at: datetime | None = None

    @property
    def difference(self) -> int:
        """Pieces to book: found (more) or missing (less). 0 for a line nobody counted."""
        if self.expected_quantity is None or self.counted_quantity is None:
            return 0
        return self.counted_quantity - self.expected_quantity
