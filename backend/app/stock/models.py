"""How much there is, what is promised to whom, and every change of either."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to


class ReservationStatus(StrEnum):
    """held → released (cancelled, expired) | deducted (left the shelf)."""

    HELD = "held"
    RELEASED = "released"
    DEDUCTED = "deducted"


class MovementKind(StrEnum):
    RECEIVE = "receive"
    RESERVE = "reserve"
    RELEASE = "release"
    DEDUCT = "deduct"
    RESTOCK = "restock"
    ADJUST = "adjust"
    COUNT = "count"


class StockLevel(Row, table=True):
    """Pieces of a variant: on the shelf, and how many of these are promised. Locked last, in the order of variant ids."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        UniqueConstraint("store_id", "variant_id"),
        belongs_to("variants"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("reserved <= on_hand", name="reserved_is_there"),
    )

    variant_id: UUID
    on_hand: int = 0
    reserved: int = 0


class Reservation(Row, table=True):
    """Pieces promised to an order. Unpaid orders hold them until `expires_at`, paid ones without end.

    One held row per order and variant; where a part is released or deducted, that part has a row of its own.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        belongs_to("variants"),
        belongs_to("orders"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(f"status in {tuple(map(str, ReservationStatus))!r}", name="status_known"),
        Index(
            "uq_reservations_held", "store_id", "order_id", "variant_id", unique=True, postgresql_where=text("status = 'held'")
        ),
    )

    order_id: UUID | None = None
    variant_id: UUID
    quantity: int
    status: str = Field(default=ReservationStatus.HELD, sa_type=String(10))
    expires_at: datetime | None = None


class StockMovement(Row, table=True):
    """One change of a level, with the level after it. `adjust` and `count` may take away: their `quantity` has a sign."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        belongs_to("variants"),
        belongs_to("orders"),
        CheckConstraint(f"kind in {tuple(map(str, MovementKind))!r}", name="kind_known"),
        CheckConstraint("quantity > 0 or (kind in ('adjust', 'count') and quantity <> 0)", name="quantity_moves"),
        CheckConstraint("reserved_after between 0 and on_hand_after", name="level_possible"),
        Index("ix_stock_movements_variant", "store_id", "variant_id", "id"),
        Index("ix_stock_movements_order", "store_id", "order_id"),
    )

    variant_id: UUID
    order_id: UUID | None = None
    kind: str = Field(sa_type=String(10))
    quantity: int
    on_hand_after: int
    reserved_after: int
    cause: str = Field(default="", max_length=200)
