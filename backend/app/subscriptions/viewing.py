"""Looking at subscriptions: what is in them, and which deliveries come when, are charged when, and cost what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Name, Sellable
from app.checkout.writing import freeze_address
from app.orders.models import Order
from app.payments import mandate_queries as mandates
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import planning, queries
from app.subscriptions.models import Cycle, Subscription, SubscriptionLine
from app.subscriptions.planning import Calendar

COMING = 3  # deliveries that a change shows
PLANNING = ("active", "awaiting_mandate", "paused")


@dataclass(frozen=True)
class ViewedLine:
    variant_id: UUID
    name: Name
    quantity: int


@dataclass(frozen=True)
class SubscriptionView:
    """A subscription with what it refers to; `price_amount` is what a delivery would cost today, None if it is not on sale."""

    subscription: Subscription
    lines: Sequence[ViewedLine]
    address: Mapping[str, Any]
    mandate: Mandate | None
    price_amount: int | None
    currency: str


@dataclass(frozen=True)
class Delivery:
    """A day on which the rule delivers. `planned`: not decided yet, and so still to be changed until `edit_until`."""

    delivers_on: date
    status: str
    reason: str
    edit_until: datetime
    notify_at: datetime | None
    charge_at: datetime | None
    total_amount: int | None
    currency: str
    order: Order | None


def view_many(session: Session, subscriptions: Sequence[Subscription], *, today: date) -> list[SubscriptionView]:
    """As many as there are, in a constant number of queries."""
    lines = queries.lines(session, [one.id for one in subscriptions])
    variant_ids = {line.variant_id for some in lines.values() for line in some}
    names = catalog.names(session, variant_ids)
    goods = {item.variant_id: item for item in catalog.sellable(session, variant_ids, today)}
    addresses = queries.addresses(session, {one.address_id for one in subscriptions})
    found = mandates.get_many(session, [one.mandate_id for one in subscriptions if one.mandate_id])
    store = stores.get(session)
    views = []
    for one in subscriptions:
        address = freeze_address(addresses[one.address_id])
        views.append(
            SubscriptionView(
                subscription=one,
                lines=[ViewedLine(line.variant_id, names[line.variant_id], line.quantity) for line in lines[one.id]],
                address=address,
                mandate=found.get(one.mandate_id) if one.mandate_id else None,
                price_amount=_price(store, lines[one.id], goods, address["state_code"]),
                currency=store.currency,
            )
        )
    return views


def view(session: Session, subscription: Subscription, *, today: date) -> SubscriptionView:
    return view_many(session, [subscription], today=today)[0]


def _price(store: Store, lines: Sequence[SubscriptionLine], goods: Mapping[UUID, Sellable], state_code: str) -> int | None:
    if any(line.variant_id not in goods for line in lines):
        return None
    basket = pricing.price(store, [(goods[line.variant_id], line.quantity) for line in lines], state_code)
    return basket.total_amount


def calendar(session: Session, viewed: SubscriptionView, at: Calendar, limit: int) -> list[Delivery]:
    """Deliveries from today on: those decided, and those to come, in order of their day; at most `limit`."""
    return list(islice(_deliveries(session, viewed, at), limit))


def upcoming(session: Session, viewed: SubscriptionView, at: Calendar) -> list[Delivery]:
    """The next deliveries that will happen as things stand, skipped ones left out."""
    coming = (one for one in _deliveries(session, viewed, at) if one.status in ("planned", "created"))
    return list(islice(coming, COMING))


def _deliveries(session: Session, viewed: SubscriptionView, at: Calendar) -> Iterator[Delivery]:
    """As many as are asked for: however many in between were skipped, or can no longer come."""
    subscription = viewed.subscription
    decided = {cycle.delivers_on: cycle for cycle in queries.cycles_from(session, subscription.id, at.today)}
    made = queries.orders_of_cycles(session, [cycle.id for cycle in decided.values()])
    for day, _ in groupby(merge(decided, _to_come(subscription, at))):
        if day in decided:
            yield _decided(decided[day], made.get(decided[day].id), viewed)
        elif _can_come(planned := _planned(day, viewed, at), subscription, at):
            yield planned


def _can_come(delivery: Delivery, subscription: Subscription, at: Calendar) -> bool:
    """Not one that nobody planned in time; the next one is being planned just now."""
    return delivery.edit_until > at.now or delivery.delivers_on == subscription.next_on


def _to_come(subscription: Subscription, at: Calendar) -> "islice[date]":
    """Nothing while it is paused without an end, waits for its customer, or is over."""
    is_stopped = subscription.status not in PLANNING or (subscription.status == "paused" and subscription.paused_until is None)
    return islice(planning.deliveries(subscription, at.today), 0 if is_stopped else None)


def _decided(cycle: Cycle, order: Order | None, viewed: SubscriptionView) -> Delivery:
    is_cancelled = order is not None and order.status == "cancelled"
    return Delivery(
        cycle.delivers_on,
        "cancelled" if is_cancelled else cycle.status,
        cycle.reason,
        cycle.edit_until,
        cycle.notify_at,
        cycle.charge_at,
        order.total_amount if order else None,
        viewed.currency,
        order,
    )


def _planned(day: date, viewed: SubscriptionView, at: Calendar) -> Delivery:
    times = at.instants(viewed.subscription, day)
    return Delivery(
        day, "planned", "", times.edit_until, times.notify_at, times.charge_at, viewed.price_amount, viewed.currency, None
    )
