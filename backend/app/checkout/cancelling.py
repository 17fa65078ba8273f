"""Taking an order back, or a part of it, before it leaves the shop. What was paid for it goes back by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import conceding, dunning, notifying, refunding
from app.checkout.documenting import give_up_rest, lots_of
from app.checkout.errors import NotCancellable
from app.core.actor import Actor
from app.orders import queries, reducing
from app.orders.errors import LineNotFound, MoveNotAllowed, QuantityNotLeft
from app.orders.fulfilment_models import Shipment
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction
from app.payments import debit_outcomes
from app.payments import queries as payments
from app.stock import service as stock

SENT = ("out_for_delivery", "delivered")


@dataclass(frozen=True)
class Why:
    """Who wants it (`customer`, `staff`; `expired` is nobody's wish), and their words."""

    reason: str
    note: str = ""


def cancel(session: Session, order_id: UUID, owner_id: UUID | None, why: Why, *, actor: Actor, now: datetime) -> Order:
    """Cancel the whole order: stock goes back, planned debits are withdrawn, what was paid is refunded. Safe to repeat.

    Locks order, payments, stock, number series. NotCancellable once a part of it went out, and for customers once it is packed;
    one that came back is cancelled with credit notes. A payment that comes later all the same is given back too.
    """
    order = queries.get_locked(session, order_id, owner_id)
    if order.status == "cancelled":
        return order
    parcels, lines = queries.shipments(session, order.id), queries.lines(session, [order.id])[order.id]
    if refusal := why_not(order, parcels, lines, why.reason):
        raise refusal
    return _end(session, order, [one for one in parcels if one.status != "cancelled"], lines, why, actor, now)


def why_not(order: Order, parcels: Iterable[Shipment], lines: Iterable[OrderLine], reason: str) -> NotCancellable | None:
    """Why this order cannot be cancelled as a whole by those who want it (`customer`, `staff`) now; None: it can."""
    standing, facts = [one for one in parcels if one.status != "cancelled"], {"order_status": order.status}
    if any(parcel.status in SENT for parcel in standing):
        return NotCancellable("a part of this order has left the shop: cancel the lines that have not, or return it", **facts)
    if standing and reason == "customer":
        return NotCancellable("this order is packed: please call the shop", **facts)
    if order.status not in ("pending_payment", "confirmed", "packed"):
        return NotCancellable(f"an order that is {order.status} cannot be cancelled", **facts)
    if any(line.returned_quantity for line in lines):
        return NotCancellable("pieces of this order were taken back already: take back the others too", **facts)
    return None


def _end(
    session: Session, order: Order, parcels: list[Shipment], lines: list[OrderLine], why: Why, actor: Actor, now: datetime
) -> Order:
    cause = why.note or f"cancelled by {why.reason}"
    debit_outcomes.withdraw(session, order.id, actor, cause, now)  # one under way cannot be: its money comes back, if it comes
    dunning.void(session, order, cause, actor, now)
    made = list[Reduction]()
    if payments.captures_of_order(session, order.id) or any(parcel.dispatched_at for parcel in parcels):
        made = give_up_rest(session, order, reducing.Terms("cancelled", note=why.note), actor, cause)
    before = order.cancel(now, why.reason)
    session.add(order)
    stock.release_many(session, order.id, cause=cause, actor=actor, now=now)
    _unpack(session, order, parcels, lines, cause, actor, now)
    for line in lines:
        line.cancelled_quantity = line.quantity
    session.add_all(lines)
    session.flush()
    record(session, actor, "order.cancelled", order, {"status": [before, order.status], "reason": [None, why.reason]}, cause)
    conceding.settle(session, order, made, actor, cause, now)
    notifying.order_cancelled(session, order)
    return order


def _unpack(
    session: Session, order: Order, parcels: list[Shipment], lines: list[OrderLine], cause: str, actor: Actor, now: datetime
) -> None:
    """What was packed is on the shelf again."""
    if not parcels:
        return
    packed = {line.variant_id: line.packed_quantity for line in lines if line.packed_quantity}
    for parcel in parcels:
        before = parcel.move("cancelled")
        record(session, actor, "shipment.cancelled", parcel, {"status": [before, "cancelled"]}, cause)
    for line in lines:
        line.packed_quantity = 0
    session.add_all([*parcels, *lines])
    stock.restock(session, order.id, packed, cause=cause, actor=actor, now=now)


def cancel_lines(
    session: Session,
    order_id: UUID,
    owner_id: UUID | None,
    quantities: Mapping[UUID, int],
    why: Why,
    *,
    actor: Actor,
    now: datetime,
) -> Order:
    """Cancel so many pieces of these lines, none of them packed yet; the last ones cancel the order.

    Locks order, payments, stock. LineNotFound, QuantityNotLeft (says what is), MoveNotAllowed while the order waits for its
    payment: the amount that was asked for stands. Not safe to repeat by itself: the request's key makes it so.
    """
    order = queries.get_locked(session, order_id, owner_id)
    if order.status not in ("confirmed", "packed", "out_for_delivery"):
        raise MoveNotAllowed(
            f"lines of an order that is {order.status.replace('_', ' ')} cannot be cancelled", present=order.status, allowed=[]
        )
    lines = {line.id: line for line in queries.lines(session, [order.id])[order.id]}
    chosen = pick(lines, quantities, {line.id: line.open_quantity for line in lines.values()})
    if all(line.open_quantity == chosen.get(line.id, 0) and not line.packed_quantity for line in lines.values()):
        return _end(session, order, [], list(lines.values()), why, actor, now)
    cause = why.note or f"cancelled by {why.reason}"
    open_lot = lots_of(session, order)[None]
    parts = [open_lot.lines[line_id].of_pieces(quantity) for line_id, quantity in chosen.items()]
    reducing.reduce(session, order, open_lot, parts, reducing.Terms("line_cancelled", note=why.note), actor, cause)
    for line_id, quantity in chosen.items():
        lines[line_id].cancelled_quantity += quantity
    session.add_all(lines.values())
    pieces = {lines[line_id].variant_id: quantity for line_id, quantity in chosen.items()}
    stock.release_some(session, order.id, pieces, cause=cause, actor=actor, now=now)
    follow(session, order, actor, cause)
    refunding.settle_balance(session, order, actor, cause, now)
    return order


def pick(lines: Mapping[UUID, OrderLine], wanted: Mapping[UUID, int], left: Mapping[UUID, int]) -> dict[UUID, int]:
    """The wanted pieces, checked against what is left of each line: LineNotFound, QuantityNotLeft."""
    for line_id, quantity in wanted.items():
        if line_id not in lines:
            raise LineNotFound(line_id=str(line_id))
        if not 0 < quantity <= left[line_id]:
            raise QuantityNotLeft(line_id=str(line_id), wanted_quantity=quantity, left_quantity=left[line_id])
    return dict(wanted)


def follow(session: Session, order: Order, actor: Actor, cause: str) -> None:
    """Bring the order's status in line with its pieces and parcels. The caller holds its lock."""
    lines = queries.lines(session, [order.id])[order.id]
    parcels = [one.status for one in queries.shipments(session, order.id) if one.status != "cancelled"]
    before = order.follow(sum(line.open_quantity for line in lines), sum(line.packed_quantity for line in lines), parcels)
    session.add(order)
    session.flush()
    if before is not None:
        record(session, actor, f"order.{order.status}", order, {"status": [before, order.status]}, cause)
