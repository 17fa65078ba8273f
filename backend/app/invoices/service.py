"""Issuing documents: for what a shipment carries, and for what is taken off an issued one again.

The number is taken in the transaction that issues: it is gapless because both are undone together. What it costs is that
issuers of one series wait for one another until they commit, so the number is the last thing they take.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.invoices import queries
from app.invoices.errors import CreditExceedsDocument, NotOnDocument
from app.invoices.models import Document
from app.invoices.rules import CREDIT_NOTE, Item, kind_of
from app.invoices.seller import seller_of
from app.invoices.states import state_name
from app.invoices.writing import check, item_of, write
from app.orders import queries as orders
from app.orders.models import Order
from app.stores.models import Store

__all__ = ["Item", "issue_credit_note", "issue_for_shipment", "item_of"]


def issue_for_shipment(
    session: Session,
    store: Store,
    order: Order,
    shipment_id: UUID,
    items: Sequence[Item],
    round_off_amount: int,
    now: datetime,
    actor: Actor,
) -> Document:
    """The document of what a shipment carries, issued now or found: one per shipment, however often it is asked for.

    Locks the order, and last the number series. HsnMissing, TaxMisplaced, NothingToIssue, LegalDetailsMissing.
    """
    order = orders.get_locked(session, order.id)
    if found := queries.of_shipment(session, shipment_id):
        return found
    seller = seller_of(store, charges_tax=any(item.heads.tax_amount for item in items))
    check(items, order.number, within_state=order.place_of_supply == seller.state_code)
    document = write(
        session,
        seller,
        order,
        items,
        kind=kind_of(item.rate_bp for item in items),
        round_off_amount=round_off_amount,
        now=now,
        shipment_id=shipment_id,
        buyer=_buyer(order),
    )
    record(session, actor, "document.issued", document, {"number": [None, document.number]}, cause=f"shipment {shipment_id}")
    return document


def issue_credit_note(
    session: Session,
    store: Store,
    original: Document,
    reduction_id: UUID,
    items: Sequence[Item],
    round_off_amount: int,
    reason: str,
    now: datetime,
    actor: Actor,
) -> Document:
    """The credit note for a reduction of an issued document, issued now or found: one per reduction (section 34).

    Items hold what is taken off, as positive amounts. Locks the order, and last the number series. NotOnDocument and
    CreditExceedsDocument name the order line; refusals otherwise as for a shipment.
    """
    order = orders.get_locked(session, original.order_id)
    if found := queries.of_reduction(session, reduction_id):
        return found
    seller = seller_of(store, charges_tax=any(item.heads.tax_amount for item in items))
    check(items, original.number, within_state=original.is_within_state)
    _check_left(session, original, items, round_off_amount)
    document = write(
        session,
        seller,
        order,
        items,
        kind=CREDIT_NOTE,
        round_off_amount=round_off_amount,
        now=now,
        original_document_id=original.id,
        reduction_id=reduction_id,
        reason=reason[:200],
        buyer=original.buyer,
    )
    changes = {"number": [None, document.number], "original": [None, original.number]}
    record(session, actor, "document.issued", document, changes, cause=f"reduction {reduction_id}")
    return document


def _check_left(session: Session, original: Document, items: Sequence[Item], round_off_amount: int) -> None:
    """No line is credited that was not charged, or beyond what earlier credit notes left of it; nor the document as a whole."""
    left = original.total_amount - queries.credited_amount(session, original.id)
    wanted = sum(item.heads.total_amount for item in items) + round_off_amount
    if wanted > left:
        raise CreditExceedsDocument(
            f"{original.number}: {left} paise are left, not {wanted}", left_amount=left, about=original.number
        )
    charged = {line.order_line_id: line.total_amount for line in queries.lines(session, original.id)}
    before = queries.credited(session, original.id)
    for item in items:
        facts = {"about": original.number, "order_line_id": str(item.order_line_id)}
        if item.order_line_id not in charged:
            raise NotOnDocument(f"{item.name!r} is not on {original.number}", **facts)
        left = charged[item.order_line_id] - before.get(item.order_line_id, 0)
        if item.heads.total_amount > left:
            raise CreditExceedsDocument(
                f"{original.number}: {left} paise of {item.name!r} are left, not {item.heads.total_amount}",
                left_amount=left,
                **facts,
            )


def _buyer(order: Order) -> dict[str, Any]:
    """Who buys, and where the goods go: to the same address."""
    return {**order.address, "state_name": state_name(order.place_of_supply)}
