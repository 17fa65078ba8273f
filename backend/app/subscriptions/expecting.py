"""What should have been decided by now, worked out from what is agreed: the watchdog's side of the billing run.

It shares nothing with the run but the one function that says what comes on which day: it never reads `next_on` or `plans_at`,
so it also notices a subscription whose next day was lost, and a query of due deliveries that returns nothing.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.catalog.models import Product, Variant
from app.core.bulk import among
from app.subscriptions import coming, plan_queries
from app.subscriptions.coming import Plan
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar

GRACE = timedelta(minutes=10)  # for the run to get that far
LOOK_BACK = timedelta(days=7)
AT_ONCE = 1000
BEGINNINGS = ("started", "activated", "resumed", "reactivated", "retried")  # what could not be changed any more by then is lost


class Missing(NamedTuple):
    """A delivery without an outcome, and the run that should have decided it."""

    subscription_id: UUID
    delivers_on: date
    expected_at: datetime


def missing(session: Session, calendar: Calendar, after: UUID | None) -> tuple[list[Missing], UUID | None]:
    """Of so many live subscriptions with ids above `after`: what is missing, and where to go on; None: that was the last."""
    live = select(Subscription).where(col(Subscription.status).in_(("active", "paused")), col(Subscription.held_at).is_(None))
    if after is not None:
        live = live.where(col(Subscription.id) > after)
    found = session.exec(live.order_by(col(Subscription.id)).limit(AT_ONCE)).all()
    plans = plan_queries.plans(session, found, calendar.today - LOOK_BACK)
    begun = _begun(session, [one.id for one in found])
    patient = _patient(session)
    lost = [gap for one in found for gap in _of(one, plans[one.id], calendar, begun.get(one.id, one.started_at), patient)]
    return lost, found[-1].id if len(found) == AT_ONCE else None


def _of(
    subscription: Subscription, plan: Plan, calendar: Calendar, begun_at: datetime, patient: Collection[UUID]
) -> Iterator[Missing]:
    if subscription.status == "paused" and subscription.paused_until is None:
        return
    since = max(calendar.today - LOOK_BACK, subscription.starts_on, subscription.paused_until or subscription.starts_on)
    for day in coming.days(plan, since):
        times = calendar.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
        expected_at = run_after(times.plans_at)
        if expected_at + GRACE > calendar.now:
            return
        waits = any(one in patient for one in day.quantities) and calendar.now < calendar.begins_at(day.delivers_on)
        if times.edit_until > begun_at and not waits:
            yield Missing(subscription.id, day.delivers_on, expected_at)


def run_after(instant: datetime) -> datetime:
    """The hourly run that decides what may be planned from then on."""
    hour = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if hour == instant else hour + timedelta(hours=1)


def _begun(session: Session, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Since when, last, each of them delivers."""
    statement = columns(col(AuditEntry.object_id), func.max(col(AuditEntry.happened_at))).where(
        among(col(AuditEntry.object_id), ids), col(AuditEntry.action).in_([f"subscription.{one}" for one in BEGINNINGS])
    )
    return {row[0]: row[1] for row in session.execute(statement.group_by(col(AuditEntry.object_id))) if row[1]}


def _patient(session: Session) -> set[UUID]:
    """What waits for stock as long as it may."""
    statement = columns(col(Variant.id)).join(Product, col(Product.id) == col(Variant.product_id))
    return set(session.scalars(statement.where(col(Product.shortage_policy) == "backorder")))
