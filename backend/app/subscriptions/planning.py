"""Which delivery comes next, and when it is planned: the one place that moves `next_on` and `plans_at`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.stores.models import Store
from app.subscriptions import coming, plan_queries
from app.subscriptions.coming import Day, Plan, Shift
from app.subscriptions.models import Subscription
from app.subscriptions.timing import Instants, Timing, day_begins, instants

NEXT_LOOK = timedelta(hours=1)  # what waits for stock is looked at by the run after this one


@dataclass(frozen=True)
class Calendar:
    """A store's time as its subscriptions see it."""

    zone: str
    timing: Timing
    now: datetime

    @classmethod
    def of(cls, store: Store, now: datetime) -> "Calendar":
        return cls(store.zone, Timing.of(store.settings), now)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def instants(self, payment_method: str, delivers_on: date, shift: Shift = "morning") -> Instants:
        return instants(delivers_on, payment_method, shift, self.zone, self.timing)

    def local(self, wall_time: datetime) -> datetime:
        """The instant of a time that was named without a zone: the store's is meant."""
        return wall_time if wall_time.tzinfo else wall_time.replace(tzinfo=ZoneInfo(self.zone))

    def begins_at(self, day: date) -> datetime:
        return day_begins(day, self.zone)


def deliveries(subscription: Subscription, plan: Plan, since: date) -> Iterator[Day]:
    """The undecided days of its rule from `since` on, left out or not, but for those of a pause that has an end."""
    return coming.days(plan, max(since, subscription.paused_until or since))


def schedule(session: Session, subscription: Subscription, calendar: Calendar, plan: Plan | None = None) -> None:
    """Set the next delivery that can still be changed, and when it will be planned. The subscription is locked."""
    session.flush()
    known = plan or plan_queries.plan(session, subscription, calendar.today)
    for day in deliveries(subscription, known, calendar.today):
        if _instants(subscription, calendar, day).edit_until > calendar.now:
            _set(subscription, calendar, day)
            return
    _finish(session, subscription, calendar)


def following(plan: Plan, done: date, *, is_delivered: bool) -> Day | None:
    """The delivery after one that was just decided, due or not: none is passed over in silence. None: nothing is to come.

    `plan` is older than the decision: `is_delivered` says whether that counts towards an end by number.
    """
    if is_delivered and plan.left is not None:
        plan = replace(plan, left=plan.left - 1)
    return next(coming.days(plan, done + timedelta(days=1)), None)


def stop(subscription: Subscription) -> None:
    """Nothing is to come."""
    subscription.next_on = subscription.plans_at = None


def ended(ends_on: date | None, ends_after: int | None, cancel_reason: str | None) -> Literal["completed", "cancelled"] | None:
    """What becomes of a subscription when nothing is to come any more; None: no end was agreed, it just waits."""
    if ends_on is None and ends_after is None:
        return None
    return "completed" if cancel_reason is None else "cancelled"


def _finish(session: Session, subscription: Subscription, calendar: Calendar) -> None:
    """Nothing is to come; where an end was agreed, it has come with that."""
    stop(subscription)
    wanted = ended(subscription.ends_on, subscription.ends_after, subscription.cancel_reason)
    if wanted is None or subscription.status not in ("active", "paused"):
        return
    before = subscription.move(wanted)
    subscription.paused_until = None
    if subscription.status == "cancelled":
        subscription.cancelled_at = calendar.now
    cause = subscription.cancel_reason or "its last delivery is decided"
    changes = {"status": [before, subscription.status]}
    record(session, SYSTEM, f"subscription.{subscription.status}", subscription, changes, cause=cause)


def _set(subscription: Subscription, calendar: Calendar, day: Day) -> None:
    subscription.next_on = day.delivers_on
    subscription.plans_at = _instants(subscription, calendar, day).plans_at


def _instants(subscription: Subscription, calendar: Calendar, day: Day) -> Instants:
    return calendar.instants(subscription.payment_method, day.delivers_on, day.agreed.shift)
