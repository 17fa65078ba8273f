"""Which delivery comes next, and when it is planned: the one place that moves `next_on` and `plans_at`."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.stores.models import Store
from app.subscriptions import queries
from app.subscriptions.models import Subscription
from app.subscriptions.rules import occurrences
from app.subscriptions.timing import Instants, Timing, day_begins, instants


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

    def instants(self, subscription: Subscription, delivers_on: date) -> Instants:
        return instants(delivers_on, subscription.pays_by_mandate, self.zone, self.timing)

    def begins_at(self, day: date) -> datetime:
        return day_begins(day, self.zone)


def deliveries(subscription: Subscription, since: date) -> Iterator[date]:
    """The dates of its rule from `since` on, but for those of a pause that has an end."""
    begin = max(since, subscription.starts_on, subscription.paused_until or since)
    return occurrences(subscription.recurrence, subscription.anchor_on, begin)


def schedule(session: Session, subscription: Subscription, calendar: Calendar) -> None:
    """Set the next delivery that can still be changed, and when it will be planned. The subscription is locked."""
    since = calendar.today
    taken = queries.taken_days(session, [subscription.id], since)[subscription.id]
    for day in deliveries(subscription, since):
        if day not in taken and calendar.instants(subscription, day).edit_until > calendar.now:
            plan(subscription, calendar, day)
            return
    stop(subscription)


def advance(subscription: Subscription, calendar: Calendar, taken: Collection[date]) -> None:
    """From a delivery that was just decided to the one after it, due or not: none is passed over in silence."""
    done = subscription.next_on
    for day in deliveries(subscription, done or calendar.today):
        if day != done and day not in taken:
            plan(subscription, calendar, day)
            return
    stop(subscription)


def plan(subscription: Subscription, calendar: Calendar, day: date) -> None:
    subscription.next_on = day
    subscription.plans_at = calendar.instants(subscription, day).plans_at


def stop(subscription: Subscription) -> None:
    """Nothing is to come."""
    subscription.next_on = subscription.plans_at = None
