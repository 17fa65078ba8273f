"""What of an order's price is no longer owed, and why. Whether money goes back for it is the payment's story."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.orders.rules import REDUCTION_REASONS
from app.pricing.rules import Taxed


class Reduction(Row, table=True):
    """A decision, never changed: this part of the price is not owed. Its lines and its round-off make up `amount`, in paise.

    It concerns one issued document or none; a wider decision is several reductions.
    """

    __tablename__ = "reductions"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("returns"),
        CheckConstraint(f"reason in {REDUCTION_REASONS!r}", name="reason_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_reductions_order", "store_id", "order_id"),
    )

    order_id: UUID
    reason: str = Field(sa_type=String(16))
    amount: int = Field(sa_type=BigInteger)
    round_off_amount: int = Field(default=0, sa_type=BigInteger)
    return_id: UUID | None = None
    document_id: UUID | None = None  # the issued document that it corrects
    refund_to: str = Field(default="source", sa_type=String(7))  # source | wallet
    note: str = Field(default="", max_length=200)


class ReductionLine(Row, table=True):
    """The part of an order line, by tax head; `quantity` 0 where only the price fell."""

    __tablename__ = "reduction_lines"
    __table_args__ = (
        belongs_to("reductions"),
        belongs_to("order_lines"),
        UniqueConstraint("store_id", "reduction_id", "order_line_id"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("least(taxable_amount, cgst_amount, sgst_amount, igst_amount) >= 0", name="heads_not_negative"),
        Index("ix_reduction_lines_order_line", "store_id", "order_line_id"),
    )

    reduction_id: UUID
    order_line_id: UUID
    quantity: int = 0
    taxable_amount: int = Field(default=0, sa_type=BigInteger)
    cgst_amount: int = Field(default=0, sa_type=BigInteger)
    sgst_amount: int = Field(default=0, sa_type=BigInteger)
    igst_amount: int = Field(default=0, sa_type=BigInteger)

    @property
    def taxed(self) -> Taxed:
        return Taxed(self.taxable_amount, self.cgst_amount, self.sgst_amount, self.igst_amount)
