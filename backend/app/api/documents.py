"""Invoices, bills of supply and credit notes: as data, as a page and as PDF. An issued one never changes."""

from uuid import UUID

from fastapi import Response
from fastapi.responses import HTMLResponse

from app.api.document_schemas import DocumentDetailOut, DocumentList, DocumentOut
from app.api.doors import Door, OpenDoor
from app.api.routing import Router
from app.invoices import pdf, queries, rendering
from app.invoices.paper import Paper, paper_of
from app.orders import queries as orders

router = Router(prefix="/api/v1", tags=["documents"])

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"  # a sheet of paper runs nothing


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
