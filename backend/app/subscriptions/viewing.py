"""Looking at subscriptions: what is in them, and which deliveries come when, are charged when, and cost what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice, takewhile
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Name
from app.checkout.writing import freeze_address
from app.orders.models import Order
from app.payments import mandate_queries as mandates
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import plan_queries, planning, queries
from app.subscriptions.coming import Agreed, Day, Plan
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar

COMING = 3  # deliveries that a change shows
PLANNING = ("active", "awaiting_mandate", "paused")


@dataclass(frozen=True)
class SubscriptionView:
    """A subscription with what it refers to: `agreed` is what holds today, or from its first day on.

    `price_amount` is what a usual delivery costs today, None if something in it is not on sale.
    """

    subscription: Subscription
    plan: Plan
    agreed: Agreed
    names: Mapping[UUID, Name]
    addresses: Mapping[UUID, Mapping[str, Any]]
    mandate: Mandate | None
    price_amount: int | None
    currency: str

    @property
    def address(self) -> Mapping[str, Any]:
        return self.addresses[self.agreed.address_id]


@dataclass(frozen=True)
class Delivery:
    """A day on which the rule delivers. `planned`: not decided yet, and so still to be changed until `edit_until`.

    `quantities`: what comes, by variant id; of an order, it is the order that tells.
    """

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


@dataclass
class Prices:
    """What baskets cost on a day, delivered to a state; each asked for once. None: something in it is not on sale then."""

    session: Session
    store: Store
    known: dict[Any, int | None] = field(default_factory=dict)

    def of(self, quantities: Mapping[UUID, int], state_code: str, day: date) -> int | None:
        key = (frozenset(quantities.items()), state_code, day)
        if key not in self.known:
            self.known[key] = self._price(quantities, state_code, day)
        return self.known[key]

    def _price(self, quantities: Mapping[UUID, int], state_code: str, day: date) -> int | None:
        goods = {item.variant_id: item for item in catalog.sellable(self.session, quantities, day)}
        if not quantities or any(variant_id not in goods for variant_id in quantities):
            return None
        lines = [(goods[variant_id], quantity) for variant_id, quantity in quantities.items()]
        return pricing.price(self.store, lines, state_code).total_amount


def view_many(session: Session, subscriptions: Sequence[Subscription], *, today: date) -> list[SubscriptionView]:
    """As many as there are, in a constant number of queries but for prices: those are asked for once for each basket."""
    plans = plan_queries.plans(session, subscriptions, today)
    agreed = [one for plan in plans.values() for one in plan.agreed]
    variant_ids = {item.variant_id for one in agreed for item in one.items}
    variant_ids |= {wished for plan in plans.values() for wish in plan.wishes.values() for wished in wish if wished}
    names = catalog.names(session, variant_ids)
    addresses = queries.addresses(session, {one.address_id for one in agreed})
    frozen = {address.id: freeze_address(address) for address in addresses.values()}
    found = mandates.get_many(session, [one.mandate_id for one in subscriptions if one.mandate_id])
    store = stores.get(session)
    prices = Prices(session, store)
    views = []
    for one in subscriptions:
        holds = plans[one.id].agreed_on(today)
        usual = {item.variant_id: item.quantity or max(item.by_weekday.values(), default=1) for item in holds.items}
        views.append(
            SubscriptionView(
                subscription=one,
                plan=plans[one.id],
                agreed=holds,
                names=names,
                addresses=frozen,
                mandate=found.get(one.mandate_id) if one.mandate_id else None,
                price_amount=prices.of(usual, frozen[holds.address_id]["state_code"], today),
                currency=store.currency,
            )
        )
    return views


def view(session: Session, subscription: Subscription, *, today: date) -> SubscriptionView:
    return view_many(session, [subscription], today=today)[0]


def calendar(session: Session, viewed: SubscriptionView, at: Calendar, days: int) -> list[Delivery]:
    """Deliveries of so many days from today on: those decided, and those to come or left out, in order of their day."""
    ends_on = at.today + timedelta(days=days)
    return list(takewhile(lambda one: one.delivers_on < ends_on, _deliveries(session, viewed, at)))


def upcoming(session: Session, viewed: SubscriptionView, at: Calendar) -> list[Delivery]:
    """The next deliveries that will happen as things stand, skipped ones left out."""
    coming = (one for one in _deliveries(session, viewed, at) if one.status in ("planned", "created"))
    return list(islice(coming, COMING))


def _deliveries(session: Session, viewed: SubscriptionView, at: Calendar) -> Iterator[Delivery]:
    """As many as are asked for."""
    subscription = viewed.subscription
    decided = queries.cycles_from(session, subscription.id, at.today)
    made = queries.orders_of_cycles(session, [cycle.id for cycle in decided])
    prices = Prices(session, stores.get(session))
    yield from merge(
        (_decided(cycle, made.get(cycle.id), viewed) for cycle in decided),
        (_planned(day, viewed, at, prices) for day in _to_come(viewed, at)),
        key=lambda one: one.delivers_on,
    )


def _to_come(viewed: SubscriptionView, at: Calendar) -> Iterator[Day]:
    """Nothing while it is paused without an end, waits for its customer, or is over; nor what nobody planned in time."""
    subscription = viewed.subscription
    if subscription.status not in PLANNING or (subscription.status == "paused" and subscription.paused_until is None):
        return
    for day in planning.deliveries(subscription, viewed.plan, at.today):
        times = at.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
        if times.edit_until > at.now or day.delivers_on == subscription.next_on:
            yield day


def _decided(cycle: Cycle, order: Order | None, viewed: SubscriptionView) -> Delivery:
    is_cancelled = order is not None and order.status == "cancelled"
    return Delivery(
        cycle.delivers_on,
        cycle.shift,
        "cancelled" if is_cancelled else cycle.status,
        cycle.reason,
        cycle.edit_until,
        cycle.notify_at,
        cycle.charge_at,
        {},
        order.total_amount if order else None,
        viewed.currency,
        order,
    )


def _planned(day: Day, viewed: SubscriptionView, at: Calendar, prices: Prices) -> Delivery:
    times = at.instants(viewed.subscription.payment_method, day.delivers_on, day.agreed.shift)
    state_code = viewed.addresses[day.agreed.address_id]["state_code"]
    return Delivery(
        day.delivers_on,
        day.agreed.shift,
        "skipped" if day.left_out else "planned",
        day.left_out,
        times.edit_until,
        times.notify_at,
        times.charge_at,
        day.quantities,
        None if day.left_out else prices.of(day.quantities, state_code, at.today),
        viewed.currency,
        None,
    )
