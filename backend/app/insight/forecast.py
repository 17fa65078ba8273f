"""What subscriptions will deliver as things stand, over the whole store: by day, and as goods to be bought. Reads only.

A thousand subscriptions and one cost as many statements; beyond a page it is as many again for each page more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Name
from app.insight import forecast_queries as queries
from app.insight.forecast_queries import Decided, Planning
from app.stores import service as stores
from app.subscriptions import coming, plan_queries
from app.subscriptions.coming import Day, Plan
from app.subscriptions.planning import Calendar
from app.subscriptions.pricing_ahead import Prices

PAGE = 2000  # subscriptions looked at together: their plans are held in memory meanwhile


@dataclass
class StoreDay:
    """All deliveries of a day: decided ones, and those to come or left out as things stand."""

    day: date
    holiday: str | None
    decided: Decided
    planned: int = 0
    planned_amount: int = 0  # of those that can be priced
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Needed:
    """Pieces of a variant: on the shelf, promised to orders, and needed for deliveries that are no orders yet."""

    variant_id: UUID
    name: Name
    on_hand: int
    ordered: int
    by_day: Mapping[date, int]

    @property
    def planned(self) -> int:
        return sum(self.by_day.values())

    @property
    def to_buy(self) -> int:
        return max(0, self.ordered + self.planned - self.on_hand)

    @property
    def runs_out_on(self) -> date | None:
        """The first day on which there is too little as things stand; None: it lasts."""
        left = self.on_hand - self.ordered
        for day, quantity in sorted(self.by_day.items()):
            left -= quantity
            if left < 0:
                return day
        return None


def store_days(session: Session, first: date, days: int, at: Calendar) -> list[StoreDay]:
    """So many days from the first on. Of days that are over there is only what was decided."""
    end = first + timedelta(days=days)
    decided = queries.decided(session, first, end)
    holidays = {one.closed_on: one.name for one in plan_queries.holidays(session, first)}
    dates = [first + timedelta(days=number) for number in range(days)]
    found = {day: StoreDay(day, holidays.get(day), decided.get(day, Decided(0, 0, {}))) for day in dates}
    for day in dates:
        found[day].left_out.update(found[day].decided.left_out)
    for page in _pages(session, at, end):
        prices, states = _prices(session, page, at)
        for one in page:
            if one.delivers_on < first:
                continue
            told = found[one.delivers_on]
            if one.left_out:
                told.left_out[one.left_out] += 1
                continue
            told.planned += 1
            told.planned_amount += prices.of(one.quantities, states[one.agreed.address_id], one.delivers_on) or 0
    return list(found.values())


def purchases(session: Session, days: int, at: Calendar) -> list[Needed]:
    """What orders and the planned deliveries of so many days need, what has to be bought first; today included."""
    by_day: dict[UUID, Counter[date]] = defaultdict(Counter)
    for page in _pages(session, at, at.today + timedelta(days=days)):
        for one in page:
            for variant_id, quantity in () if one.left_out else one.quantities.items():
                by_day[variant_id][one.delivers_on] += quantity
    levels = queries.levels(session, by_day)
    variant_ids = by_day.keys() | levels.keys()
    names = catalog.names(session, variant_ids)
    found = []
    for variant_id in variant_ids:
        level = levels.get(variant_id)
        on_hand, ordered = (level.on_hand, level.reserved) if level else (0, 0)
        found.append(Needed(variant_id, names[variant_id], on_hand, ordered, by_day.get(variant_id, {})))
    return sorted(found, key=lambda one: (not one.to_buy, one.runs_out_on or date.max, one.name))


def _pages(session: Session, at: Calendar, end: date) -> Iterator[list[Day]]:
    """The days to come of all subscriptions, left out or not, before `end`."""
    page = queries.planning(session, None, PAGE)
    while page:
        plans = plan_queries.plans(session, page, at.today)
        yield [day for one in page for day in _to_come(one, plans[one.id], at, end)]
        page = queries.planning(session, page[-1].id, PAGE)


def _to_come(one: Planning, plan: Plan, at: Calendar, end: date) -> Iterator[Day]:
    """Those that can still be planned: where one can, so can all that follow."""
    is_open = False
    for day in coming.days(plan, max(at.today, one.paused_until or at.today)):
        if day.delivers_on >= end:
            return
        is_open = is_open or at.instants(one.payment_method, day.delivers_on, day.agreed.shift).edit_until > at.now
        if is_open or day.delivers_on == one.next_on:
            yield day


def _prices(session: Session, page: Sequence[Day], at: Calendar) -> tuple[Prices, Mapping[UUID, str]]:
    variant_ids = {variant_id for one in page for variant_id in one.quantities}
    states = queries.states_of(session, {one.agreed.address_id for one in page})
    return Prices(session, stores.get(session), variant_ids, at.today), states
