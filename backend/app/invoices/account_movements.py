"""What moves the account of a customer who pays later: documents, money that came, money that went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Subquery, case, func, literal, union_all
from sqlalchemy import select as columns
from sqlmodel import col

from app.invoices.models import Document
from app.invoices.rules import CREDIT_NOTE
from app.orders.models import Order
from app.payments.models import Capture, Payment
from app.payments.receipt_models import Receipt
from app.payments.refund_models import Refund
from app.payments.refunding import SENT_BACK


@dataclass(frozen=True)
class Movement:
    """What changed what a customer owes, and when, in the store's time. `amount` below 0: less is owed."""

    kind: str
    cause_id: UUID
    at: datetime
    number: str
    order_number: str
    amount: int


def movements() -> Subquery:
    """Of all orders on account: documents and credit notes, money that came, money that went back, and came back once more."""
    parts: list[Any] = [_documents(), _receipts(), *_refunds()]
    together: CompoundSelect[Any] = union_all(*parts)
    return together.subquery("movements")


def _documents() -> Any:
    is_credit = col(Document.kind) == CREDIT_NOTE
    return (
        columns(
            col(Order.customer_id).label("customer_id"),
            case((is_credit, "credit_note"), else_="document").label("kind"),
            col(Document.id).label("cause_id"),
            col(Document.issued_at).label("at"),
            col(Document.number).label("number"),
            col(Order.number).label("order_number"),
            case((is_credit, -col(Document.total_amount)), else_=col(Document.total_amount)).label("amount"),
        )
        .join(Order, col(Order.id) == col(Document.order_id))
        .where(col(Order.payment_method) == "account", col(Document.total_amount) > 0)
    )


def _receipts() -> Any:
    reference = func.coalesce(func.nullif(col(Receipt.reference), ""), col(Capture.method), "")
    return (
        columns(
            col(Order.customer_id), literal("receipt"), col(Capture.id), col(Capture.captured_at), reference,
            col(Order.number), -col(Capture.amount),
        )
        .join(Payment, col(Payment.id) == col(Capture.payment_id))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .outerjoin(Receipt, col(Receipt.capture_id) == col(Capture.id))
        .where(col(Order.payment_method) == "account")
    )  # fmt: skip


def _refunds() -> Sequence[Any]:
    """One that the bank sent back went out all the same, and came in again."""
    returned = col(Refund.failure_reason) == SENT_BACK
    out = (col(Refund.status) == "processed") | returned
    began_at = func.coalesce(col(Refund.happened_at), col(Refund.created_at))
    ways: Sequence[tuple[str, Any, Any, Any]] = (
        ("refund", case((returned, began_at), else_=col(Refund.decided_at)), col(Refund.amount), out),
        ("refund_returned", col(Refund.decided_at), -col(Refund.amount), returned),
    )
    return [
        columns(
            col(Order.customer_id), literal(kind), col(Refund.id), at, col(Refund.receipt), col(Order.number), amount
        )
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .where(col(Order.payment_method) == "account", which)
        for kind, at, amount, which in ways
    ]  # fmt: skip
