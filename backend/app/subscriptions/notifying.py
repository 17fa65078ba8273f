"""What customers are told about their subscriptions: queued in the transaction that makes it true, with the facts frozen."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from sqlmodel import Session

from app.accounts import service as accounts
from app.catalog import service as catalog
from app.catalog.models import Name, Sellable
from app.catalog.price_models import PriceChange
from app.core.money import format_money
from app.notifications import service as notifications
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.models import Order
from app.payments.mandate_models import Mandate
from app.payments.provider_subscription_models import ProviderSubscription
from app.stores import service as stores
from app.subscriptions import viewing
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.wording import goods, rhythm

LOCALE = "en_IN"
DROPPED = "dropped"
REASONS = {  # why a delivery is left out, as the end of a sentence
    "out_of_stock": "there was not enough left on our shelves",
    "not_on_sale": "something in it is no longer sold",
    "missed": "we could not prepare it in time",
    "caught_up": "we could not prepare it in time; the delivery after it brings it too",
    "holiday": "our shop is closed on that day",
    "limit_reached": "what is still to be paid has reached its limit",
}


def started(session: Session, subscription: Subscription) -> list[Message]:
    """Once per subscription, when it first becomes active."""
    if subscription.next_on is None:
        return []
    store = stores.get(session)
    viewed = viewing.view(session, subscription, today=subscription.next_on)
    agreed, calendar = viewed.agreed, Calendar.of(store, subscription.started_at)
    times = calendar.instants(subscription.payment_method, subscription.next_on, agreed.shift)
    context = {
        "rule_text": rhythm(agreed),
        "items": goods(agreed, viewed.names),
        "total_amount": viewed.price_amount or 0,
        "first_on": _day(subscription.next_on),
        "charged_on": _day_of(times.charge_at, store.zone),
    }
    return _tell(session, subscription, "subscription_started", f"subscription.started:{subscription.id}", context)


def renewal_reminder(session: Session, subscription: Subscription, cycle: Cycle, order: Order) -> list[Message]:
    """Once per delivery: what comes, when, what it costs and when it is charged."""
    zone = stores.get(session).zone
    context = {
        "items": [_item(line.name, line.unit, line.quantity) for line in orders.lines(session, [order.id])[order.id]],
        "delivers_on": _day(cycle.delivers_on),
        "charged_on": _instant(cycle.charge_at, zone),
        "change_until": "",  # it is an order already
        "total_amount": order.total_amount,
    }
    return _tell(
        session, subscription, "subscription_renewal_reminder", f"cycle.reminder:{cycle.id}", context, ("orders", order.id)
    )


def delivery_skipped(session: Session, subscription: Subscription, cycle: Cycle) -> list[Message]:
    """Once per delivery that we leave out; the customer's own wishes are no news to them."""
    context = {
        "delivers_on": _day(cycle.delivers_on),
        "reason": REASONS.get(cycle.reason, "we could not prepare it"),
        "next_on": _day(subscription.next_on) if subscription.next_on else "",
    }
    return _tell(session, subscription, "delivery_skipped", f"cycle.skipped:{cycle.id}", context)


def delivery_differs(session: Session, subscription: Subscription, cycle: Cycle, differs: Mapping[str, str]) -> list[Message]:
    """Once per delivery of which something is short: what comes in its place, or that it is left out."""
    ids = {UUID(one) for pair in differs.items() for one in pair if one != DROPPED}
    names = catalog.names(session, ids)
    told = [
        f"{_name(names[UUID(wanted)])} is left out"
        if instead == DROPPED
        else f"{_name(names[UUID(instead)])} comes in place of {_name(names[UUID(wanted)])}"
        for wanted, instead in differs.items()
    ]
    context = {"delivers_on": _day(cycle.delivers_on), "changes": told}
    return _tell(session, subscription, "delivery_differs", f"cycle.differs:{cycle.id}", context)


def action_needed(session: Session, subscription: Subscription, mandate: Mandate, now: datetime) -> list[Message]:
    """Once a day at most for a state in which the mandate is found: only the customer can put it right."""
    key = f"mandate.{mandate.status}:{mandate.id}:{now.date()}"
    return _tell(session, subscription, "subscription_action_needed", key, {"mandate_status": mandate.status})


AT_PROVIDER = {  # what the message about mandates calls it
    "paused": "paused",
    "expired": "expired",
    "cancelled": "cancelled",
    "completed": "cancelled",
    "refused": "rejected",
}
FAILED = "The payment for your deliveries did not go through. Pay with another card or UPI id, so that they go on: {url}"


def provider_needs(
    session: Session, subscription: Subscription, agreement: ProviderSubscription, now: datetime
) -> list[Message]:
    """Once a day at most for a state in which the provider's subscription is found: only the customer can put it right."""
    key = f"provider_subscription.{agreement.status}:{agreement.id}:{now.date()}"
    if agreement.status in AT_PROVIDER:
        facts = {"mandate_status": AT_PROVIDER[agreement.status]}
        return _tell(session, subscription, "subscription_action_needed", key, facts)
    return _tell(session, subscription, "notice", key, {"body": FAILED.format(url=agreement.short_url)})


def price_changes(
    session: Session,
    subscription: Subscription,
    change: PriceChange,
    before: Sellable,
    amount: int,
    limit: int | None,
    needs_consent: bool,
) -> list[Message]:
    """Once per subscription and announced price, days before it holds; `amount`: its dearest delivery then."""
    currency = before.currency
    words = (
        f"From {_day(change.effective_on)} on, {before.name}, {before.unit} costs {format_money(change.amount, currency)} "
        f"instead of {format_money(before.amount, currency)}. A delivery of your subscription then costs up to "
        f"{format_money(amount, currency)}. You can change or end it before."
    )
    if needs_consent and limit is not None:
        words += (
            f" Your mandate allows {format_money(limit, currency)}: beyond that nothing is debited. Approve a higher limit, "
            "or pay such a delivery by the link that we send you."
        )
    elif needs_consent:
        words += " Your bank goes on paying the old price; please pay the difference, or start the subscription anew."
    return _tell(session, subscription, "notice", f"price_change:{change.id}:{subscription.id}", {"body": words})


def _tell(
    session: Session,
    subscription: Subscription,
    template: str,
    event_key: str,
    context: Mapping[str, Any],
    about: tuple[str, UUID] | None = None,
) -> list[Message]:
    """To every address we have of the customer."""
    customer = accounts.get_customer(session, subscription.customer_id)
    facts = {"subscription_id": str(subscription.id), "customer_name": customer.name, **context}
    return [
        notifications.queue(
            session,
            template,
            to,
            channel,
            event_key,
            facts,
            about=about or ("subscriptions", subscription.id),
            customer_id=customer.id,
        )
        for channel, to in (("email", customer.email), ("sms", customer.phone))
        if to
    ]


def _name(name: Name) -> str:
    return f"{name.name}, {name.unit}"


def _item(name: str, unit: str, quantity: int) -> str:
    return f"{quantity} × {name}, {unit}"


def _day(day: date) -> str:
    return str(format_date(day, "EEEE, d MMMM", locale=LOCALE))


def _day_of(at: datetime | None, zone: str) -> str:
    return _day(at.astimezone(ZoneInfo(zone)).date()) if at else ""


def _instant(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return f"{_day(local.date())}, at {format_time(local, 'short', locale=LOCALE)}"
