"""Tell customers what is coming and what it costs, when it has become an order: a day or more before anything is charged."""

from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.logging import get_logger
from app.notifications.models import Message
from app.subscriptions import notifying, queries
from app.subscriptions.errors import SubscriptionNotFound
from app.subscriptions.models import Cycle

log = get_logger(__name__)

CHUNK = 200


def remind_due(session: Session, now: datetime) -> int:
    """Queue the reminders of a chunk of deliveries, once each; how many deliveries. Call again until it is 0."""
    cycles = queries.lock_unreminded(session, CHUNK)
    for cycle in cycles:
        try:
            with session.begin_nested():
                remind(session, cycle, now)
        except (OperationalError, SoftTimeLimitExceeded):  # the database is away, or the time is over
            raise
        except Exception as error:  # one that makes trouble keeps no other customer from hearing
            log.error("reminder_not_queued", cycle_id=str(cycle.id), exc_info=error)
            cycle.reminded_at = now
            record(session, SYSTEM, "cycle.reminder_failed", cycle, cause=type(error).__name__)
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
    if cycle.charge_at is None and (subscription.pays_by_mandate or order.status == "pending_payment"):
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
