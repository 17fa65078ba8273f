"""Which due times a schedule has: pure, and the only place where it is worked out.

Neither Celery's nor APScheduler's cron gives each local time once around a change of the clocks: hours are left out, or come
twice. Here a local date and time is a slot once. One that the clocks skip moves forward by the gap; of one that comes twice
the first counts; two that fall on the same instant, because of a gap, are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab_parser

from app.core.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MAX_INTERVAL_SECONDS = 366 * 86400


class RhythmInvalid(Invalid):
    """Minute, hour and weekday are crontab texts, 0 being Sunday; the zone is an IANA name; an interval is positive."""

    code = "rhythm_invalid"


@dataclass(frozen=True, order=True)
class Due:
    """A due time. Its key tells it apart from all others of its schedule, however often it is worked out."""

    at: datetime
    key: str


@dataclass(frozen=True)
class WallClock:
    """By the wall clock of a zone: every day of these weekdays, at these hours and minutes. Keys are local times."""

    times: tuple[time, ...]  # ascending
    weekdays: frozenset[int]  # 0 is Sunday
    zone: ZoneInfo

    def after(self, instant: datetime) -> Iterator[Due]:
        """Every due time after `instant`, in order, without end."""
        day, last = instant.astimezone(self.zone).date() - DAY, instant  # a gap may have moved one of yesterday's to today
        while True:
            if day.isoweekday() % 7 in self.weekdays:
                for due in self._of(day):
                    if due.at > last:
                        last = due.at
                        yield due
            day += DAY

    def _of(self, day: date) -> list[Due]:
        dues: dict[datetime, Due] = {}
        for at in self.times:
            local = datetime.combine(day, at, tzinfo=self.zone)
            due = Due(local.astimezone(UTC), f"{local:%Y-%m-%dT%H:%M}")
            dues[due.at] = due  # the later of two that a gap made one: it is the one on the wall
        return sorted(dues.values())


@dataclass(frozen=True)
class Every:
    """Every so many seconds, on the grid that began with 1970 in UTC. Keys are instants."""

    seconds: int

    def after(self, instant: datetime) -> Iterator[Due]:
        """Every due time after `instant`, in order, without end."""
        step = timedelta(seconds=self.seconds)
        at = EPOCH + ((instant - EPOCH) // step + 1) * step
        while True:
            yield Due(at, f"{at:%Y-%m-%dT%H:%M:%SZ}")
            at += step


Rhythm = WallClock | Every


def slots(rhythm: Rhythm, after: datetime, until: datetime) -> Iterator[Due]:
    """The due times in (after, until], in order. A year of hours takes some 30 ms."""
    return takewhile(lambda due: due.at <= until, rhythm.after(after))


def next_after(rhythm: Rhythm, instant: datetime) -> Due:
    """The first due time after `instant`: every rhythm has one."""
    return next(rhythm.after(instant))


@lru_cache(maxsize=256)
def wall_clock(minute: str, hour: str, weekday: str, zone: str) -> WallClock:
    """From crontab texts (`0`, `*/5`, `1,31`, `mon-fri`) and a zone. RhythmInvalid for what is none."""
    try:
        minutes, hours = crontab_parser(60).parse(minute), crontab_parser(24).parse(hour)
        weekdays = crontab_parser(7).parse(weekday)
        times = tuple(time(one_hour, one_minute) for one_hour in sorted(hours) for one_minute in sorted(minutes))
        return WallClock(times, frozenset(weekdays), ZoneInfo(zone))
    except (ParseException, ValueError, LookupError, OSError) as error:  # ZoneInfo raises the last three
        raise RhythmInvalid(f"{minute!r} {hour!r} {weekday!r} in {zone!r}: {error}") from None


def every(seconds: int) -> Every:
    """RhythmInvalid unless it is a second to a year."""
    if not 0 < seconds <= MAX_INTERVAL_SECONDS:
        raise RhythmInvalid(f"{seconds} is no interval: 1 to {MAX_INTERVAL_SECONDS} seconds")
    return Every(seconds)
