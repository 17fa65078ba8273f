"""Documents on the wire."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.schemas import MoneyOut
from app.invoices.models import Document, DocumentLine

DocumentKind = Literal["tax_invoice", "bill_of_supply", "invoice_cum_bill_of_supply", "credit_note"]
AMOUNTS = ("taxable", "cgst", "sgst", "igst", "exempt", "round_off", "total")
LINE_AMOUNTS = ("unit_price", "taxable", "cgst", "sgst", "igst", "total")


class DocumentOut(BaseModel):
    """taxable + cgst + sgst + igst + exempt + round_off = total. A credit note takes its amounts off the original."""

    id: UUID
    kind: DocumentKind
    number: str = Field(max_length=16, examples=["INV/26-27/000123"])
    issued_on: date = Field(description="in India")
    issued_at: datetime
    financial_year: str = Field(examples=["2026-27"])
    order_id: UUID
    shipment_id: UUID | None
    original_document_id: UUID | None = Field(description="what a credit note reduces")
    reason: str
    place_of_supply: str = Field(description="GST state code")
    place_of_supply_name: str
    taxable: MoneyOut
    cgst: MoneyOut
    sgst: MoneyOut
    igst: MoneyOut
    exempt: MoneyOut
    round_off: MoneyOut
    total: MoneyOut

    @classmethod
    def of(cls, document: Document) -> "DocumentOut":
        return cls(**_facts(document))


class DocumentLineOut(BaseModel):
    """A line as it is printed. `quantity` 0: only the price fell. `is_delivery`: a share of the delivery charge."""

    order_line_id: UUID
    name: str
    hsn: str
    unit: str
    quantity: int
    grams: int | None = Field(description="the packed weight of goods sold by weight")
    tax_rate_bp: int
    is_exempt: bool
    is_delivery: bool
    unit_price: MoneyOut
    taxable: MoneyOut
    cgst: MoneyOut
    sgst: MoneyOut
    igst: MoneyOut
    total: MoneyOut

    @classmethod
    def of(cls, line: DocumentLine, currency: str) -> "DocumentLineOut":
        facts = line.model_dump(
            include={"order_line_id", "name", "hsn", "unit", "quantity", "grams", "is_exempt", "is_delivery"}
        )
        return cls(**facts, tax_rate_bp=line.rate_bp, **_amounts(line, LINE_AMOUNTS, currency))


class DocumentDetailOut(DocumentOut):
    """With everything that is printed: who sold, who bought, and the lines."""

    order_number: str
    gstin: str = Field(description="the seller's; empty: not registered under GST")
    seller: dict[str, Any]
    buyer: dict[str, Any]
    lines: list[DocumentLineOut]

    @classmethod
    def whole(cls, document: Document, lines: list[DocumentLine]) -> "DocumentDetailOut":
        more = document.model_dump(include={"order_number", "gstin", "seller", "buyer"})
        return cls(**_facts(document), **more, lines=[DocumentLineOut.of(line, document.currency) for line in lines])


class DocumentList(BaseModel):
    """As many as the order has shipments and credit notes, in the order of their issue."""

    items: list[DocumentOut]


def _facts(document: Document) -> dict[str, Any]:
    facts = document.model_dump(
        include={"id", "kind", "number", "issued_on", "issued_at", "financial_year", "order_id", "shipment_id"}
        | {"original_document_id", "reason", "place_of_supply", "place_of_supply_name"}
    )
    return facts | _amounts(document, AMOUNTS, document.currency)


def _amounts(row: Document | DocumentLine, names: tuple[str, ...], currency: str) -> dict[str, Any]:
    return {name: MoneyOut(amount=getattr(row, f"{name}_amount"), currency=currency) for name in names}
