"""Which deliveries come when, until when they can be changed, when they are charged, what they cost; and why one stays away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice, takewhile
from uuid import UUID

from sqlmodel import Session

from app.orders.models import Order
from app.subscriptions import calendar_queries, planning, provider_billing, queries
from app.subscriptions.coming import Day
from app.subscriptions.models import Cycle
from app.subscriptions.planning import Calendar
from app.subscriptions.viewing import SubscriptionView

COMING = 3  # deliveries that a change shows
PLANNING = ("active", "awaiting_mandate", "paused")


@dataclass(frozen=True)
class Delivery:
    """A day on which the rule delivers. `planned`: not decided yet, and so still to be changed until `edit_until`.

    `quantities`: what comes, by variant id; of an order, it is the order that tells.
    """

    viewed: SubscriptionView
    delivers_on: date
    shift: str
    status: str
    reason: str
    edit_until: datetime
    notify_at: datetime | None
    charge_at: datetime | None
    quantities: Mapping[UUID, int]
    total_amount: int | None
    currency: str
    order: Order | None


def household(session: Session, views: Sequence[SubscriptionView], at: Calendar, days: int) -> list[Delivery]:
    """Deliveries of so many days from today on, of all of these: those decided, and those to come or left out, by their day.

    As many queries as for one.
    """
    ends_on = at.today + timedelta(days=days)
    return list(takewhile(lambda one: one.delivers_on < ends_on, _deliveries(session, views, at)))


def upcoming(session: Session, views: Sequence[SubscriptionView], at: Calendar) -> list[Delivery]:
    """The next deliveries that will happen as things stand, skipped ones left out."""
    coming = (one for one in _deliveries(session, views, at) if one.status in ("planned", "created"))
    return list(islice(coming, COMING))


def _deliveries(session: Session, views: Sequence[SubscriptionView], at: Calendar) -> Iterator[Delivery]:
    """As many as are asked for."""
    decided = calendar_queries.cycles_from(session, [one.subscription.id for one in views], at.today)
    made = queries.orders_of_cycles(session, [cycle.id for cycles in decided.values() for cycle in cycles])
    streams: list[Iterator[Delivery]] = []
    for view in views:
        streams += [_all_decided(decided.get(view.subscription.id, ()), made, view, at), _all_planned(view, at)]
    yield from merge(*streams, key=lambda one: one.delivers_on)


def _all_decided(
    cycles: Sequence[Cycle], made: Mapping[UUID, Order], viewed: SubscriptionView, at: Calendar
) -> Iterator[Delivery]:
    return (_decided(cycle, made.get(cycle.id), viewed, at) for cycle in cycles)


def _all_planned(viewed: SubscriptionView, at: Calendar) -> Iterator[Delivery]:
    return (_planned(day, viewed, at) for day in _to_come(viewed, at))


def _to_come(viewed: SubscriptionView, at: Calendar) -> Iterator[Day]:
    """Nothing while it is paused without an end, waits for its customer, or is over; nor what nobody planned in time."""
    subscription = viewed.subscription
    if subscription.status not in PLANNING or (subscription.status == "paused" and subscription.paused_until is None):
        return
    for day in planning.deliveries(subscription, viewed.plan, at.today):
        times = at.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
        if times.edit_until > at.now or day.delivers_on == subscription.next_on:
            yield day


def _decided(cycle: Cycle, order: Order | None, viewed: SubscriptionView, at: Calendar) -> Delivery:
    agreed = viewed.plan.agreed_on(cycle.delivers_on)
    is_cancelled = order is not None and order.status == "cancelled"
    return Delivery(
        viewed,
        cycle.delivers_on,
        cycle.shift,
        "cancelled" if is_cancelled else cycle.status,
        cycle.reason,
        cycle.edit_until,
        cycle.notify_at,
        cycle.charge_at or provider_billing.charge_at(viewed.subscription, agreed, cycle.delivers_on, at),
        {},
        order.total_amount if order else None,
        viewed.currency,
        order,
    )


def _planned(day: Day, viewed: SubscriptionView, at: Calendar) -> Delivery:
    times = at.instants(viewed.subscription.payment_method, day.delivers_on, day.agreed.shift)
    state_code = viewed.addresses[day.agreed.address_id]["state_code"]
    return Delivery(
        viewed,
        day.delivers_on,
        day.agreed.shift,
        "skipped" if day.left_out else "planned",
        day.left_out,
        times.edit_until,
        times.notify_at,
        times.charge_at or provider_billing.charge_at(viewed.subscription, day.agreed, day.delivers_on, at),
        day.quantities,
        None if day.left_out else viewed.prices.of(day.quantities, state_code, day.delivers_on),
        viewed.currency,
        None,
    )
