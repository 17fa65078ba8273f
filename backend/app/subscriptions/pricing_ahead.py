"""What baskets will cost: priced by the day of their delivery, however many days there are."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Sellable
from app.pricing import service as pricing
from app.stores.models import Store


@dataclass
class Prices:
    """Of these variants, from a day on. Read once for each stretch of days in which no price and no tax of theirs changes.

    None: something in the basket is not on sale then.
    """

    session: Session
    store: Store
    variant_ids: Collection[UUID]
    since: date
    known: dict[Any, int | None] = field(default_factory=dict)
    goods: dict[date, Mapping[UUID, Sellable]] = field(default_factory=dict)

    def of(self, quantities: Mapping[UUID, int], state_code: str, day: date) -> int | None:
        begins_on = self._stretch(day)
        key = (frozenset(quantities.items()), state_code, begins_on)
        if key not in self.known:
            self.known[key] = self._price(quantities, state_code, begins_on)
        return self.known[key]

    def _price(self, quantities: Mapping[UUID, int], state_code: str, begins_on: date) -> int | None:
        if begins_on not in self.goods:
            self.goods[begins_on] = {one.variant_id: one for one in catalog.sellable(self.session, self.variant_ids, begins_on)}
        goods = self.goods[begins_on]
        if not quantities or any(variant_id not in goods for variant_id in quantities):
            return None
        lines = [(goods[variant_id], quantity) for variant_id, quantity in quantities.items()]
        return pricing.price(self.store, lines, state_code).total_amount

    @cached_property
    def _changes(self) -> list[date]:
        return catalog.change_days(self.session, self.variant_ids, self.since)

    def _stretch(self, day: date) -> date:
        """The first of the days that have the same prices as this one."""
        place = bisect_right(self._changes, day)
        return self._changes[place - 1] if place else self.since
