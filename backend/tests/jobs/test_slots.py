"""Each local date and time is a slot once, whatever the clocks do, and however one asks."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.core.slots import Due, Rhythm, RhythmInvalid, every, next_after, slots, wall_clock

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York")
HALF_HOURS = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
QUARTER = timedelta(minutes=15)


def asked_in_parts(rhythm: Rhythm, hours: float, after: datetime = YEAR[0], until: datetime = YEAR[1]) -> list[Due]:
    """As ticks ask that come every so many hours."""
    found: list[Due] = []
    while after < until:
        found += slots(rhythm, after, min(until, after + timedelta(hours=hours)))
        after += timedelta(hours=hours)
    return found


def walls(zone: str) -> dict[str, datetime]:
    """What a clock on the wall shows, every quarter of an hour of the year, and when first. No arithmetic of ours."""
    shown: dict[str, datetime] = {}
    at = YEAR[0]
    while at <= YEAR[1]:
        shown.setdefault(f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}", at)
        at += QUARTER
    return shown


@pytest.mark.parametrize("zone", ZONES)
def test_ac20_every_local_time_of_a_year_is_a_slot_once(zone: str) -> None:
    shown = walls(zone)
    skipped = 0
    for at in HALF_HOURS:
        found = asked_in_parts(wall_clock(str(at.minute), str(at.hour), "*", zone), 7)
        keys = [due.key for due in found]
        assert len(keys) == len(set(keys)) == 365
        assert {key[11:] for key in keys} == {f"{at:%H:%M}"}
        for due in found:
            if due.key in shown:
                assert due.at == shown[due.key], "of a time that comes twice the first counts"
            else:
                skipped += 1
                gap = due.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - datetime.fromisoformat(due.key)
                assert gap == timedelta(hours=1), "a time that the clocks skip moves forward by the gap"
    assert skipped == (0 if zone == "Asia/Kolkata" else 2), "an hour of the year is not on the wall"


@pytest.mark.parametrize("zone", ZONES)
def test_ac20_an_hourly_schedule_has_every_hour_that_the_wall_shows_once(zone: str) -> None:
    found = asked_in_parts(wall_clock("0", "*", "*", zone), 5)
    assert {due.key: due.at for due in found} == {
        key: at for key, at in walls(zone).items() if key.endswith(":00") and YEAR[0] < at <= YEAR[1]
    }
    assert [due.at for due in found] == sorted({due.at for due in found})


@pytest.mark.parametrize(
    ("zone", "before", "first", "second"),
    [
        ("Europe/Berlin", "2026-03-29T00:30", "2026-03-29T02:30", "2026-03-30T02:30"),
        ("America/New_York", "2026-03-08T00:30", "2026-03-08T02:30", "2026-03-09T02:30"),
        ("Australia/Lord_Howe", "2026-10-04T00:30", "2026-10-04T02:15", "2026-10-05T02:15"),  # half an hour forward
    ],
)
def test_the_slot_after_a_skipped_one_is_the_next_days(zone: str, before: str, first: str, second: str) -> None:
    minute = first[-2:]
    rhythm = wall_clock(minute, "2", "*", zone)
    one = next_after(rhythm, datetime.fromisoformat(before).replace(tzinfo=ZoneInfo(zone)))
    assert (one.key, next_after(rhythm, one.at).key) == (first, second)


def test_weekdays_are_local_and_sunday_is_0() -> None:
    rhythm = wall_clock("30", "0", "0", "Asia/Kolkata")
    (due,) = slots(rhythm, datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 7, tzinfo=UTC))
    assert due == Due(datetime(2026, 12, 5, 19, 0, tzinfo=UTC), "2026-12-06T00:30")


def test_intervals_lie_on_the_grid_of_utc_whenever_one_began_to_look() -> None:
    rhythm = every(300)
    found = list(slots(rhythm, datetime(2026, 5, 1, 10, 3, 7, tzinfo=UTC), datetime(2026, 5, 1, 10, 15, tzinfo=UTC)))
    assert [due.key for due in found] == ["2026-05-01T10:05:00Z", "2026-05-01T10:10:00Z", "2026-05-01T10:15:00Z"]


RHYTHMS = some.one_of(
    some.builds(every, some.integers(60, 100_000)),
    some.builds(
        wall_clock,
        some.sampled_from(["0", "15", "*/20", "1,31,59"]),
        some.sampled_from(["*", "0", "2", "1-3", "*/5"]),
        some.sampled_from(["*", "sun", "1-5"]),
        some.sampled_from([*ZONES, "UTC", "Australia/Lord_Howe", "America/Santiago"]),
    ),
)
MOMENTS = some.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=some.just(UTC))  # noqa: DTZ001 - UTC given beside


@given(RHYTHMS, MOMENTS, some.lists(some.integers(1, 100_000), min_size=1, max_size=30))
def test_asking_in_parts_gives_what_asking_at_once_gives(rhythm: Rhythm, start: datetime, parts: list[int]) -> None:
    def moments() -> Iterator[datetime]:
        at = start
        for part in [0, *parts]:
            at += timedelta(seconds=part)
            yield at

    whole = list(slots(rhythm, start, start + timedelta(seconds=sum(parts))))
    assert [due for one, other in pairwise(moments()) for due in slots(rhythm, one, other)] == whole
    assert len({due.key for due in whole}) == len(whole)
    if whole:
        assert next_after(rhythm, start) == whole[0]


@pytest.mark.parametrize(
    "texts",
    [
        ("60", "*", "*", "UTC"), ("*/0", "*", "*", "UTC"), ("", "*", "*", "UTC"), ("x", "*", "*", "UTC"),
        ("0", "24", "*", "UTC"),
        ("0", "*", "7", "UTC"), ("0", "*", "*", "Asia/Calicut"), ("0", "*", "*", "/etc/passwd"), ("0", "*", "*", "Europe"),
        ("0", "*", "*", ""),
    ],
)  # fmt: skip
def test_what_is_no_time_and_no_zone_is_refused(texts: tuple[str, str, str, str]) -> None:
    with pytest.raises(RhythmInvalid):
        wall_clock(*texts)


@pytest.mark.parametrize("seconds", [0, -1, 400 * 86400])
def test_an_interval_is_a_second_to_a_year(seconds: int) -> None:
    with pytest.raises(RhythmInvalid):
        every(seconds)
