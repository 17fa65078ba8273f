"""Invoices, bills of supply and credit notes: as data, as a page and as PDF. An issued one never changes."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from app.api.doors import Door, OpenDoor
from app.api.schemas import MoneyOut
from app.invoices import pdf, queries, rendering
from app.invoices.models import Document, DocumentLine
from app.invoices.paper import Paper, paper_of
from app.orders import queries as orders

router = APIRouter(prefix="/api/v1", tags=["documents"])

DocumentKind = Literal["tax_invoice", "bill_of_supply", "invoice_cum_bill_of_supply", "credit_note"]
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"  # a sheet of paper runs nothing
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


@router.get("/orders/{order_id}/documents")
def list_documents(door: OpenDoor, order_id: UUID) -> DocumentList:
    """An order's documents: one per shipment, issued when it leaves, and a credit note for each reduction of one.

    Customers see those of their own orders, staff with `orders.read` all. Empty until something was dispatched.
    """
    order = orders.get(door.session, order_id, door.owner_id)
    return DocumentList(items=[DocumentOut.of(document) for document in queries.of_order(door.session, order.id)])


@router.get("/documents/{document_id}")
def get_document(door: OpenDoor, document_id: UUID) -> DocumentDetailOut:
    """One document with all that it says, frozen when it was issued."""
    document = queries.get(door.session, document_id, door.owner_id)
    return DocumentDetailOut.whole(document, list(queries.lines(door.session, document.id)))


@router.get("/documents/{document_id}/page", response_class=HTMLResponse)
def show_document(door: OpenDoor, document_id: UUID) -> HTMLResponse:
    """The document as a page to show or to print on A4. It is whole in itself: no scripts, no other files."""
    return HTMLResponse(rendering.page(_paper(door, document_id)), headers={"Content-Security-Policy": PAGE_POLICY})


@router.get(
    "/documents/{document_id}/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_document(door: OpenDoor, document_id: UUID) -> Response:
    """The document as a PDF named by its number. The same document gives the same bytes each time."""
    paper = _paper(door, document_id)
    headers = {"Content-Disposition": f'attachment; filename="{paper.file_name}.pdf"'}
    return Response(pdf.pdf(paper), media_type="application/pdf", headers=headers)


def _paper(door: Door, document_id: UUID) -> Paper:
    document = queries.get(door.session, document_id, door.owner_id)
    original_id = document.original_document_id
    original = queries.get(door.session, original_id, door.owner_id) if original_id else None
    return paper_of(document, queries.lines(door.session, document.id), original)


def _facts(document: Document) -> dict[str, Any]:
    facts = document.model_dump(
        include={"id", "kind", "number", "issued_on", "issued_at", "financial_year", "order_id", "shipment_id"}
        | {"original_document_id", "reason", "place_of_supply", "place_of_supply_name"}
    )
    return facts | _amounts(document, AMOUNTS, document.currency)


def _amounts(row: Document | DocumentLine, names: tuple[str, ...], currency: str) -> dict[str, Any]:
    return {name: MoneyOut(amount=getattr(row, f"{name}_amount"), currency=currency) for name in names}
