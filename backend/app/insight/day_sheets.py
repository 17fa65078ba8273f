"""The sheets of a day: what is packed into which bag, and who brings which bag where. Reads only, in as many statements however
many orders there are.

The day of a delivery is agreed with its subscription. What was ordered in the shop has no day: as long as it is on its way it
stands on the sheets of today, in either shift.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from app.insight import day_queries as queries
from app.insight.day_queries import ON_ITS_WAY, Bag, Piece

HOUSE = re.compile(r"\D{0,5}([0-9]{1,6})\S*\s+(.+)")  # "12/3 Temple Road": a number, then the street
TO_PACK = ("confirmed",)  # an order is where its least advanced piece is


@dataclass(frozen=True)
class Packed:
    """A bag and what is still to be put into it."""

    bag: Bag
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Goods:
    """So many of a thing, over all bags."""

    piece: Piece
    quantity: int


@dataclass(frozen=True)
class PackingList:
    goods: Sequence[Goods]
    bags: Sequence[Packed]
    waiting: int  # deliveries that wait for their money


@dataclass(frozen=True)
class Stop:
    """A door. `collect_amount`: to be taken there in cash or by UPI; 0: nothing."""

    bag: Bag
    pieces: int
    collect_amount: int


@dataclass(frozen=True)
class Route:
    """The stops of an area: those with the same PIN."""

    pin: str
    city: str
    stops: Sequence[Stop]

    @property
    def collect_amount(self) -> int:
        return sum(stop.collect_amount for stop in self.stops)


def packing_list(session: Session, day: date, shift: str | None, today: date) -> PackingList:
    """What is still to be packed for that day, the bags in the order of the routes."""
    bags = _bags(session, day, shift, today, TO_PACK)
    pieces = queries.pieces(session, [bag.order_id for bag in bags])
    packed = [Packed(bag, [one for one in pieces.get(bag.order_id, ()) if one.open_quantity > 0]) for bag in bags]
    packed = [one for one in packed if one.pieces]
    return PackingList(_goods(packed), packed, queries.count_waiting(session, day, shift))


def route_list(session: Session, day: date, shift: str | None, today: date) -> list[Route]:
    """Where that day's bags go, area by area, and what is collected at each door."""
    bags = _bags(session, day, shift, today, ON_ITS_WAY)
    pieces = queries.pieces(session, [bag.order_id for bag in bags])
    routes = []
    for pin, found in groupby(bags, key=lambda bag: str(bag.address["pin"])):
        stops = [_stop(bag, pieces.get(bag.order_id, ())) for bag in found]
        routes.append(Route(pin, str(stops[0].bag.address["city"]), stops))
    return routes


def _bags(session: Session, day: date, shift: str | None, today: date, statuses: Sequence[str]) -> list[Bag]:
    found = queries.bags(session, day, shift, statuses)
    if day == today:
        found += [bag for bag in queries.undated_bags(session) if bag.status in statuses]
    return sorted(found, key=_way)


def _way(bag: Bag) -> tuple[str | int, ...]:
    """By area, then street by street and house by house, as far as the alphabet knows the way."""
    pin, city, line2, line1 = (str(bag.address[name]) for name in ("pin", "city", "line2", "line1"))
    found = HOUSE.match(line1)
    street, house = (found[2], int(found[1])) if found else (line1, 0)
    return pin, city, line2.casefold(), street.casefold(), house, line1, bag.number


def _goods(packed: Sequence[Packed]) -> list[Goods]:
    things: dict[UUID, Piece] = {}
    sums: dict[UUID, int] = {}
    for one in packed:
        for piece in one.pieces:
            things.setdefault(piece.variant_id, piece)
            sums[piece.variant_id] = sums.get(piece.variant_id, 0) + piece.open_quantity
    found = [Goods(things[variant_id], quantity) for variant_id, quantity in sums.items()]
    return sorted(found, key=lambda one: (one.piece.name, one.piece.unit, one.piece.sku))


def _stop(bag: Bag, pieces: Sequence[Piece]) -> Stop:
    is_collected = bag.payment_method == "cash_on_delivery" and bag.payment_status != "paid"
    return Stop(bag, sum(one.quantity for one in pieces), bag.owed_amount if is_collected else 0)
