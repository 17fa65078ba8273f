"""An order and its lines: everything that money depends on is frozen when it is placed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.carts.rules import MAX_QUANTITY
from app.core.db import Row, belongs_to
from app.orders.rules import CANCEL_REASONS, LINE_KINDS, PAYMENT_STATUSES, STATUSES, check_move, next_status
from app.pricing.rules import Taxed

PAID_BEFOREHAND = ("razorpay", "mandate", "wallet", "pay_link")  # delivered before the money is there: on credit


class Order(Row, table=True):
    """What a customer ordered. Amounts in paise, tax included: subtotal + shipping + round-off = total, always."""

    __tablename__ = "orders"
    __table_args__ = (
        belongs_to("customers"),
        belongs_to("carts"),
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("store_id", "cart_id"),
        belongs_to("cycles"),
        Index("uq_orders_cycle", "store_id", "cycle_id", unique=True),
        CheckConstraint(f"status in {STATUSES!r}", name="status_known"),
        CheckConstraint(f"payment_status in {PAYMENT_STATUSES!r}", name="payment_status_known"),
        CheckConstraint("subtotal_amount + shipping_amount + round_off_amount = total_amount", name="total_adds_up"),
        CheckConstraint("total_amount > 0 and subtotal_amount >= 0 and shipping_amount >= 0", name="amounts_not_negative"),
        CheckConstraint("tax_amount between 0 and total_amount", name="tax_within_total"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="cancelled_stamped"),
        CheckConstraint("confirmed_at is not null or status in ('pending_payment', 'cancelled')", name="confirmed_stamped"),
        CheckConstraint("reduced_amount between 0 and total_amount", name="reduced_within_total"),
        CheckConstraint(f"cancel_reason in {CANCEL_REASONS!r}", name="cancel_reason_known"),
        Index("ix_orders_customer", "store_id", "customer_id", "id"),
        Index("ix_orders_expires", "store_id", "expires_at", postgresql_where=text("status = 'pending_payment'")),
        Index("ix_orders_status", "store_id", "status", "id"),
    )

    number: str = Field(max_length=30)
    customer_id: UUID
    cart_id: UUID | None = None
    cycle_id: UUID | None = None  # the delivery of a subscription that it is
    status: str = Field(default="pending_payment", sa_type=String(20))
    payment_status: str = Field(default="unpaid", sa_type=String(20))
    payment_method: str = Field(max_length=20)
    currency: str = Field(sa_type=String(3))
    subtotal_amount: int = Field(sa_type=BigInteger)
    shipping_amount: int = Field(sa_type=BigInteger)
    round_off_amount: int = Field(sa_type=BigInteger)
    tax_amount: int = Field(sa_type=BigInteger)
    total_amount: int = Field(sa_type=BigInteger)
    reduced_amount: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})  # no longer owed
    place_of_supply: str = Field(sa_type=String(2))  # GST state code of the delivery address
    address: dict[str, Any] = Field(sa_type=JSONB)  # frozen
    pricing: dict[str, Any] = Field(sa_type=JSONB)  # which rule gave which paise; re-computes identically
    placed_at: datetime
    expires_at: datetime  # unpaid until then, it may be given up
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = Field(default=None, sa_type=String(10))

    @property
    def owed_amount(self) -> int:
        """What the goods cost after everything that is no longer owed; what was paid of it stands with the payment."""
        return self.total_amount - self.reduced_amount

    @property
    def can_be_paid(self) -> bool:
        """It waits for its payment, or a delivery went out on credit: whoever owes it may pay it by hand."""
        if self.status == "pending_payment":
            return True
        return self.status != "cancelled" and self.payment_status == "unpaid" and self.payment_method in PAID_BEFOREHAND

    @property
    def can_revive(self) -> bool:
        """Nobody cancelled it: it only was not paid in time. A delivery of a subscription has its day, which is over."""
        return self.status == "cancelled" and self.cancel_reason == "expired" and self.cycle_id is None

    def move(self, wanted: str) -> str:
        """Change the state if the table allows it; returns the state before."""
        check_move(self.status, wanted)
        before, self.status = self.status, wanted
        return before

    def confirm(self, now: datetime) -> str:
        """Paid: the shop owes the goods."""
        before = self.move("confirmed")
        self.confirmed_at, self.payment_status = now, "paid"
        return before

    def accept(self, now: datetime) -> str:
        """To be paid on delivery: the shop owes the goods, the customer still the money."""
        before = self.move("confirmed")
        self.confirmed_at = now
        return before

    def cancel(self, now: datetime, reason: str) -> str:
        before = self.move("cancelled")
        self.cancelled_at, self.cancel_reason = now, reason
        return before

    def revive(self) -> None:
        """Its money came after all; who calls this has reserved its goods again, and confirms it next."""
        self.status, self.cancelled_at, self.cancel_reason = "pending_payment", None, None

    def follow(self, open_pieces: int, packed_pieces: int, shipments: Collection[str]) -> str | None:
        """Be where the least advanced open piece is; the status before, or None when nothing changed."""
        wanted = next_status(open_pieces, packed_pieces, shipments)
        return self.move(wanted) if wanted != self.status else None


class OrderLine(Row, table=True):
    """One thing that an order costs, frozen: name, price, tax and HSN as they were. Amounts in paise for the whole quantity.

    `goods` are what is bought. Delivery is taxed with the goods it belongs to, so each may have a `shipping` line beside it:
    every paisa of an order but the round-off stands on a line. The quantities below are of goods.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("variants"),
        Index("uq_order_lines_thing", "store_id", "order_id", "variant_id", "kind", unique=True),
        CheckConstraint(f"kind in {LINE_KINDS!r}", name="kind_known"),
        CheckConstraint("least(cancelled_quantity, packed_quantity, returned_quantity) >= 0", name="quantities_not_negative"),
        CheckConstraint("cancelled_quantity + packed_quantity <= quantity", name="quantities_fit"),
        CheckConstraint("piece_grams > 0", name="piece_weighs"),
        CheckConstraint("returned_quantity <= packed_quantity", name="returned_was_packed"),
        CheckConstraint(f"quantity between 1 and {MAX_QUANTITY}", name="quantity_sane"),
        CheckConstraint("unit_price_amount > 0 and total_amount > 0", name="amounts_positive"),
        CheckConstraint("taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount", name="tax_adds_up"),
        CheckConstraint("cgst_amount = sgst_amount and (cgst_amount = 0 or igst_amount = 0)", name="tax_heads"),
        CheckConstraint("tax_rate_bp between 0 and 10000", name="tax_rate_sane"),
    )

    order_id: UUID
    position: int
    kind: str = Field(default="goods", sa_type=String(8), sa_column_kwargs={"server_default": "goods"})
    variant_id: UUID
    sku: str = Field(max_length=60)
    name: str = Field(max_length=200)
    unit: str = Field(max_length=40)
    hsn: str = Field(max_length=8)
    tax_rate_bp: int
    is_exempt: bool
    quantity: int
    piece_grams: int | None = None  # of goods sold by weight: what a piece is meant to weigh
    cancelled_quantity: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    packed_quantity: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # in a shipment that stands
    returned_quantity: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # reported as not kept, and accepted
    unit_price_amount: int = Field(sa_type=BigInteger)
    taxable_amount: int = Field(sa_type=BigInteger)
    cgst_amount: int = Field(sa_type=BigInteger)
    sgst_amount: int = Field(sa_type=BigInteger)
    igst_amount: int = Field(sa_type=BigInteger)
    total_amount: int = Field(sa_type=BigInteger)

    @property
    def open_quantity(self) -> int:
        """Pieces that are still to be packed."""
        return self.quantity - self.cancelled_quantity - self.packed_quantity

    @property
    def taxed(self) -> Taxed:
        """Its amount by tax head."""
        return Taxed(self.taxable_amount, self.cgst_amount, self.sgst_amount, self.igst_amount)
