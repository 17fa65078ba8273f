"""Start a subscription: what comes, how often, from when, and how it is paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.carts.rules import MAX_LINES
from app.catalog import service as catalog
from app.checkout.writing import freeze_address
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.payments.mandate_models import MandateMethod
from app.payments.models import PaymentAttempt
from app.pricing import service as pricing
from app.stores import service as stores
from app.subscriptions import agreeing, mandating, notifying, planning, provider_agreeing, queries, ways
from app.subscriptions.coming import Agreed, Item, Plan, Shift, days
from app.subscriptions.errors import (
    EndsBeforeStart,
    LinesInvalid,
    NotOnSale,
    StartInPast,
    StartTooFar,
    TooManySubscriptions,
)
from app.subscriptions.models import PaymentMethod, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.rules import Rule

MAX_START_DAYS = 366  # whoever plans further ahead has made a slip
MAX_LIVE = 50  # of one customer: what is paid on delivery is packed on trust
COUNTED_FOR = timedelta(days=1)  # also when cancelled: each start sends messages and calls a provider


@dataclass(frozen=True)
class Wish:
    """What the customer asks for. `max_amount`: of the mandate, in paise; None: ours to propose."""

    items: Sequence[Item]  # each variant once, in the order to be shown
    rule: Rule
    starts_on: date
    address_id: UUID
    payment_method: PaymentMethod = "cash_on_delivery"
    method: MandateMethod | None = None  # of the mandate, where it is paid by one
    max_amount: int | None = None
    shift: Shift = "morning"
    ends_on: date | None = None
    ends_after: int | None = None

    @property
    def agreed(self) -> Agreed:
        return Agreed(self.starts_on, self.rule, self.starts_on, self.address_id, self.items, self.shift)


@dataclass(frozen=True)
class Started:
    """The subscription, and for a mandate the attempt by which the customer approves it."""

    subscription: Subscription
    attempt: PaymentAttempt | None


def start(session: Session, wish: Wish, *, customer_id: UUID, actor: Actor, calendar: Calendar) -> Started:
    """A new subscription. By mandate it awaits the customer's approval; paid on delivery it begins at once.

    Locks the customer. StartInPast, StartTooFar, EndsBeforeStart, LinesInvalid, NotOnSale, AddressNotFound,
    MandateLimitTooLow, PhoneNeeded; billed by the provider: ProviderCannotKeep, StartTooSoon.
    """
    if wish.starts_on < calendar.today:
        raise StartInPast(field="starts_on", earliest=calendar.today.isoformat())
    if (wish.starts_on - calendar.today).days > MAX_START_DAYS:
        raise StartTooFar(field="starts_on")
    if not 1 <= len(wish.items) <= MAX_LINES:
        raise LinesInvalid(field="lines", minimum=1, maximum=MAX_LINES)
    first = next(days(Plan([wish.agreed], ends_on=wish.ends_on, left=wish.ends_after), wish.starts_on), None)
    if first is None:
        raise EndsBeforeStart(field="ends_on")
    queries.lock_customer(session, customer_id)
    if queries.count_live(session, customer_id, calendar.now - COUNTED_FOR) >= MAX_LIVE:
        raise TooManySubscriptions(maximum=MAX_LIVE)
    address = accounts.get_address(session, wish.address_id, customer_id)
    ways.check(session, customer_id, wish.payment_method)
    price = _price(session, wish, freeze_address(address), calendar)
    mandate, attempt = None, None
    if wish.payment_method == "mandate" and wish.method is not None:
        asked = mandating.Asked(wish.method, wish.max_amount, price)
        mandate, attempt = mandating.ask(session, customer_id, asked, now=calendar.now, actor=actor)
    is_billed_there = wish.payment_method == "provider"
    subscription = Subscription(
        store_id=store_of(session),
        id=new_id(),
        customer_id=customer_id,
        status="awaiting_mandate" if mandate or is_billed_there else "active",
        payment_method=wish.payment_method,
        billing_owner="provider" if is_billed_there else "rozana",
        mandate_id=mandate.id if mandate else None,
        starts_on=first.delivers_on,
        ends_on=wish.ends_on,
        ends_after=wish.ends_after,
        started_at=calendar.now,
    )
    session.add(subscription)
    session.flush()
    agreeing.write(session, subscription, wish.agreed)
    if subscription.status == "active":
        planning.schedule(session, subscription, calendar)
    if is_billed_there:
        provider_agreeing.check(first, calendar)
        provider_agreeing.agree(session, subscription, price, calendar=calendar, actor=actor)
    session.flush()
    changes = {"status": [None, subscription.status], "terms": [None, agreeing.facts(wish.agreed)]}
    record(session, actor, "subscription.started", subscription, changes, cause=f"{wish.rule.kind}, {price} paise")
    if subscription.status == "active":
        notifying.started(session, subscription)
    return Started(subscription, attempt)


def _price(session: Session, wish: Wish, address: Mapping[str, Any], calendar: Calendar) -> int:
    """What a delivery that holds the most of everything costs today."""
    most = {item.variant_id: max(item.quantity, *item.by_weekday.values(), 1) for item in wish.items}
    items = {item.variant_id: item for item in catalog.sellable(session, most, calendar.today)}
    if missing := [str(variant_id) for variant_id in most if variant_id not in items]:
        raise NotOnSale(field="lines", variant_ids=missing)
    goods = [(items[variant_id], quantity) for variant_id, quantity in most.items()]
    return pricing.price(stores.get(session), goods, address["state_code"]).total_amount
