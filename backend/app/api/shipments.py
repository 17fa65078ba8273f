"""Goods leave the shop: pack, dispatch, deliver, or bring back; one order by hand, or many at once."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StrictInt

from app.api.doors import OpenDoor
from app.api.fields import Note, OptionalLine
from app.api.order_changes import PiecesIn, pieces_of
from app.api.order_schemas import OrderStatus, ShipmentOut
from app.api.policy import require
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.carts.rules import MAX_LINES
from app.checkout import fulfilling, moving_many
from app.checkout.fulfilling import Carriage, Packed
from app.core.work import rehearse
from app.orders import queries
from app.orders.fulfilment_models import Shipment

router = Router(prefix="/api/v1", tags=["fulfilment"])

MAX_GRAMS = 1_000_000  # a tonne of one thing goes by another road
MAX_ORDERS = 200  # moved in one transaction: a morning's round, some seconds of locks


class PackedIn(PiecesIn):
    grams: StrictInt | None = Field(
        default=None, ge=1, le=MAX_GRAMS, description="Of goods sold by weight: all pieces together"
    )


class ShipmentIn(RequestBody):
    """Without `lines` everything that is still open."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{}, {"lines": [{"line_id": "01980a2f-44bb-7c33-9d55-6e7f8091a2b3", "quantity": 2, "grams": 1940}]}]
        }
    )

    lines: Annotated[list[PackedIn], Field(min_length=1, max_length=MAX_LINES)] | None = None


class DispatchIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"carrier": "Delhivery", "tracking_url": "https://track.example/AWB123"}]}
    )

    carrier: OptionalLine = ""
    tracking_url: HttpUrl | None = None
    rider_id: UUID | None = Field(default=None, description="A member of the shop's staff who carries it, and takes the cash")


class FailedDeliveryIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"because": "Nobody was at home"}]})

    because: Note = ""


class MovesIn(RequestBody):
    """Orders to be packed (all that is open of each), sent out, delivered, or cancelled."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order_ids": ["01980a2f-11aa-7b22-a3c4-5d6e7f809102"], "to": "out_for_delivery"}]}
    )

    order_ids: list[UUID] = Field(min_length=1, max_length=MAX_ORDERS)
    to: Literal["packed", "out_for_delivery", "delivered", "cancelled"]
    rider_id: UUID | None = None


class MoveOut(BaseModel):
    """What became of one order; `code` and `detail` say why it was not moved."""

    order_id: UUID
    number: str
    before: OrderStatus | None
    after: OrderStatus | None
    is_moved: bool
    code: str = ""
    detail: str = ""


class MovesOut(BaseModel):
    moved: int
    refused: int
    items: list[MoveOut]


def _out(door: OpenDoor, shipment: Shipment) -> ShipmentOut:
    return ShipmentOut.of(shipment, queries.shipment_lines(door.session, [shipment.id])[shipment.id])


@router.post("/orders/{order_id}/shipments", status_code=201)
def pack(door: OpenDoor, order_id: UUID, body: ShipmentIn) -> ShipmentOut:
    """Pack a parcel: its goods leave the shelf. Goods sold by weight need what they weigh: lighter ones cost less.

    `lines` need an Idempotency-Key: each request packs so many more.
    """
    if body.lines is not None:
        door.require_key()

    def act() -> ShipmentOut:
        contents = None
        if body.lines is not None:
            pieces_of(list(body.lines))
            contents = {line.line_id: Packed(line.quantity, line.grams) for line in body.lines}
        return _out(door, fulfilling.pack(door.session, order_id, contents, actor=door.actor, now=door.now))

    return door.once(act, 201)


@router.post("/shipments/{shipment_id}/dispatch")
def dispatch(door: OpenDoor, shipment_id: UUID, body: DispatchIn) -> ShipmentOut:
    """Send a packed parcel on its way: its invoice is issued, and the customer told."""
    carriage = Carriage(body.carrier, str(body.tracking_url or "")[:300], body.rider_id)
    return door.once(
        lambda: _out(door, fulfilling.dispatch(door.session, shipment_id, carriage, actor=door.actor, now=door.now))
    )


@router.post("/shipments/{shipment_id}/delivery")
def deliver(door: OpenDoor, shipment_id: UUID) -> ShipmentOut:
    """The customer has it."""
    return door.once(lambda: _out(door, fulfilling.deliver(door.session, shipment_id, actor=door.actor, now=door.now)))


@router.post("/shipments/{shipment_id}/failed-delivery")
def bring_back(door: OpenDoor, shipment_id: UUID, body: FailedDeliveryIn) -> ShipmentOut:
    """Nobody took it: it is packed again, and may go out again with the papers it has."""
    return door.once(lambda: _out(door, fulfilling.bring_back(door.session, shipment_id, body.because, actor=door.actor)))


@router.post("/order-moves")
def move_orders(door: OpenDoor, body: MovesIn, dry_run: DryRun = False) -> MovesOut:
    """Move many orders at once. Each is moved or refused by itself; `?dry_run=true` shows which, and changes nothing.

    To cancel them, or to see what that would do, takes `orders.change` as well.
    """
    if body.to == "cancelled":
        require(door.caller, "orders.change")
    if dry_run:
        rehearse(door.session)

    def act() -> MovesOut:
        moves = moving_many.move_many(door.session, body.order_ids, body.to, body.rider_id, actor=door.actor, now=door.now)
        items = [MoveOut.model_validate(move, from_attributes=True) for move in moves]
        moved = sum(item.is_moved for item in items)
        return MovesOut(moved=moved, refused=len(items) - moved, items=items)

    return act() if dry_run else door.once(act)
