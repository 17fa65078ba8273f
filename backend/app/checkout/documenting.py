"""Which document says what of an order: issued when goods go out, corrected when less is owed for them afterwards.

Each line of an order is charged in *lots*: what an issued document charges for it, and what none does yet. Whatever is given up
is taken from a lot, so a credit note never takes off more than its document had, and what goes out later is charged once.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.core.actor import Actor
from app.invoices import queries as documents
from app.invoices import service as invoices
from app.invoices.models import Document
from app.invoices.rules import Item
from app.orders import queries as orders
from app.orders import reducing
from app.orders.fulfilment_models import Shipment, ShipmentLine
from app.orders.models import Order, OrderLine
from app.orders.reducing import Left, Lot, Terms, charged_grams
from app.orders.reduction_models import Reduction
from app.payments import queries as payments
from app.payments.refund_models import Refund
from app.pricing.rules import Taxed
from app.stores import service as stores

Lots = dict[UUID | None, Lot]  # by document (None: not on any yet), in the order of their issue


def lots_of(session: Session, order: Order) -> Lots:
    """What is left of the order, by the document that charges for it. The caller holds the order's lock."""
    lines = {line.id: line for line in orders.charged_lines(session, order.id)}
    reduced = orders.reduced_by_document(session, order.id)
    lots = defaultdict[UUID | None, dict[UUID, Left]](dict)
    open_ = {line.id: Left(line, line.quantity, line.taxed) for line in lines.values()}
    for document_id, line_id, pieces, taxed in documents.charged_by_line(session, order.id):
        charged = Left(lines[line_id], pieces, taxed)
        open_[line_id] = _less(open_[line_id], pieces, taxed)
        lots[document_id][line_id] = _less(charged, *reduced.get((document_id, line_id), (0, Taxed())))
    lots[None] = {line_id: _less(left, *reduced.get((None, line_id), (0, Taxed()))) for line_id, left in open_.items()}
    for line_id, grams in _weighed(session, order, lines, issued=lots.keys()).items():
        lots[None][line_id] = replace(lots[None][line_id], grams=grams)
    amounts = documents.left_amounts(session, order.id) if len(lots) > 1 else {}
    amounts[None] = order.owed_amount - sum(amounts.values())
    return {document_id: Lot(document_id, lot, max(0, amounts[document_id])) for document_id, lot in lots.items()}


def _weighed(
    session: Session, order: Order, lines: Mapping[UUID, OrderLine], issued: Collection[UUID | None]
) -> dict[UUID, int]:
    """What pieces that are on no document weigh: those in parcels what was packed of them, the others what was ordered."""
    grams = {line.id: charged_grams(line, line.open_quantity) for line in lines.values() if line.piece_grams}
    if not any(lines[line_id].packed_quantity for line_id in grams):
        return {}
    sent = {one.shipment_id for one in documents.of_order(session, order.id)} if len(issued) > 1 else set()
    parcels = [one.id for one in orders.shipments(session, order.id) if one.status != "cancelled" and one.id not in sent]
    for contents in orders.shipment_lines(session, parcels).values():
        for packed in contents:
            if packed.order_line_id in grams:
                line = lines[packed.order_line_id]
                grams[line.id] += charged_grams(line, packed.quantity, packed.packed_grams)
    return grams


def _less(left: Left, pieces: int, taxed: Taxed) -> Left:
    return Left(left.line, left.pieces - pieces, left.taxed - taxed)


def spread(session: Session, order: Order, amount: int, terms: Terms, actor: Actor, cause: str) -> list[Reduction]:
    """Give up `amount` of the price, lot by lot, the dearest first: a reduction for each document it concerns."""
    made = list[Reduction]()
    for lot in sorted(lots_of(session, order).values(), key=lambda one: -one.amount):
        if amount and (row := reducing.reduce_by(session, order, lot, amount, terms, actor, cause)):
            made.append(row)
            amount -= row.amount
    return made


def give_up_rest(session: Session, order: Order, terms: Terms, actor: Actor, cause: str) -> list[Reduction]:
    """Give up everything that is left, lot by lot: a reduction for each document it concerns."""
    made = list[Reduction]()
    for lot in lots_of(session, order).values():
        if row := reducing.reduce(session, order, lot, [left.rest for left in lot.lines.values()], terms, actor, cause):
            made.append(row)
    return made


def issue(
    session: Session, order: Order, shipment: Shipment, lines: Sequence[ShipmentLine], actor: Actor, now: datetime
) -> Document:
    """The document of a shipment that goes out; found when it went out before. The caller holds the order's lock.

    Delivery and the round-off are charged with the first. What that cannot bear of a negative one, those that follow do: no
    document is of less than nothing. LegalDetailsMissing, HsnMissing: nothing goes out without papers.
    """
    found = documents.of_shipment(session, shipment.id)
    if found is not None:
        return found
    lots = lots_of(session, order)
    undocumented, is_first = lots[None].lines, len(lots) == 1
    items = [_item(undocumented[line.order_line_id], line) for line in lines]
    if is_first:
        delivery = [left for left in undocumented.values() if left.line.kind == "shipping" and left.taxed.total_amount]
        items += [invoices.item_of(left.line, 1, left.taxed) for left in delivery]
    charged = 0 if is_first else documents.round_off_charged(session, order.id)
    round_off = max(orders.round_off_left(session, order) - charged, -sum(item.heads.total_amount for item in items))
    return invoices.issue_for_shipment(session, stores.get(session), order, shipment.id, items, round_off, now, actor)


def _item(left: Left, packed: ShipmentLine) -> Item:
    heads = left.of_pieces(packed.quantity, packed.packed_grams).taxed
    return invoices.item_of(left.line, packed.quantity, heads, packed.packed_grams)


def credit(session: Session, order: Order, reduction: Reduction, actor: Actor, now: datetime) -> Document | None:
    """The credit note of a reduction: None where no document was issued for what it gives up. Safe to run twice."""
    if reduction.document_id is None:
        return None
    lines = {line.id: line for line in orders.charged_lines(session, order.id)}
    items = [
        invoices.item_of(lines[part.order_line_id], part.quantity, part.taxed)
        for part in orders.reduction_lines(session, reduction.id)
    ]
    original = documents.get(session, reduction.document_id, None)
    return invoices.issue_credit_note(
        session,
        stores.get(session),
        original,
        reduction.id,
        items,
        reduction.round_off_amount,
        reduction.reason,
        now,
        actor,
    )


def credit_refund(session: Session, order: Order, refund: Refund, actor: Actor, now: datetime) -> Document | None:
    """The credit note that belongs to a refund, once all the money of its reduction went back."""
    if refund.reduction_id is None:
        return None
    siblings = [
        one for one in payments.refunds_of_payment(session, refund.payment_id) if one.reduction_id == refund.reduction_id
    ]
    if any(one.is_on_its_way for one in siblings):
        return None
    return credit(session, order, orders.reduction(session, refund.reduction_id), actor, now)
