"""What the sheets of a day read: its orders and their lines."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.core.bulk import among
from app.orders.models import Order, OrderLine
from app.subscriptions.models import Cycle

ON_ITS_WAY = ("confirmed", "packed", "out_for_delivery")  # the shop owes the goods, and the customer has not got them yet


class Bag(NamedTuple):
    """An order as somebody packs or carries it. `shift` is null where no day was agreed: it was ordered in the shop."""

    order_id: UUID
    number: str
    status: str
    shift: str | None
    payment_method: str
    payment_status: str
    owed_amount: int
    address: Mapping[str, Any]


class Piece(NamedTuple):
    """So many of a thing in an order. `open_quantity`: not packed yet. `piece_grams`: goods that are weighed."""

    order_id: UUID
    variant_id: UUID
    sku: str
    name: str
    unit: str
    piece_grams: int | None
    quantity: int
    open_quantity: int


def bags(session: Session, day: date, shift: str | None, statuses: Collection[str]) -> list[Bag]:
    """The deliveries of subscriptions on that day; in one shift, or in both."""
    found = _bags(col(Cycle.shift)).join(Cycle, of_cycle()).where(col(Cycle.delivers_on) == day)
    if shift is not None:
        found = found.where(col(Cycle.shift) == shift)
    return [Bag(*row) for row in session.execute(found.where(col(Order.status).in_(statuses)))]


def undated_bags(session: Session) -> list[Bag]:
    """Orders for which no day was agreed, and which are still to come."""
    found = _bags(None).where(col(Order.cycle_id).is_(None), col(Order.status).in_(ON_ITS_WAY))
    return [Bag(*row) for row in session.execute(found)]


def pieces(session: Session, order_ids: Collection[UUID]) -> dict[UUID, list[Piece]]:
    """The goods of these orders that were not cancelled, each order's in their position."""
    line, found = OrderLine, defaultdict[UUID, list[Piece]](list)
    names = [col(getattr(line, name)) for name in ("order_id", "variant_id", "sku", "name", "unit", "piece_grams")]
    kept = col(line.quantity) - col(line.cancelled_quantity)
    statement = columns(*names, kept, kept - col(line.packed_quantity)).where(
        among(col(line.order_id), order_ids), col(line.kind) == "goods", kept > 0
    )
    for row in session.execute(statement.order_by(col(line.position))):
        found[row.order_id].append(Piece(*row))
    return found


def count_waiting(session: Session, day: date, shift: str | None) -> int:
    """How many deliveries of that day wait for their money, and so are on no sheet."""
    found = columns(func.count()).select_from(Order).join(Cycle, of_cycle())
    found = found.where(col(Cycle.delivers_on) == day, col(Order.status) == "pending_payment")
    if shift is not None:
        found = found.where(col(Cycle.shift) == shift)
    return int(session.execute(found).scalar_one())


def _bags(shift: Any) -> Any:
    owed = col(Order.total_amount) - col(Order.reduced_amount)
    facts = (col(Order.payment_method), col(Order.payment_status), owed, col(Order.address))
    return columns(col(Order.id), col(Order.number), col(Order.status), shift, *facts)


def of_cycle() -> ColumnElement[bool]:
    return and_(col(Order.store_id) == col(Cycle.store_id), col(Order.cycle_id) == col(Cycle.id))
