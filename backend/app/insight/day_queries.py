"""What the sheets of a day read: its orders and their lines, and, for a stretch of days, what was decided and what stock there is."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.accounts.models import Address
from app.core.bulk import among
from app.orders.models import Order, OrderLine
from app.stock.models import StockLevel
from app.stock.queries import Level
from app.subscriptions.models import Cycle, Subscription

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


@dataclass
class Decided:
    """What is certain of a day: orders with what they come to, and how many deliveries stay away, by reason."""

    orders: int
    amount: int
    left_out: dict[str, int]


class Planning(NamedTuple):
    """A subscription with something to come, as far as its days depend on it."""

    id: UUID
    customer_id: UUID
    payment_method: str
    next_on: date
    paused_until: date | None
    ends_on: date | None
    ends_after: int | None


def bags(session: Session, day: date, shift: str | None, statuses: Collection[str]) -> list[Bag]:
    """The deliveries of subscriptions on that day; in one shift, or in both."""
    found = _bags(col(Cycle.shift)).join(Cycle, _of_cycle()).where(col(Cycle.delivers_on) == day)
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
    found = columns(func.count()).select_from(Order).join(Cycle, _of_cycle())
    found = found.where(col(Cycle.delivers_on) == day, col(Order.status) == "pending_payment")
    if shift is not None:
        found = found.where(col(Cycle.shift) == shift)
    return int(session.execute(found).scalar_one())


def decided(session: Session, first: date, end: date) -> dict[date, Decided]:
    """What became of the deliveries of these days, `end` excluded, as far as it is decided."""
    is_cancelled = col(Order.status) == "cancelled"
    reason = case((col(Cycle.status) != "created", col(Cycle.reason)), (is_cancelled, "cancelled"), else_="")
    amount = func.coalesce(func.sum(col(Order.total_amount) - col(Order.reduced_amount)), 0)
    statement = (
        columns(col(Cycle.delivers_on), reason, func.count(), amount)
        .select_from(Cycle)
        .outerjoin(Order, _of_cycle())
        .where(col(Cycle.delivers_on) >= first, col(Cycle.delivers_on) < end)
        .group_by(col(Cycle.delivers_on), reason)
    )
    found: dict[date, Decided] = {}
    for day, why, count, sum_amount in session.execute(statement):
        one = found.setdefault(day, Decided(0, 0, {}))
        if why:
            one.left_out[why] = count
        else:
            one.orders, one.amount = count, int(sum_amount)
    return found


def planning(session: Session, after: UUID | None, limit: int) -> list[Planning]:
    """A page of the subscriptions that deliver, or will when their pause is over, by id."""
    found = columns(*(col(getattr(Subscription, name)) for name in Planning._fields)).where(
        col(Subscription.plans_at).is_not(None)
    )
    if after is not None:
        found = found.where(col(Subscription.id) > after)
    return [Planning(*row) for row in session.execute(found.order_by(col(Subscription.id)).limit(limit))]


def states_of(session: Session, address_ids: Collection[UUID]) -> dict[UUID, str]:
    """In which state each of these addresses is: it decides the tax."""
    found = columns(col(Address.id), col(Address.state_code)).where(among(col(Address.id), address_ids))
    return {row.id: row.state_code for row in session.execute(found)}


def levels(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Level]:
    """What there is of these, and of all else that is promised to orders."""
    level = StockLevel
    found = columns(col(level.variant_id), col(level.on_hand), col(level.reserved)).where(
        (col(level.reserved) > 0) | among(col(level.variant_id), variant_ids)
    )
    return {row.variant_id: Level(*row) for row in session.execute(found)}


def _bags(shift: Any) -> Any:
    owed = col(Order.total_amount) - col(Order.reduced_amount)
    facts = (col(Order.payment_method), col(Order.payment_status), owed, col(Order.address))
    return columns(col(Order.id), col(Order.number), col(Order.status), shift, *facts)


def _of_cycle() -> ColumnElement[bool]:
    return and_(col(Order.store_id) == col(Cycle.store_id), col(Order.cycle_id) == col(Cycle.id))
