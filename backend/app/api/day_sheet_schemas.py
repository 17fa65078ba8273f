"""What the sheets of a day look like on the wire."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.order_schemas import OrderStatus
from app.api.schemas import MoneyOut
from app.insight.day_queries import Piece
from app.insight.day_sheets import Packed, Route, Stop
from app.subscriptions.coming import Shift


class PieceOut(BaseModel):
    """`piece_grams`: it is weighed when it is packed, and a piece is meant to weigh that much."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: int
    piece_grams: int | None

    @classmethod
    def of(cls, piece: Piece, quantity: int) -> "PieceOut":
        facts = piece._asdict()
        return cls(**{name: facts[name] for name in cls.model_fields if name != "quantity"}, quantity=quantity)


class BagOut(BaseModel):
    """`shift`: null for an order of the shop, for which no day was agreed."""

    order_id: UUID
    number: str
    shift: Shift | None
    name: str
    pin: str
    lines: list[PieceOut]

    @classmethod
    def of(cls, packed: Packed) -> "BagOut":
        bag = packed.bag
        return cls(
            order_id=bag.order_id,
            number=bag.number,
            shift=_shift(bag.shift),
            name=bag.address["name"],
            pin=bag.address["pin"],
            lines=[PieceOut.of(piece, piece.open_quantity) for piece in packed.pieces],
        )


class PackingListOut(BaseModel):
    """`goods`: how many of what over all bags. `bags`: in the order of the routes."""

    delivers_on: date
    shift: Shift | None
    goods: list[PieceOut]
    bags: list[BagOut]
    waiting: int = Field(description="So many deliveries of that day still wait for their money, and are not on the list")


class StopOut(BaseModel):
    order_id: UUID
    number: str
    status: OrderStatus
    shift: Shift | None
    name: str
    phone: str
    line1: str
    line2: str
    pieces: int
    collect: MoneyOut | None = Field(description="To be taken at the door; null: it is paid, or will be otherwise")

    @classmethod
    def of(cls, stop: Stop, currency: str) -> "StopOut":
        bag = stop.bag
        return cls(
            order_id=bag.order_id,
            number=bag.number,
            status=bag.status,
            shift=_shift(bag.shift),
            **{name: bag.address[name] for name in ("name", "phone", "line1", "line2")},
            pieces=stop.pieces,
            collect=MoneyOut(amount=stop.collect_amount, currency=currency) if stop.collect_amount else None,
        )


class RouteOut(BaseModel):
    """The stops with one PIN, and what is collected at all of them together."""

    pin: str
    city: str
    collect: MoneyOut
    stops: list[StopOut]

    @classmethod
    def of(cls, route: Route, currency: str) -> "RouteOut":
        stops = [StopOut.of(stop, currency) for stop in route.stops]
        collect = MoneyOut(amount=route.collect_amount, currency=currency)
        return cls(pin=route.pin, city=route.city, collect=collect, stops=stops)


class RouteListOut(BaseModel):
    delivers_on: date
    shift: Shift | None
    routes: list[RouteOut]


def _shift(shift: str | None) -> Shift | None:
    return None if shift is None else "evening" if shift == "evening" else "morning"
