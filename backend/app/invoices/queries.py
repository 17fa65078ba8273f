"""Every SELECT of documents. `owner_id` None means: of any customer's order (staff, or the system)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.invoices.errors import DocumentNotFound
from app.invoices.models import Document, DocumentLine
from app.invoices.rules import CREDIT_NOTE
from app.orders.models import Order
from app.orders.reduction_models import Reduction
from app.pricing.rules import Taxed


def get(session: Session, document_id: UUID, owner_id: UUID | None) -> Document:
    """DocumentNotFound also for one of somebody else's orders."""
    statement = select(Document).where(Document.id == document_id)
    if owner_id is not None:
        statement = statement.join(Order, col(Order.id) == col(Document.order_id)).where(Order.customer_id == owner_id)
    document = session.exec(statement).one_or_none()
    if document is None:
        raise DocumentNotFound
    return document


def of_order(session: Session, order_id: UUID) -> Sequence[Document]:
    """In the order of their issue, credit notes included."""
    return session.exec(select(Document).where(Document.order_id == order_id).order_by(col(Document.id))).all()


def of_shipment(session: Session, shipment_id: UUID) -> Document | None:
    return session.exec(select(Document).where(Document.shipment_id == shipment_id)).one_or_none()


def of_reduction(session: Session, reduction_id: UUID) -> Document | None:
    return session.exec(select(Document).where(Document.reduction_id == reduction_id)).one_or_none()


def lines(session: Session, document_id: UUID) -> Sequence[DocumentLine]:
    """As printed, from the top."""
    statement = select(DocumentLine).where(DocumentLine.document_id == document_id).order_by(col(DocumentLine.position))
    return session.exec(statement).all()


def charged_by_line(session: Session, order_id: UUID) -> list[tuple[UUID, UUID, int, Taxed]]:
    """What the order's issued documents charge: document, order line, pieces, amount by tax head. Credit notes left out."""
    heads = (DocumentLine.taxable_amount, DocumentLine.cgst_amount, DocumentLine.sgst_amount, DocumentLine.igst_amount)
    statement = (
        columns(
            col(DocumentLine.document_id),
            col(DocumentLine.order_line_id),
            col(DocumentLine.quantity),
            *(col(head) for head in heads),
        )
        .join(Document, col(Document.id) == col(DocumentLine.document_id))
        .where(col(Document.order_id) == order_id, col(Document.shipment_id).is_not(None))
        .order_by(col(Document.id), col(DocumentLine.position))
    )
    return [(row[0], row[1], int(row[2]), Taxed(*map(int, row[3:]))) for row in session.execute(statement)]


def left_amounts(session: Session, order_id: UUID) -> dict[UUID | None, int]:
    """What is still charged by each document of the order's shipments, its round-off included: less what was taken off it.

    Reductions count from their decision on, whether or not their credit note is issued yet.
    """
    taken = (
        columns(func.coalesce(func.sum(col(Reduction.amount)), 0))
        .where(col(Reduction.order_id) == order_id, col(Reduction.document_id) == col(Document.id))
        .scalar_subquery()
    )
    statement = columns(col(Document.id), col(Document.total_amount) - taken).where(
        col(Document.order_id) == order_id, col(Document.shipment_id).is_not(None)
    )
    return {document_id: int(left) for document_id, left in session.execute(statement)}


def round_off_charged(session: Session, order_id: UUID) -> int:
    """What the documents of an order's shipments charge of its round-off, in paise."""
    charged = columns(func.coalesce(func.sum(col(Document.round_off_amount)), 0))
    statement = charged.where(col(Document.order_id) == order_id, col(Document.shipment_id).is_not(None))
    return int(session.execute(statement).scalar_one())


def credited_amount(session: Session, original_id: UUID) -> int:
    """What credit notes have taken off the document so far, in paise."""
    total = columns(func.coalesce(func.sum(col(Document.total_amount)), 0))
    return int(session.execute(total.where(col(Document.original_document_id) == original_id)).scalar_one())


def credited(session: Session, original_id: UUID) -> dict[UUID, int]:
    """What credit notes have taken off each order line of the document so far, in paise."""
    statement = (
        columns(col(DocumentLine.order_line_id), func.sum(col(DocumentLine.total_amount)))
        .join(Document, col(Document.id) == col(DocumentLine.document_id))
        .where(col(Document.original_document_id) == original_id)
        .group_by(col(DocumentLine.order_line_id))
    )
    return {line_id: int(total) for line_id, total in session.execute(statement)}


def sums_by_hsn(session: Session, from_on: date, to_on: date) -> Sequence[Any]:
    """(hsn, rate_bp, is credit note, quantity, grams, taxable, cgst, sgst, igst) of what was issued from one day to another.

    Both days are included; a share of the delivery charge has a value and no quantity.
    """
    line, document = DocumentLine, Document
    key = (col(line.hsn), col(line.rate_bp), col(document.kind) == CREDIT_NOTE)
    pieces = func.sum(col(line.quantity)).filter(col(line.is_delivery).is_(False))
    amounts = (line.grams, line.taxable_amount, line.cgst_amount, line.sgst_amount, line.igst_amount)
    sums = [pieces, *(func.sum(col(amount)) for amount in amounts)]
    statement = (
        columns(*key, *(func.coalesce(found, 0) for found in sums))
        .join(document, col(document.id) == col(line.document_id))
        .where(col(document.issued_on).between(from_on, to_on))
        .group_by(*key)
        .order_by(*key)
    )
    return session.execute(statement).all()
