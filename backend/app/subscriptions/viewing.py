"""Looking at subscriptions: what is in them, where they go, what a delivery costs. What comes when: see `calendars`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Name
from app.checkout.writing import freeze_address
from app.payments import mandate_queries as mandates
from app.payments import provider_subscription_queries as agreements
from app.payments.mandate_models import Mandate
from app.payments.provider_subscription_models import ProviderSubscription
from app.stores import service as stores
from app.subscriptions import plan_queries, queries
from app.subscriptions.coming import Agreed, Plan
from app.subscriptions.models import Subscription
from app.subscriptions.pricing_ahead import Prices


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
    at_provider: ProviderSubscription | None
    price_amount: int | None
    currency: str
    prices: Prices

    @property
    def later(self) -> Sequence[Agreed]:
        """What is agreed for later days."""
        return [one for one in self.plan.agreed if one.from_on > self.agreed.from_on]

    @property
    def address(self) -> Mapping[str, Any]:
        return self.addresses[self.agreed.address_id]


def view_many(session: Session, subscriptions: Sequence[Subscription], *, today: date) -> list[SubscriptionView]:
    """As many as there are, in a constant number of queries."""
    plans = plan_queries.plans(session, subscriptions, today)
    agreed = [one for plan in plans.values() for one in plan.agreed]
    variant_ids = {item.variant_id for one in agreed for item in one.items}
    variant_ids |= {wished for plan in plans.values() for wish in plan.wishes.values() for wished in wish if wished}
    names = catalog.names(session, variant_ids)
    addresses = queries.addresses(session, {one.address_id for one in agreed})
    frozen = {address.id: freeze_address(address) for address in addresses.values()}
    found = mandates.get_many(session, [one.mandate_id for one in subscriptions if one.mandate_id])
    billed_there = [one.id for one in subscriptions if one.billing_owner == "provider"]
    at_provider = agreements.of_subscriptions(session, billed_there) if billed_there else {}
    store = stores.get(session)
    prices = Prices(session, store, variant_ids, today)
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
                at_provider=at_provider.get(one.id),
                price_amount=prices.of(usual, frozen[holds.address_id]["state_code"], today),
                currency=store.currency,
                prices=prices,
            )
        )
    return views


def view(session: Session, subscription: Subscription, *, today: date) -> SubscriptionView:
    return view_many(session, [subscription], today=today)[0]
