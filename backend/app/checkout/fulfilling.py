"""Goods leave the shop: packed (they leave the shelf), dispatched (with their document), delivered, or back for another try.

Everything is decided under the order's lock. A repeat is refused by the table of states, naming what is allowed instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.checkout import documenting, notifying, refunding
from app.checkout.cancelling import follow, pick
from app.checkout.errors import PackedWeightMissing
from app.core.actor import Actor
from app.core.ids import new_id
from app.orders import queries, reducing
from app.orders.errors import MoveNotAllowed
from app.orders.fulfilment_models import Shipment, ShipmentLine
from app.orders.models import Order, OrderLine
from app.orders.reducing import Lot
from app.orders.reduction_rules import amount_of_weight
from app.stock import service as stock


@dataclass(frozen=True)
class Packed:
    """So many pieces of a line go into the parcel; `grams` is what they weigh together, where they are sold by weight."""

    quantity: int
    grams: int | None = None


@dataclass(frozen=True)
class Carriage:
    """Who carries it, and how to follow it. A rider is one of the shop's own people."""

    carrier: str = ""
    tracking_url: str = ""
    rider_id: UUID | None = None


def pack(session: Session, order_id: UUID, contents: Mapping[UUID, Packed] | None, *, actor: Actor, now: datetime) -> Shipment:
    """Pack these lines (None: everything that is still open) into a new shipment; lighter goods cost less from here on.

    Locks order, payments, stock. MoveNotAllowed when nothing is to be packed, LineNotFound, QuantityNotLeft,
    PackedWeightMissing (names the lines). Not safe to repeat by itself: the request's key makes it so.
    """
    order = queries.get_locked(session, order_id)
    lines = {line.id: line for line in queries.lines(session, [order.id])[order.id]}
    open_ = {line.id: line.open_quantity for line in lines.values()}
    if order.status != "confirmed" or not any(open_.values()):
        raise MoveNotAllowed(f"an order that is {order.status} cannot be packed", present=order.status, allowed=["confirmed"])
    wanted = contents if contents is not None else {line_id: Packed(left) for line_id, left in open_.items() if left}
    quantities = pick(lines, {line_id: packed.quantity for line_id, packed in wanted.items()}, open_)
    _require_weights(lines, wanted)
    lot = documenting.lots_of(session, order)[None]
    shipment = _write(session, order, wanted, now)
    record(session, actor, "shipment.packed", shipment, {"status": [None, "packed"]}, cause=f"order {order.number}")
    cause = f"packed in shipment {shipment.position} of {order.number}"
    _settle_weights(session, order, lot, wanted, actor, cause)
    for line_id, quantity in quantities.items():
        lines[line_id].packed_quantity += quantity
    session.add_all(lines.values())
    pieces = {lines[line_id].variant_id: quantity for line_id, quantity in quantities.items()}
    stock.deduct_some(session, order.id, pieces, cause=cause, actor=actor, now=now)
    follow(session, order, actor, cause)
    refunding.settle_balance(session, order, actor, cause, now)
    return shipment


def _require_weights(lines: Mapping[UUID, OrderLine], wanted: Mapping[UUID, Packed]) -> None:
    missing = [line_id for line_id, packed in wanted.items() if lines[line_id].piece_grams and not packed.grams]
    if missing:
        names = ", ".join(lines[line_id].name for line_id in missing)
        raise PackedWeightMissing(f"say what was packed of {names}, in grams", lines=[str(line_id) for line_id in missing])


def _write(session: Session, order: Order, wanted: Mapping[UUID, Packed], now: datetime) -> Shipment:
    position = len(queries.shipments(session, order.id)) + 1
    shipment = Shipment(store_id=order.store_id, id=new_id(), order_id=order.id, position=position, packed_at=now)
    session.add(shipment)
    session.flush()
    session.add_all(
        ShipmentLine(
            store_id=order.store_id,
            shipment_id=shipment.id,
            order_line_id=line_id,
            quantity=packed.quantity,
            packed_grams=packed.grams,
        )
        for line_id, packed in wanted.items()
    )
    session.flush()
    return shipment


def _settle_weights(session: Session, order: Order, lot: Lot, wanted: Mapping[UUID, Packed], actor: Actor, cause: str) -> None:
    """Goods sold by weight cost what was packed of them: less for less, never more than was agreed."""
    parts = []
    for line_id, packed in wanted.items():
        piece_grams = lot.lines[line_id].line.piece_grams
        if piece_grams is None or packed.grams is None:
            continue
        agreed = lot.lines[line_id].of_pieces(packed.quantity).taxed.total_amount
        lighter = agreed - amount_of_weight(agreed, packed.quantity * piece_grams, packed.grams)
        if lighter:
            parts.append(lot.lines[line_id].of_price(lighter))
    reducing.reduce(session, order, lot, parts, reducing.Terms("weight"), actor, cause)


def dispatch(session: Session, shipment_id: UUID, carriage: Carriage, *, actor: Actor, now: datetime) -> Shipment:
    """Send a packed shipment on its way, with its document, and tell the customer. MoveNotAllowed, StaffNotFound,
    LegalDetailsMissing.

    Locks order, number series. A parcel that came back goes out again with the document it had.
    """
    if carriage.rider_id is not None:
        accounts.get_staff(session, carriage.rider_id)
    shipment, order = _lock(session, shipment_id)
    before = shipment.move("out_for_delivery")
    shipment.dispatched_at = now
    shipment.carrier, shipment.tracking_url, shipment.rider_id = carriage.carrier, carriage.tracking_url, carriage.rider_id
    _moved(session, order, shipment, before, actor)
    lines = queries.shipment_lines(session, [shipment.id])[shipment.id]
    notifying.order_shipped(session, order, shipment)
    documenting.issue(session, order, shipment, lines, actor, now)  # last: its number is locked last
    return shipment


def deliver(session: Session, shipment_id: UUID, *, actor: Actor, now: datetime) -> Shipment:
    """The customer has it. MoveNotAllowed unless it is on its way."""
    shipment, order = _lock(session, shipment_id)
    before = shipment.move("delivered")
    shipment.delivered_at = now
    _moved(session, order, shipment, before, actor)
    return shipment


def bring_back(session: Session, shipment_id: UUID, why: str, *, actor: Actor) -> Shipment:
    """Nobody took it: it is packed as before and can go out again. MoveNotAllowed unless it is on its way."""
    shipment, order = _lock(session, shipment_id)
    before = shipment.move("packed")
    shipment.failed_attempts += 1
    _moved(session, order, shipment, before, actor, why)
    return shipment


def shipments_in(session: Session, order_id: UUID, status: str) -> Sequence[Shipment]:
    """The order's parcels that are in this state."""
    return [one for one in queries.shipments(session, order_id) if one.status == status]


def _lock(session: Session, shipment_id: UUID) -> tuple[Shipment, Order]:
    """The order's lock guards its shipments, so they are read after it is held. ShipmentNotFound."""
    order = queries.get_locked(session, queries.shipment(session, shipment_id).order_id)
    return queries.shipment(session, shipment_id), order


def _moved(session: Session, order: Order, shipment: Shipment, before: str, actor: Actor, why: str = "") -> None:
    session.add(shipment)
    session.flush()
    cause = why or f"order {order.number}"
    record(session, actor, f"shipment.{shipment.status}", shipment, {"status": [before, shipment.status]}, cause=cause)
    follow(session, order, actor, f"shipment {shipment.position}")
