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
from app.payments import mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import MandateMethod
from app.payments.models import PaymentAttempt
from app.pricing import service as pricing
from app.stores import service as stores
from app.subscriptions import notifying, planning, queries
from app.subscriptions.errors import (
    LinesInvalid,
    MandateLimitTooHigh,
    MandateLimitTooLow,
    NotOnSale,
    PhoneNeeded,
    StartInPast,
    StartTooFar,
    TooManySubscriptions,
)
from app.subscriptions.models import Subscription, SubscriptionLine
from app.subscriptions.planning import Calendar
from app.subscriptions.rules import Rule, occurrence

LIMIT_FACTOR = 2  # a mandate's limit, unless the customer sets one: room for other quantities, not for surprises
MAX_START_DAYS = 366  # whoever plans further ahead has made a slip
MAX_LIVE = 50  # of one customer: what is paid on delivery is packed on trust
COUNTED_FOR = timedelta(days=1)  # also when cancelled: each start sends messages and calls a provider


@dataclass(frozen=True)
class Wish:
    """What the customer asks for. `max_amount`: of the mandate, in paise; None: ours to propose."""

    quantities: Mapping[UUID, int]  # by variant id, in the order to be shown
    rule: Rule
    starts_on: date
    address_id: UUID
    method: MandateMethod | None  # None: paid on delivery
    max_amount: int | None = None


@dataclass(frozen=True)
class Started:
    """The subscription, and for a mandate the attempt by which the customer approves it."""

    subscription: Subscription
    attempt: PaymentAttempt | None


def start(session: Session, wish: Wish, *, customer_id: UUID, actor: Actor, calendar: Calendar) -> Started:
    """A new subscription. By mandate it awaits the customer's approval; paid on delivery it begins at once.

    Locks the customer. StartInPast, StartTooFar, LinesInvalid, NotOnSale, AddressNotFound, MandateLimitTooLow, PhoneNeeded.
    """
    if wish.starts_on < calendar.today:
        raise StartInPast(field="starts_on", earliest=calendar.today.isoformat())
    if (wish.starts_on - calendar.today).days > MAX_START_DAYS:
        raise StartTooFar(field="starts_on")
    if not 1 <= len(wish.quantities) <= MAX_LINES:
        raise LinesInvalid(field="lines", minimum=1, maximum=MAX_LINES)
    queries.lock_customer(session, customer_id)
    if queries.count_live(session, customer_id, calendar.now - COUNTED_FOR) >= MAX_LIVE:
        raise TooManySubscriptions(maximum=MAX_LIVE)
    address = accounts.get_address(session, wish.address_id, customer_id)
    price = _price(session, wish, freeze_address(address), calendar)
    mandate, attempt = None, None
    if wish.method is not None:
        limit = _limit(wish, price)
        if not accounts.get_customer(session, customer_id).phone:
            raise PhoneNeeded
        currency = stores.get(session).currency
        mandate, attempt = mandates.ask(session, customer_id, wish.method, limit, currency, now=calendar.now, actor=actor)
    subscription = Subscription(
        store_id=store_of(session),
        id=new_id(),
        customer_id=customer_id,
        status="awaiting_mandate" if mandate else "active",
        payment_method="mandate" if mandate else "pay_on_delivery",
        mandate_id=mandate.id if mandate else None,
        address_id=address.id,
        rule=wish.rule.as_dict(),
        anchor_on=wish.starts_on,
        starts_on=occurrence(wish.rule, wish.starts_on, 0),
        started_at=calendar.now,
    )
    session.add(subscription)
    session.flush()
    session.add_all(_lines(subscription, wish.quantities))
    if subscription.status == "active":
        planning.schedule(session, subscription, calendar)
    session.flush()
    record(session, actor, "subscription.started", subscription, _facts(subscription), cause=f"{wish.rule.kind}, {price} paise")
    if subscription.status == "active":
        notifying.started(session, subscription)
    return Started(subscription, attempt)


def _facts(subscription: Subscription) -> dict[str, Any]:
    return {
        "status": [None, subscription.status],
        "rule": [None, subscription.rule],
        "anchor_on": [None, subscription.anchor_on.isoformat()],
    }


def _price(session: Session, wish: Wish, address: Mapping[str, Any], calendar: Calendar) -> int:
    """What one delivery costs today."""
    items = {item.variant_id: item for item in catalog.sellable(session, wish.quantities, calendar.today)}
    if missing := [str(variant_id) for variant_id in wish.quantities if variant_id not in items]:
        raise NotOnSale(field="lines", variant_ids=missing)
    goods = [(items[variant_id], quantity) for variant_id, quantity in wish.quantities.items()]
    return pricing.price(stores.get(session), goods, address["state_code"]).total_amount


def _limit(wish: Wish, price: int) -> int:
    """The mandate's limit: what the customer set, within what one delivery costs and what the law lets pass unattended."""
    if price > MAX_UNATTENDED_AMOUNT:
        raise MandateLimitTooHigh(field="lines", maximum=MAX_UNATTENDED_AMOUNT, price=price)
    if wish.max_amount is None:
        return min(LIMIT_FACTOR * price, MAX_UNATTENDED_AMOUNT)
    if wish.max_amount < price:
        raise MandateLimitTooLow(field="mandate.max_amount", minimum=price)
    if wish.max_amount > MAX_UNATTENDED_AMOUNT:
        raise MandateLimitTooHigh(field="mandate.max_amount", maximum=MAX_UNATTENDED_AMOUNT)
    return wish.max_amount


def _lines(subscription: Subscription, quantities: Mapping[UUID, int]) -> Sequence[SubscriptionLine]:
    return [
        SubscriptionLine(
            store_id=subscription.store_id,
            id=new_id(),
            subscription_id=subscription.id,
            position=position,
            variant_id=variant_id,
            quantity=quantity,
        )
        for position, (variant_id, quantity) in enumerate(quantities.items())
    ]
