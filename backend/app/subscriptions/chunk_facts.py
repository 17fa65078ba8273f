"""All that a chunk of a billing run needs to know, read before anything is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Sellable
from app.checkout.writing import freeze_address
from app.payments import mandate_queries as mandates
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.pricing.rules import PricedBasket
from app.stores.models import Store
from app.subscriptions import plan_queries, queries
from app.subscriptions.allocating import Allotments
from app.subscriptions.coming import Plan
from app.subscriptions.planning import Calendar
from app.subscriptions.queries import Due
from app.subscriptions.shortage import Shortage


@dataclass(frozen=True)
class Facts:
    """All that a chunk needs to know, read in a handful of statements however long it is."""

    store: Store
    calendar: Calendar
    plans: Mapping[UUID, Plan]
    addresses: Mapping[UUID, Mapping[str, str]]
    mandates: Mapping[UUID, Mandate]
    goods: Mapping[date, Mapping[UUID, Sellable]]  # by day of delivery, then by variant; substitutes too
    shortages: Mapping[UUID, Shortage]  # by variant: what is done when there is not enough of it
    allotments: Allotments
    slot_id: UUID | None = None
    baskets: dict[Any, PricedBasket] = field(default_factory=dict)  # what many have alike is priced once

    def price(self, quantities: Mapping[UUID, int], state_code: str, day: date) -> PricedBasket:
        key = (tuple(quantities.items()), state_code, day)
        if key not in self.baskets:
            lines = [(self.goods[day][variant_id], pieces) for variant_id, pieces in quantities.items()]
            self.baskets[key] = pricing.price(self.store, lines, state_code)
        return self.baskets[key]


def read(session: Session, store: Store, calendar: Calendar, due: Sequence[Due], slot_id: UUID | None) -> Facts:
    """Locks nothing."""
    days = {one.next_on for one in due}
    plans = plan_queries.plans(session, due, min(days, default=calendar.today))
    agreed = [plans[one.id].agreed_on(one.next_on) for one in due]
    addresses = queries.addresses(session, {one.address_id for one in agreed})
    variant_ids = {item.variant_id for one in agreed for item in one.items}
    variant_ids |= {wished for plan in plans.values() for day in days for wished in plan.wishes.get(day, ()) if wished}
    shortages = queries.shortages(session, variant_ids)
    variant_ids |= {one.substitute_id for one in shortages.values() if one.substitute_id}
    return Facts(
        store=store,
        calendar=calendar,
        plans=plans,
        addresses={address.id: freeze_address(address) for address in addresses.values()},
        mandates=mandates.get_many(session, [one.mandate_id for one in due if one.mandate_id]),
        goods={day: {item.variant_id: item for item in catalog.sellable(session, variant_ids, day)} for day in days},
        shortages=shortages,
        allotments=queries.allotments(session, [one.id for one in due], days),
        slot_id=slot_id,
    )


def variants(facts: Facts) -> set[UUID]:
    """Whatever a delivery of the chunk may take off the shelf."""
    return {variant_id for goods in facts.goods.values() for variant_id in goods}
