"""The months of accounts: when they begin and end in a store's zone, and when their statements are due. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AFTER = timedelta(hours=2)  # into the new month: what was begun before midnight is in the books by then


@dataclass(frozen=True)
class Month:
    """A calendar month in a store's zone: from one instant until just before another."""

    on: date
    from_at: datetime
    to_at: datetime

    @classmethod
    def of(cls, on: date, zone: str) -> "Month":
        first = on.replace(day=1)
        return cls(first, _begins(first, zone), _begins((first + timedelta(days=31)).replace(day=1), zone))

    @property
    def due_at(self) -> datetime:
        return self.to_at + AFTER

    @property
    def last_on(self) -> date:
        return (self.on + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def ended_month(now: datetime, zone: str) -> Month:
    """The last month whose statements are due at `now`."""
    today = (now - AFTER).astimezone(ZoneInfo(zone)).date()
    return Month.of(today.replace(day=1) - timedelta(days=1), zone)
