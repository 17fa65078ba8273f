"""Until when a delivery can be changed, when it is announced and when it is charged."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payments.debit_rules import MIN_NOTICE, off_peak
from app.subscriptions.timing import LATE_NOTICE, MIN_SETTLE, ON_TIME, Instants, Timing, day_begins, instants, replan

INDIA = "Asia/Kolkata"
ZONES = [INDIA, "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"]
FRIDAY = date(2026, 12, 4)


def at(day: int, hour: int, minute: int = 0, zone: str = INDIA, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_a_mandate_is_announced_four_days_and_debited_two_days_before() -> None:
    assert instants(FRIDAY, "mandate", "morning", INDIA, Timing()) == Instants(
        edit_until=at(30, 6, month=11), notify_at=at(30, 6, month=11), charge_at=at(2, 6)
    )


def test_payment_at_the_door_can_be_changed_until_the_evening_before() -> None:
    planned = instants(FRIDAY, "cash_on_delivery", "morning", INDIA, Timing())
    assert planned == Instants(edit_until=at(3, 18))
    assert planned.plans_at == planned.edit_until


def test_a_store_may_have_habits_of_its_own() -> None:
    timing = Timing.of({"subscriptions": {"charge_days_before": 3, "charge_time": "05:30", "cutoff_time": "12:00"}, "else": 1})
    assert instants(FRIDAY, "mandate", "morning", INDIA, timing).charge_at == at(1, 5, 30)
    assert instants(FRIDAY, "cash_on_delivery", "morning", INDIA, timing).edit_until == at(3, 12)
    assert timing.notice_hours == Timing.notice_hours


@pytest.mark.parametrize("settings", [{}, {"subscriptions": {}}, {"subscriptions": {"catch_up": "skip"}}])
def test_what_a_store_does_not_say_is_the_default(settings: dict[str, Any]) -> None:
    assert Timing.of(settings) == Timing()


@pytest.mark.parametrize(
    "given",
    [
        {"charge_days_before": 1},
        {"charge_days_before": 15},
        {"charge_days_before": "2"},
        {"charge_days_before": 2.0},
        {"charge_days_before": True},
        {"charge_days_before": None},
        {"notice_hours": 24},
        {"notice_hours": 26},
        {"notice_hours": 169},
        {"cutoff_days_before": 0},
        {"charge_time": "25:00"},
        {"charge_time": 6},
        {"charge_time": None},
        {"cutoff_time": "18:00+05:30"},
        "06:00",
    ],
)
def test_habits_that_could_not_be_kept_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Timing.of({"subscriptions": given})
    assert next(iter(given if isinstance(given, dict) else ["subscriptions"])) in str(refused.value)


def test_wall_times_keep_their_hour_when_the_clocks_change() -> None:
    timing, zone = Timing(charge_days_before=2, charge_time=time(3, 30)), "Europe/Berlin"  # 25 October: an hour comes twice
    before, after = (instants(date(2026, 10, day), "mandate", "morning", zone, timing).charge_at for day in (26, 27))
    assert before == at(24, 3, 30, zone, month=10)
    assert after == at(25, 3, 30, zone, month=10)
    assert after - before == timedelta(hours=25)


def test_a_time_that_spring_leaves_out_is_an_hour_later() -> None:
    cutoff = instants(
        date(2026, 3, 30), "cash_on_delivery", "morning", "Europe/Berlin", Timing(cutoff_time=time(2, 30))
    ).edit_until
    assert cutoff == at(29, 3, 30, "Europe/Berlin", month=3)


def test_a_day_begins_at_its_first_instant_even_where_midnight_is_left_out() -> None:
    assert day_begins(date(2026, 3, 8), "America/Havana") == at(8, 1, 0, "America/Havana", month=3)
    assert day_begins(FRIDAY, INDIA) == at(3, 18, 30, "UTC")


def test_a_store_outside_india_still_debits_outside_indian_peaks() -> None:
    assert instants(FRIDAY, "mandate", "morning", "UTC", Timing()).charge_at == at(2, 13)  # 06:00 UTC is 11:30 there


PLANNED = instants(FRIDAY, "mandate", "morning", INDIA, Timing())
AT_DOOR = instants(FRIDAY, "cash_on_delivery", "morning", INDIA, Timing())


@pytest.mark.parametrize("now", [at(29, 6, month=11), at(30, 6, month=11), at(30, 7, month=11)])
def test_planning_on_time_keeps_what_was_promised(now: datetime) -> None:
    assert replan(PLANNED, FRIDAY, now, INDIA) == PLANNED


@pytest.mark.parametrize(
    ("now", "charge_at"),
    [
        (at(30, 7, 1, month=11), at(2, 6)),  # the notice is still long enough before the promised hour
        (at(1, 4), at(2, 6)),
        (at(1, 4, 1), at(2, 6, 1)),
        (at(1, 7), at(2, 9)),
        (at(1, 8), at(2, 13)),  # 10:00 is a peak
        (at(1, 16), at(2, 21, 30)),
        (at(1, 22), at(3, 0)),
    ],
)
def test_late_planning_announces_now_and_charges_as_soon_as_the_notice_allows(now: datetime, charge_at: datetime) -> None:
    assert replan(PLANNED, FRIDAY, now, INDIA) == Instants(edit_until=now, notify_at=now, charge_at=charge_at)


@pytest.mark.parametrize("now", [at(1, 22, 1), at(3, 12), at(4, 9), at(31, 0)])
def test_a_delivery_that_could_not_be_paid_before_its_day_is_missed(now: datetime) -> None:
    assert replan(PLANNED, FRIDAY, now, INDIA) is None


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (at(3, 18), AT_DOOR),
        (at(3, 19), AT_DOOR),
        (at(3, 19, 1), Instants(at(3, 19, 1))),
        (at(3, 23, 59), Instants(at(3, 23, 59))),
        (at(4, 0), None),
        (at(9, 0), None),
    ],
)
def test_payment_at_the_door_can_be_planned_until_the_day_begins(now: datetime, outcome: Instants | None) -> None:
    assert replan(AT_DOOR, FRIDAY, now, INDIA) == outcome


def test_a_cut_off_just_before_midnight_does_not_reach_into_the_day() -> None:
    planned = instants(FRIDAY, "cash_on_delivery", "morning", INDIA, Timing(cutoff_time=time(23, 45)))
    assert replan(planned, FRIDAY, at(4, 0, 15), INDIA) is None


wall_times = st.times().map(lambda wall_time: wall_time.replace(microsecond=0))
timings = st.builds(
    Timing,
    charge_days_before=st.integers(2, 14),
    charge_time=wall_times,
    notice_hours=st.integers(27, 168),
    cutoff_days_before=st.integers(1, 14),
    cutoff_time=wall_times,
)


@settings(max_examples=1500, deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.booleans(),
    st.sampled_from(ZONES),
    timings,
    st.timedeltas(timedelta(days=-3), timedelta(days=20)),
)
def test_ac14_no_plan_leaves_less_time_than_notice_and_bank_need(
    delivers_on: date, by_mandate: bool, zone: str, timing: Timing, late: timedelta
) -> None:
    planned = instants(delivers_on, "mandate" if by_mandate else "cash_on_delivery", "morning", zone, timing)
    begins_at = day_begins(delivers_on, zone)
    now = planned.plans_at + late
    outcome = replan(planned, delivers_on, now, zone)
    assert planned.plans_at < begins_at
    if late <= ON_TIME:
        assert outcome == planned or now >= begins_at
    if outcome is None:
        return
    assert now < begins_at
    assert outcome.edit_until >= planned.edit_until
    assert (outcome.charge_at is None) == (outcome.notify_at is None) == (not by_mandate)
    if outcome.charge_at:
        told_at = max(now, planned.plans_at)
        assert outcome.charge_at - told_at >= LATE_NOTICE > MIN_NOTICE["upi"]
        assert off_peak("upi", outcome.charge_at) == outcome.charge_at
        assert outcome == planned or outcome.charge_at + MIN_SETTLE <= begins_at
