"""What somebody means to buy. A guest's cart belongs to whoever shows its token, a customer's to the customer."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.carts.rules import MAX_QUANTITY
from app.core.clock import machine_now
from app.core.db import Row, belongs_to


class CartStatus(StrEnum):
    """open → converted (an order was made of it) | merged (into the customer's, at sign-in) | expired (nobody came back)."""

    OPEN = "open"
    CONVERTED = "converted"
    MERGED = "merged"
    EXPIRED = "expired"


class Cart(Row, table=True):
    """A customer has one open cart; a guest as many as they have tokens."""

    __tablename__ = "carts"
    __table_args__ = (
        belongs_to("customers"),
        CheckConstraint(f"status in {tuple(map(str, CartStatus))!r}", name="status_known"),
        CheckConstraint("(customer_id is null) <> (token_hash is null)", name="one_owner"),
        UniqueConstraint("store_id", "token_hash"),
        Index("uq_carts_open", "store_id", "customer_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_carts_untouched", "store_id", "touched_at", postgresql_where=text("status = 'open'")),
    )

    customer_id: UUID | None = None
    token_hash: str | None = Field(default=None, sa_type=String(64))
    status: str = Field(default=CartStatus.OPEN, sa_type=String(10))
    touched_at: datetime = Field(default_factory=machine_now)  # the store's time of the last change; old ones expire

    @property
    def is_open(self) -> bool:
        return self.status == CartStatus.OPEN


class CartLine(Row, table=True):
    """So many pieces of a variant. The price is asked for whenever the cart is looked at; `seen_amount` is only what it was,
    for a piece, when the line was last put there: so a cart can say what has become dearer.
    """

    __tablename__ = "cart_lines"
    __table_args__ = (
        UniqueConstraint("store_id", "cart_id", "variant_id"),
        belongs_to("carts", ondelete="CASCADE"),
        belongs_to("variants"),
        CheckConstraint(f"quantity between 1 and {MAX_QUANTITY}", name="quantity_in_range"),
    )

    cart_id: UUID
    variant_id: UUID
    quantity: int
    seen_amount: int | None = Field(default=None, sa_type=BigInteger)  # null in rows older than the column
