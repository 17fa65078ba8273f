"""What a dearer price means for subscriptions, and word of it to their customers in time.

Up to a mandate's limit its customer has agreed already, and is told days before. Beyond it nothing is debited: such a delivery
is asked for by a link, which the customer pays or leaves alone, until they approve a mandate of a higher limit. What a
provider charges by itself stays what it was; the difference is asked for too. Nobody is charged more than they agreed to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from app.catalog import repricing
from app.catalog import service as catalog
from app.catalog.models import Product, Sellable
from app.catalog.price_models import PriceChange
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.payments import mandate_queries as mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate
from app.pricing import service as pricing
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import affording, calendar_queries, notifying, plan_queries, queries
from app.subscriptions.coming import Plan
from app.subscriptions.errors import PriceChangeTooSoon
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

NOTICE_DAYS = 7  # unless the store's settings say otherwise: time enough to skip, to change, or to end it
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


def announce(
    session: Session,
    product: Product,
    variant_id: UUID,
    amount: int,
    mrp_amount: int | None,
    effective_on: date,
    *,
    actor: Actor,
    calendar: Calendar,
) -> tuple[PriceChange, Effect]:
    """Another price from a day on; subscribers are told by the next run, days before. Safe to repeat.

    PriceChangeTooSoon for a dearer one that subscribers could not be told of in time; VariantNotFound, PriceInvalid.
    """
    store = stores.get(session)
    before = next(iter(catalog.sellable(session, [variant_id], calendar.today)), None)
    is_dearer = before is not None and amount > before.amount
    repricing.check_product(session, product.id, variant_id)
    change = repricing.announce(session, variant_id, amount, mrp_amount, effective_on, today=calendar.today, actor=actor)
    effect = Effect()
    for told in _all_told(session, store, change, calendar):
        effect.subscriptions += 1
        if told.needs_consent:
            effect.consents += 1
            mandate_id = told.mandate.id if told.mandate else None
            known = Consent(told.subscription.id, mandate_id, told.amount, told.limit)
            effect.examples += [known] if len(effect.examples) < EXAMPLES else []
    # A day more than the notice: it goes out within the hour, and whole days of it are promised.
    days = notice_days(store) + 1 if is_dearer and effect.subscriptions else 0
    if effective_on < (earliest := calendar.today + timedelta(days=days)):
        raise PriceChangeTooSoon(field="effective_on", earliest=earliest.isoformat(), subscriptions=effect.subscriptions)
    return change, effect


def notice_due(session: Session, calendar: Calendar) -> int | None:
    """Tell a chunk of the customers of an announced price, once each; how many. Call again until it is None. Locks it."""
    change = repricing.untold(session)
    if change is None:
        return None
    count = 0
    store = stores.get(session)
    page = calendar_queries.live_with(session, change.variant_id, change.told_until, PAGE)
    if change.effective_on > calendar.today:  # else it is no news any more
        before = _goods(session, {change.variant_id}, change.effective_on - timedelta(days=1)).get(change.variant_id)
        for told in _told(session, store, change, page, calendar):
            if before is not None and before.amount != change.amount:
                count += 1
                notifying.price_changes(session, told.subscription, change, before, told.amount, told.limit, told.needs_consent)
    change.told_until = page[-1].id if page else change.told_until
    change.noticed_at = None if page else calendar.now
    session.add(change)
    session.flush()
    return count


def notice_days(store: Store) -> int:
    given = store.settings.get("subscriptions", {}).get("price_notice_days", NOTICE_DAYS)
    return given if isinstance(given, int) and 0 <= given <= 90 else NOTICE_DAYS


def _all_told(session: Session, store: Store, change: PriceChange, calendar: Calendar) -> Iterator[Told]:
    page = calendar_queries.live_with(session, change.variant_id, None, PAGE)
    while page:
        yield from _told(session, store, change, page, calendar)
        page = calendar_queries.live_with(session, change.variant_id, page[-1].id, PAGE)


def _told(
    session: Session, store: Store, change: PriceChange, page: Sequence[Subscription], calendar: Calendar
) -> Iterator[Told]:
    """Of these, those that have the variant on that day or later; priced for that day, a page in a handful of statements."""
    plans = plan_queries.plans(session, page, calendar.today)
    having = {one.id: found for one in page if (found := _dearest(plans[one.id], change))}
    goods = _goods(session, {variant_id for found in having.values() for variant_id in found}, change.effective_on)
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


def _goods(session: Session, variant_ids: set[UUID], day: date) -> dict[UUID, Sellable]:
    return {one.variant_id: one for one in catalog.sellable(session, variant_ids, day)} if variant_ids else {}
