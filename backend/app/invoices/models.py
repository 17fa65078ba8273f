"""Documents a shop hands over under the GST law. An issued one never changes: the database refuses it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, String

from app.core.db import Row, belongs_to
from app.invoices.rules import CREDIT_NOTE, HSN_PATTERN, KINDS, NUMBER_PATTERN
from app.pricing.rules import Taxed

_HEADS = "taxable_amount, cgst_amount, sgst_amount, igst_amount"


class Document(Row, table=True):
    """One sheet with everything it says frozen. Amounts in paise: taxable + taxes + exempt + round-off = total, always.

    A credit note's amounts are positive: it reduces the document it refers to by them.
    """

    __tablename__ = "documents"
    __table_args__ = (
        belongs_to("orders"),
        belongs_to("shipments"),
        belongs_to("reductions"),
        belongs_to("documents", "original_document_id"),
        UniqueConstraint("store_id", "gstin", "financial_year", "number"),
        UniqueConstraint("store_id", "gstin", "financial_year", "series", "serial"),
        UniqueConstraint("store_id", "shipment_id"),
        UniqueConstraint("store_id", "reduction_id"),
        UniqueConstraint("store_id", "id", "line_count"),
        CheckConstraint(f"kind in {KINDS!r}", name="kind_known"),
        CheckConstraint(f"number ~ '{NUMBER_PATTERN}'", name="number_lawful"),
        CheckConstraint("serial > 0 and line_count > 0", name="counted_from_one"),
        CheckConstraint(f"(kind = '{CREDIT_NOTE}') = (shipment_id is null)", name="shipment_documented"),
        CheckConstraint(
            f"(kind = '{CREDIT_NOTE}') = (original_document_id is not null)"
            f" and (kind = '{CREDIT_NOTE}') = (reduction_id is not null)",
            name="credit_note_refers",
        ),
        CheckConstraint(
            "taxable_amount + cgst_amount + sgst_amount + igst_amount + exempt_amount + round_off_amount = total_amount",
            name="total_adds_up",
        ),
        CheckConstraint(f"least({_HEADS}, exempt_amount, total_amount) >= 0", name="amounts_not_negative"),
        CheckConstraint(f"cgst_amount = sgst_amount or kind = '{CREDIT_NOTE}'", name="tax_halves"),
        CheckConstraint("cgst_amount + sgst_amount = 0 or igst_amount = 0", name="tax_heads"),
        CheckConstraint("kind <> 'bill_of_supply' or taxable_amount + cgst_amount + igst_amount = 0", name="bill_has_no_tax"),
        CheckConstraint("kind <> 'tax_invoice' or exempt_amount = 0", name="tax_invoice_has_no_exempt"),
        CheckConstraint("abs(round_off_amount) < 100", name="round_off_small"),
        Index("ix_documents_order", "store_id", "order_id", "id"),
        Index("ix_documents_original", "store_id", "original_document_id"),
        Index("ix_documents_issued", "store_id", "issued_on", "id"),
    )

    kind: str = Field(sa_type=String(26))
    number: str = Field(max_length=16)
    gstin: str = Field(default="", max_length=15)  # whose number it is; empty: the shop is not registered
    series: str = Field(max_length=3)
    serial: int = Field(sa_type=BigInteger)
    financial_year: str = Field(max_length=7)  # 2026-27
    issued_on: date  # in India
    issued_at: datetime
    order_id: UUID
    order_number: str = Field(max_length=30)
    shipment_id: UUID | None = None
    original_document_id: UUID | None = None
    reduction_id: UUID | None = None
    reason: str = Field(default="", max_length=200)  # of a credit note
    seller: dict[str, Any] = Field(sa_type=JSONB)
    buyer: dict[str, Any] = Field(sa_type=JSONB)  # and where the goods go
    place_of_supply: str = Field(sa_type=String(2))
    place_of_supply_name: str = Field(max_length=60)
    currency: str = Field(sa_type=String(3))
    line_count: int
    taxable_amount: int = Field(sa_type=BigInteger)
    cgst_amount: int = Field(sa_type=BigInteger)
    sgst_amount: int = Field(sa_type=BigInteger)
    igst_amount: int = Field(sa_type=BigInteger)
    exempt_amount: int = Field(sa_type=BigInteger)
    round_off_amount: int = Field(sa_type=BigInteger)
    total_amount: int = Field(sa_type=BigInteger)

    @property
    def is_credit_note(self) -> bool:
        return self.kind == CREDIT_NOTE

    @property
    def is_within_state(self) -> bool:
        return bool(self.seller["state_code"] == self.place_of_supply)

    @property
    def tax_amount(self) -> int:
        return self.cgst_amount + self.sgst_amount + self.igst_amount


class DocumentLine(Row, table=True):
    """A line as it is printed. A document has exactly the lines it was issued with: the key to it carries their count."""

    __tablename__ = "document_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "document_id", "line_count"], ["documents.store_id", "documents.id", "documents.line_count"]
        ),
        belongs_to("order_lines"),
        UniqueConstraint("store_id", "document_id", "position"),
        UniqueConstraint("store_id", "document_id", "order_line_id"),
        CheckConstraint("position between 1 and line_count", name="position_counted"),
        CheckConstraint(f"hsn ~ '{HSN_PATTERN}'", name="hsn_digits"),
        CheckConstraint("quantity >= 0 and grams > 0", name="quantity_sane"),
        CheckConstraint("rate_bp between 0 and 10000", name="rate_in_range"),
        CheckConstraint("rate_bp > 0 or taxable_amount = total_amount", name="no_tax_without_rate"),
        CheckConstraint("not is_exempt or rate_bp = 0", name="exempt_has_no_rate"),
        CheckConstraint(f"least(unit_price_amount, {_HEADS}) >= 0", name="amounts_not_negative"),
        CheckConstraint("taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount", name="tax_adds_up"),
        CheckConstraint(
            "abs(cgst_amount - sgst_amount) <= 1 and (cgst_amount + sgst_amount = 0 or igst_amount = 0)", name="tax_heads"
        ),
        Index("ix_document_lines_order_line", "store_id", "order_line_id"),
    )

    document_id: UUID
    line_count: int
    position: int
    order_line_id: UUID
    is_delivery: bool
    name: str = Field(max_length=200)
    hsn: str = Field(max_length=8)
    unit: str = Field(max_length=40)
    quantity: int
    grams: int | None = None
    unit_price_amount: int = Field(sa_type=BigInteger)
    rate_bp: int
    is_exempt: bool
    taxable_amount: int = Field(sa_type=BigInteger)  # the value, also of exempt goods
    cgst_amount: int = Field(sa_type=BigInteger)
    sgst_amount: int = Field(sa_type=BigInteger)
    igst_amount: int = Field(sa_type=BigInteger)
    total_amount: int = Field(sa_type=BigInteger)

    @property
    def heads(self) -> Taxed:
        return Taxed(self.taxable_amount, self.cgst_amount, self.sgst_amount, self.igst_amount)
