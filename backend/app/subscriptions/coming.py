"""What comes on which day: one pure function over all that was agreed, asked for and decided.

What is agreed holds from a day on, until something else does. On top of it lie the wishes for single days, the days the
household is away and those on which the shop delivers nothing. None of them moves any other date.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile
from typing import Literal
from uuid import UUID

from app.subscriptions.rules import WEEKDAYS, Rule, is_occurrence, occurrences

Shift = Literal["morning", "evening"]
LeftOut = Literal["", "by_customer", "vacation", "holiday"]  # why nothing comes on a day of the rule
ALL = None  # the key of a wish about the whole delivery


@dataclass(frozen=True)
class Item:
    """So many pieces of a variant, on some weekdays perhaps others; 0: none on that weekday."""

    variant_id: UUID
    quantity: int
    by_weekday: Mapping[str, int] = field(default_factory=dict)

    def on(self, day: date) -> int:
        return self.by_weekday.get(WEEKDAYS[day.weekday()], self.quantity)


@dataclass(frozen=True)
class Agreed:
    """What comes how often, where and in which shift, from a day on."""

    from_on: date
    rule: Rule
    anchor_on: date
    address_id: UUID
    items: Sequence[Item]
    shift: Shift = "morning"

    def on(self, day: date) -> dict[UUID, int]:
        """What a delivery on that day would hold; empty: nothing is agreed for that weekday."""
        return {item.variant_id: quantity for item in self.items if (quantity := item.on(day))}


@dataclass(frozen=True)
class Plan:
    """All that decides what comes when. `agreed` is in order of its days, and holds at least one.

    `wishes`: by day, so many of a variant, or under `ALL` nothing at all. `decided`: days that have their outcome, and come no
    more into question. `left`: so many deliveries until it has ended by their number.
    """

    agreed: Sequence[Agreed]
    ends_on: date | None = None
    left: int | None = None
    wishes: Mapping[date, Mapping[UUID | None, int]] = field(default_factory=dict)
    away: Sequence[tuple[date, date]] = ()  # first and last day
    closed: Collection[date] = ()
    decided: Collection[date] = ()

    def agreed_on(self, day: date) -> Agreed:
        """What holds on that day; before the first, the first."""
        return next((one for one in reversed(self.agreed) if one.from_on <= day), self.agreed[0])


@dataclass(frozen=True)
class Day:
    """A day on which the rule delivers: what comes, or why nothing does."""

    delivers_on: date
    agreed: Agreed
    quantities: Mapping[UUID, int]
    left_out: LeftOut = ""


def days(plan: Plan, since: date) -> Iterator[Day]:
    """Every day of the rule from `since` on that is not decided yet, in order, until the subscription ends."""
    left = plan.left
    for agreed, day in _dates(plan, since):
        if left is not None and left <= 0:
            return
        if day in plan.decided or not agreed.on(day):
            continue
        coming = _day(plan, agreed, day)
        if left is not None and not coming.left_out:
            left -= 1
        yield coming


def is_delivery_day(plan: Plan, day: date) -> bool:
    """Whether the rule delivers then, left out or not, decided or not."""
    agreed = plan.agreed_on(day)
    is_within = day >= agreed.from_on and (plan.ends_on is None or day <= plan.ends_on)
    return is_within and is_occurrence(agreed.rule, agreed.anchor_on, day) and bool(agreed.on(day))


def _dates(plan: Plan, since: date) -> Iterator[tuple[Agreed, date]]:
    for place, agreed in enumerate(plan.agreed):
        following = plan.agreed[place + 1].from_on - timedelta(days=1) if place + 1 < len(plan.agreed) else None
        last = min(filter(None, (following, plan.ends_on)), default=date.max)
        dates = occurrences(agreed.rule, agreed.anchor_on, max(since, agreed.from_on))
        yield from ((agreed, day) for day in takewhile(last.__ge__, dates))


def _day(plan: Plan, agreed: Agreed, day: date) -> Day:
    wishes = plan.wishes.get(day, {})
    quantities = agreed.on(day) | {variant_id: quantity for variant_id, quantity in wishes.items() if variant_id is not None}
    quantities = {variant_id: quantity for variant_id, quantity in quantities.items() if quantity}
    if day in plan.closed:
        return Day(day, agreed, quantities, "holiday")
    if any(first <= day <= last for first, last in plan.away):
        return Day(day, agreed, quantities, "vacation")
    if ALL in wishes or not quantities:
        return Day(day, agreed, quantities, "by_customer")
    return Day(day, agreed, quantities)
