"""What a dearer price means for each subscription that has it: what its dearest delivery then costs, and who agreed to less."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.catalog.models import Sellable
from app.catalog.price_models import PriceChange
from app.checkout.writing import freeze_address
from app.payments import mandate_queries as mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores.models import Store
from app.subscriptions import affording, calendar_queries, plan_queries, queries
from app.subscriptions.coming import Plan
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

PAGE = 200  # subscriptions told in one transaction
EXAMPLES = 100  # that are named


@dataclass(frozen=True)
class Consent:
    """A subscription whose dearest delivery costs more than its customer agreed to. `limit` None: the provider's own plan."""

    subscription_id: UUID
    mandate_id: UUID | None
    amount: int
    limit: int | None


@dataclass
class Effect:
    """On how many subscriptions, and whose customers have to consent."""

    subscriptions: int = 0
    consents: int = 0
    examples: list[Consent] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A subscription that has the variant after the change, and what its dearest delivery then costs."""

    subscription: Subscription
    amount: int
    limit: int | None
    mandate: Mandate | None

    @property
    def needs_consent(self) -> bool:
        return self.subscription.billing_owner == "provider" or (self.limit is not None and self.amount > self.limit)


def effect_of(session: Session, store: Store, change: PriceChange, calendar: Calendar) -> Effect:
    """On all that have it. The change is written already."""
    effect = Effect()
    for told in _all_told(session, store, change, calendar):
        effect.subscriptions += 1
        if told.needs_consent:
            effect.consents += 1
            mandate_id = told.mandate.id if told.mandate else None
            known = Consent(told.subscription.id, mandate_id, told.amount, told.limit)
            effect.examples += [known] if len(effect.examples) < EXAMPLES else []
    return effect


def _all_told(session: Session, store: Store, change: PriceChange, calendar: Calendar) -> Iterator[Told]:
    page = calendar_queries.live_with(session, change.variant_id, None, PAGE)
    while page:
        yield from all_of(session, store, change, page, calendar)
        page = calendar_queries.live_with(session, change.variant_id, page[-1].id, PAGE)


def all_of(
    session: Session, store: Store, change: PriceChange, page: Sequence[Subscription], calendar: Calendar
) -> Iterator[Told]:
    """Of these, those that have the variant on that day or later; priced for that day, a page in a handful of statements."""
    plans = plan_queries.plans(session, page, calendar.today)
    having = {one.id: found for one in page if (found := _dearest(plans[one.id], change))}
    goods = goods_on(session, {variant_id for found in having.values() for variant_id in found}, change.effective_on)
    address_ids = {plans[one].agreed_on(change.effective_on).address_id for one in having}
    addresses = {one.id: freeze_address(one) for one in queries.addresses(session, address_ids).values()}
    known = mandates.get_many(session, [one.mandate_id for one in page if one.mandate_id])
    for one in page:
        if one.id in having:
            mandate = known.get(one.mandate_id) if one.mandate_id else None
            pieces = [(goods[variant_id], quantity) for variant_id, quantity in having[one.id].items() if variant_id in goods]
            state_code = addresses[plans[one.id].agreed_on(change.effective_on).address_id]["state_code"]
            amount = pricing.price(store, pieces, state_code).total_amount if pieces else 0
            limit = min(mandate.max_amount, MAX_UNATTENDED_AMOUNT) if mandate else None
            yield Told(one, amount, limit, mandate)


def _dearest(plan: Plan, change: PriceChange) -> Mapping[UUID, int]:
    """The most of everything in the first terms from that day on that have the variant; empty: none has."""
    held = plan.agreed_on(change.effective_on)
    for agreed in (held, *(one for one in plan.agreed if one.from_on > change.effective_on)):
        if change.variant_id in (most := affording.most(agreed)):
            return most
    return {}


def goods_on(session: Session, variant_ids: set[UUID], day: date) -> dict[UUID, Sellable]:
    return {one.variant_id: one for one in catalog.sellable(session, variant_ids, day)} if variant_ids else {}
