"""Wishes for one day: leave it out, or one thing of it; other quantities; another thing instead. No other day changes.

A wish is taken back until the cut-off, and made again without any effect. What is an order already takes no wishes.
"""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.subscriptions import arrears, changing, delivery_days
from app.subscriptions.amending import Swap
from app.subscriptions.changing import Change
from app.subscriptions.coming import ALL
from app.subscriptions.delivery_days import DeliveryDay
from app.subscriptions.errors import LinesInvalid, NotInSubscription
from app.subscriptions.planning import Calendar


def skip(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    day: date,
    variant_id: UUID | None = None,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """Leave out the delivery of one day, or one thing of it.

    One that is an order already, and is asked for again because its payment failed, is cancelled. NotADeliveryDay; SkipTooFar;
    NotInSubscription; CutOffPassed names the end of changes of that delivery.
    """
    found = delivery_days.find(session, subscription_id, owner_id, day, calendar)
    if variant_id is None and (ended := _skip_unpaid(session, found, actor)):
        return ended
    if variant_id is not None and variant_id not in found.coming:
        raise NotInSubscription(field="variant_id")
    return delivery_days.wish(session, found, {**found.wishes, variant_id: 0}, "subscription.skipped", actor)


def _skip_unpaid(session: Session, found: DeliveryDay, actor: Actor) -> Change | None:
    """The order of that day is cancelled, where it waits for a payment that failed before."""
    cause, subscription = "its delivery was skipped", found.subscription
    ended = arrears.stop(session, subscription, cause, actor=actor, calendar=found.calendar, day=found.delivers_on)
    if not ended:
        return None
    record(session, actor, "subscription.skipped", subscription, {"delivers_on": [None, found.delivers_on.isoformat()]})
    left = changing.open_orders(session, subscription, found.calendar)
    return Change(subscription, [*changing.of_ended(ended), *left])


def deliver(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    day: date,
    variant_id: UUID,
    quantity: int,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """So many of it on one day, be it in the subscription or not. As `skip`, and NotOnSale, MandateLimitExceeded."""
    found = delivery_days.find(session, subscription_id, owner_id, day, calendar)
    return delivery_days.wish(session, found, {**found.wishes, variant_id: quantity}, "subscription.delivery_changed", actor)


def swap(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    day: date,
    wanted: Swap,
    *,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """One thing in the place of another on one day, as many of it unless told otherwise. As `deliver`, and LinesInvalid."""
    found = delivery_days.find(session, subscription_id, owner_id, day, calendar)
    old, new = wanted.variant_id, wanted.with_variant_id
    usual = found.agreed.get(old)
    if usual is None:
        raise NotInSubscription(field="variant_id")
    wishes = {**found.wishes, old: 0, new: usual if wanted.quantity is None else wanted.quantity}
    if new in found.agreed:
        raise LinesInvalid("what shall come in its place comes anyway", field="with_variant_id")
    return delivery_days.wish(session, found, wishes, "subscription.delivery_changed", actor)


def take_back(
    session: Session,
    subscription_id: UUID,
    owner_id: UUID | None,
    day: date,
    *,
    is_skip: bool = False,
    variant_id: UUID | None = None,
    actor: Actor,
    calendar: Calendar,
) -> Change:
    """That the day is left out, or what is wished of a variant, or (neither named) of all of them: it comes as agreed."""
    found = delivery_days.find(session, subscription_id, owner_id, day, calendar)

    def stays(key: UUID | None) -> bool:
        return key is not ALL if is_skip else key is ALL or (variant_id is not None and key != variant_id)

    kept = {key: quantity for key, quantity in found.wishes.items() if stays(key)}
    return delivery_days.wish(session, found, kept, "subscription.wish_taken_back", actor)
