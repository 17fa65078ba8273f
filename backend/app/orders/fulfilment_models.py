"""What leaves the shop: an order may go out in one shipment or in several, and some of it may come back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, String

from app.core.db import Row, belongs_to, by_the_stores_clock
from app.orders.rules import RETURN_REASONS, RETURN_STATUSES, SHIPMENT_STATUSES, check_shipment_move


class Shipment(Row, table=True):
    """A parcel: packed → out for delivery → delivered. Nobody at home: it goes back to packed, and out again."""

    __tablename__ = "shipments"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("staff", "rider_id"),
        UniqueConstraint("store_id", "order_id", "position"),
        CheckConstraint(f"status in {SHIPMENT_STATUSES!r}", name="status_known"),
        CheckConstraint("dispatched_at is not null or status in ('packed', 'cancelled')", name="dispatched_stamped"),
        CheckConstraint("(status = 'delivered') = (delivered_at is not null)", name="delivered_stamped"),
        Index("ix_shipments_rider", "store_id", "rider_id", "status"),
    )

    order_id: UUID
    position: int  # 1 is the order's first
    status: str = Field(default="packed", sa_type=String(16))
    packed_at: datetime
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None
    failed_attempts: int = 0
    carrier: str = Field(default="", max_length=60)
    tracking_url: str = Field(default="", max_length=300)
    rider_id: UUID | None = None  # of our own staff; who hands in the cash

    def move(self, wanted: str) -> str:
        """Change the state if the table allows it; returns the state before."""
        check_shipment_move(self.status, wanted)
        before, self.status = self.status, wanted
        return before


class ShipmentLine(Row, table=True):
    """How many pieces of an order line are in a shipment; of goods sold by weight also what they weigh."""

    __tablename__ = "shipment_lines"
    __table_args__ = (
        belongs_to("shipments"),
        belongs_to("order_lines"),
        UniqueConstraint("store_id", "shipment_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("packed_grams > 0", name="weight_positive"),
        Index("ix_shipment_lines_order_line", "store_id", "order_line_id"),
    )

    shipment_id: UUID
    order_line_id: UUID
    quantity: int
    packed_grams: int | None = None


class Return(Row, table=True):
    """What of a delivered order is not kept, and why: reported by the customer or staff, accepted by policy or by staff."""

    __tablename__ = "returns"
    __table_args__ = (
        belongs_to("orders"),
        CheckConstraint(f"status in {RETURN_STATUSES!r}", name="status_known"),
        CheckConstraint(f"reason in {RETURN_REASONS!r}", name="reason_known"),
        CheckConstraint("refund_to in ('source', 'wallet')", name="refund_to_known"),
        CheckConstraint("(status = 'reported') = (decided_at is null)", name="decided_stamped"),
        Index("ix_returns_order", "store_id", "order_id"),
        Index("ix_returns_status", "store_id", "status", "id"),
    )

    order_id: UUID
    status: str = Field(default="reported", sa_type=String(10))
    reason: str = Field(sa_type=String(16))
    note: str = Field(default="", max_length=500)
    refund_to: str = Field(default="source", sa_type=String(6))
    happened_at: datetime | None = by_the_stores_clock()  # reported
    decided_at: datetime | None = None
    decided_because: str = Field(default="", max_length=200)


class ReturnLine(Row, table=True):
    """So many pieces of an order line. `is_restocked`: they came back and went on the shelf again."""

    __tablename__ = "return_lines"
    __table_args__ = (
        belongs_to("returns"),
        belongs_to("order_lines"),
        UniqueConstraint("store_id", "return_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_return_lines_order_line", "store_id", "order_line_id"),
    )

    return_id: UUID
    order_line_id: UUID
    quantity: int
    is_restocked: bool = False
