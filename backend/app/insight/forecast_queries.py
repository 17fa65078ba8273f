"""What a look ahead over the whole store reads: what was decided of its days, who delivers, and what stock there is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.accounts.models import Address
from app.core.bulk import among
from app.insight.day_queries import of_cycle
from app.orders.models import Order
from app.stock.models import StockLevel
from app.stock.queries import Level
from app.subscriptions.models import Cycle, Subscription


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


def decided(session: Session, first: date, end: date) -> dict[date, Decided]:
    """What became of the deliveries of these days, `end` excluded, as far as it is decided."""
    is_cancelled = col(Order.status) == "cancelled"
    reason = case((col(Cycle.status) != "created", col(Cycle.reason)), (is_cancelled, "cancelled"), else_="")
    amount = func.coalesce(func.sum(col(Order.total_amount) - col(Order.reduced_amount)), 0)
    statement = (
        columns(col(Cycle.delivers_on), reason, func.count(), amount)
        .select_from(Cycle)
        .outerjoin(Order, of_cycle())
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
