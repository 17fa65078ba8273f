"""Tell customers what is coming and what it costs, when it has become an order: a day or more before anything is charged."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.notifications.models import Message
from app.subscriptions import notifying, queries
from app.subscriptions.errors import SubscriptionNotFound
from app.subscriptions.models import Cycle

CHUNK = 200


def remind_due(session: Session, now: datetime) -> int:
    """Queue the reminders of a chunk of deliveries, once each; how many deliveries. Call again until it is 0."""
    cycles = queries.lock_unreminded(session, CHUNK)
    for cycle in cycles:
        remind(session, cycle, now)
    return len(cycles)


def remind(session: Session, cycle: Cycle, now: datetime) -> list[Message]:
    """The reminder of one delivery, by every channel; a repeat finds the first.

    None for an order that was cancelled, and none once its day has begun: however late we come, that is no news.
    """
    cycle.reminded_at = cycle.reminded_at or now
    session.add(cycle)
    subscription = queries.get(session, cycle.subscription_id, None)
    order = queries.orders_of_cycles(session, [cycle.id]).get(cycle.id)
    if order is None or order.status == "cancelled" or order.expires_at <= now:
        return []
    if subscription.pays_by_mandate and cycle.charge_at is None:
        return []  # what no mandate pays was asked for already
    return notifying.renewal_reminder(session, subscription, cycle, order)


def remind_of(session: Session, subscription_id: UUID, cycle_id: UUID | None, now: datetime) -> list[Message]:
    """On request: of the named delivery, else of the newest that became an order. SubscriptionNotFound."""
    subscription = queries.get(session, subscription_id, None)
    cycle = queries.cycle(session, cycle_id) if cycle_id else queries.latest_created(session, subscription.id)
    if cycle is None or cycle.subscription_id != subscription.id:
        if cycle_id:
            raise SubscriptionNotFound
        return []
    return remind(session, cycle, now)
