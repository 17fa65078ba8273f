"""On which dates a subscription delivers: tables for people, properties for every anchor."""

from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.subscriptions.errors import RuleInvalid
from app.subscriptions.rules import (
    MAX_EVERY,
    WEEKDAYS,
    Rule,
    first_on_or_after,
    is_occurrence,
    occurrence,
    occurrences,
    words,
)

TEN_YEARS = timedelta(days=3653)
KINDS = [
    Rule("daily"),
    Rule("every_n_days", every=3),
    Rule("every_n_days", every=365),
    Rule("weekdays", weekdays=("mon", "wed", "fri")),
    Rule("weekdays", weekdays=("sun",)),
    Rule("weekly"),
    Rule("weekly", every=2),
]
dates = st.dates(date(1999, 1, 1), date(2150, 12, 31))
weekday_lists = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(lambda days: sorted(days, key=WEEKDAYS.index))
rules = st.one_of(
    st.just({"kind": "daily"}),
    st.builds(lambda n: {"kind": "every_n_days", "every": n}, st.integers(1, MAX_EVERY)),
    st.builds(lambda days: {"kind": "weekdays", "weekdays": days}, weekday_lists),
    st.builds(lambda n: {"kind": "weekly", "every": n}, st.integers(1, MAX_EVERY)),
    st.builds(lambda day: {"kind": "monthly", "day": day}, st.integers(1, 31)),
).map(Rule.of)


def fits(rule: Rule, anchor: date, day: date) -> bool:
    """The same rule, said without any arithmetic of occurrences."""
    days = (day - anchor).days
    if rule.kind == "weekdays":
        return WEEKDAYS[day.weekday()] in rule.weekdays
    if rule.kind == "monthly":
        assert rule.day is not None
        is_last = (day + timedelta(days=1)).day == 1
        return day.day == rule.day or (is_last and day.day < rule.day)
    return days % (rule.every * 7 if rule.kind == "weekly" else rule.every) == 0


def brute_force(rule: Rule, anchor: date, until: date) -> list[date]:
    days = (anchor + timedelta(days=n) for n in range((until - anchor).days))
    return [day for day in days if fits(rule, anchor, day)]


@pytest.mark.parametrize("anchor_day", range(1, 32))
@pytest.mark.parametrize("rule", [*KINDS, None], ids=lambda rule: words(rule, date(2026, 1, 1)) if rule else "monthly")
def test_ac24_ten_years_of_occurrences_depend_only_on_the_anchor_and_their_number(rule: Rule | None, anchor_day: int) -> None:
    rule = rule or Rule("monthly", day=anchor_day)
    anchor = date(2026, 1, anchor_day)
    expected = brute_force(rule, anchor, anchor + TEN_YEARS)
    numbers = list(range(len(expected)))
    Random(anchor_day).shuffle(numbers)
    assert {k: occurrence(rule, anchor, k) for k in numbers} == dict(enumerate(expected))
    for k in numbers[:50]:
        assert first_on_or_after(rule, anchor, expected[k]) == k
        assert list(islice(occurrences(rule, anchor, expected[k]), 5))[: len(expected) - k] == expected[k : k + 5]


@settings(max_examples=600, deadline=None)
@given(rules, dates, st.integers(0, 1000))
@example(Rule("monthly", day=31), date(2024, 1, 31), 1)
@example(Rule("monthly", day=29), date(2023, 2, 28), 12)
@example(Rule("monthly", day=30), date(2026, 2, 28), 0)
def test_ac24_each_occurrence_fits_and_is_later_than_the_one_before(rule: Rule, anchor: date, k: int) -> None:
    this, following = occurrence(rule, anchor, k), occurrence(rule, anchor, k + 1)
    assert anchor <= this < following
    assert fits(rule, anchor, this)
    assert first_on_or_after(rule, anchor, this) == k
    assert first_on_or_after(rule, anchor, this + timedelta(days=1)) == k + 1
    assert is_occurrence(rule, anchor, this)


@settings(max_examples=400, deadline=None)
@given(rules, dates, st.integers(-40, 800))
def test_ac24_the_first_from_a_day_on_is_the_one_that_counting_finds(rule: Rule, anchor: date, ahead: int) -> None:
    day = anchor + timedelta(days=ahead)
    k = first_on_or_after(rule, anchor, day)
    assert occurrence(rule, anchor, k) >= day
    assert k == 0 or occurrence(rule, anchor, k - 1) < day
    assert k == sum(found < day for found in brute_force(rule, anchor, max(day, anchor)))
    assert is_occurrence(rule, anchor, day) == (day >= anchor and fits(rule, anchor, day))


def test_ac24_the_last_of_january_comes_back_after_a_short_month() -> None:
    rule = Rule("monthly", day=31)
    assert [occurrence(rule, date(2026, 1, 31), k) for k in range(5)] == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


@pytest.mark.parametrize(("year", "last"), [(2023, 28), (2024, 29), (2028, 29), (2096, 29), (2100, 28), (2400, 29)])
def test_ac24_february_has_its_last_day_in_every_kind_of_year(year: int, last: int) -> None:
    for day in (29, 30, 31):
        rule = Rule("monthly", day=day)
        assert occurrence(rule, date(year, 1, day), 1) == date(year, 2, min(day, last))
        assert occurrence(rule, date(year, 1, day), 2) == date(year, 3, day)


@pytest.mark.parametrize(
    ("rule", "anchor", "first"),
    [
        (Rule("weekdays", weekdays=("mon", "fri")), date(2026, 12, 4), date(2026, 12, 4)),  # a Friday
        (Rule("weekdays", weekdays=("mon", "fri")), date(2026, 12, 5), date(2026, 12, 7)),
        (Rule("monthly", day=5), date(2026, 12, 6), date(2027, 1, 5)),
        (Rule("monthly", day=31), date(2027, 2, 28), date(2027, 2, 28)),
        (Rule("monthly", day=31), date(2028, 2, 28), date(2028, 2, 29)),
        (Rule("weekly", every=2), date(2026, 12, 6), date(2026, 12, 6)),
    ],
)
def test_the_first_date_fits_the_rule_though_the_anchor_may_not(rule: Rule, anchor: date, first: date) -> None:
    assert occurrence(rule, anchor, 0) == first


@pytest.mark.parametrize("rule", [*KINDS, Rule("monthly", day=31)])
def test_dates_end_with_the_calendar(rule: Rule) -> None:
    last = date.max
    assert all(day <= last for day in occurrences(rule, date(9999, 11, 1), date(9999, 11, 1)))
    assert isinstance(is_occurrence(rule, date(9999, 12, 30), last), bool)
    with pytest.raises(OverflowError):
        occurrence(rule, last, 10**9)


def test_a_rule_whose_first_date_is_beyond_the_calendar_has_none() -> None:
    rule = Rule("monthly", day=1)
    assert list(occurrences(rule, date.max, date.max)) == []
    assert not is_occurrence(rule, date.max, date.max)


def test_there_is_no_occurrence_before_the_first() -> None:
    with pytest.raises(ValueError, match="0"):
        occurrence(Rule("daily"), date(2026, 1, 1), -1)


@given(rules)
def test_a_rule_survives_its_column(rule: Rule) -> None:
    assert Rule.of(rule.as_dict()) == rule
    assert Rule.of({"every": None, "weekdays": None, "day": None} | rule.as_dict()) == rule


def test_the_same_weekdays_in_another_order_are_the_same_rule() -> None:
    assert Rule.of({"kind": "weekdays", "weekdays": ["fri", "mon"]}) == Rule("weekdays", weekdays=("mon", "fri"))


def test_every_week_may_be_left_unsaid() -> None:
    assert Rule.of({"kind": "weekly"}) == Rule("weekly", every=1)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "kind"),
        ({"kind": "yearly"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["daily"]}, "kind"),
        ({"kind": "daily", "every": 2}, "every"),
        ({"kind": "daily", "at": "06:00"}, "at"),
        ({"kind": "every_n_days"}, "every"),
        ({"kind": "every_n_days", "every": 0}, "every"),
        ({"kind": "every_n_days", "every": 366}, "every"),
        ({"kind": "every_n_days", "every": True}, "every"),
        ({"kind": "every_n_days", "every": 2.0}, "every"),
        ({"kind": "every_n_days", "every": "2"}, "every"),
        ({"kind": "weekly", "every": -1}, "every"),
        ({"kind": "weekly", "weekdays": ["mon"]}, "weekdays"),
        ({"kind": "weekdays"}, "weekdays"),
        ({"kind": "weekdays", "weekdays": []}, "weekdays"),
        ({"kind": "weekdays", "weekdays": "mon"}, "weekdays"),
        ({"kind": "weekdays", "weekdays": ["monday"]}, "weekdays"),
        ({"kind": "weekdays", "weekdays": ["mon", "mon"]}, "weekdays"),
        ({"kind": "weekdays", "weekdays": ["mon", 1]}, "weekdays"),
        ({"kind": "weekdays", "weekdays": [["mon"]]}, "weekdays"),
        ({"kind": "monthly"}, "day"),
        ({"kind": "monthly", "day": 0}, "day"),
        ({"kind": "monthly", "day": 32}, "day"),
        ({"kind": "monthly", "day": True}, "day"),
        ({"kind": "monthly", "day": 1, "every": 1}, "every"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_with_what_would_be_allowed(members: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleInvalid) as refused:
        Rule.of(members)
    assert refused.value.facts["field"] == field
    assert "allowed" in refused.value.facts


FRIDAY = date(2026, 12, 4)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("daily"), "every day"),
        (Rule("every_n_days", every=1), "every day"),
        (Rule("every_n_days", every=3), "every 3 days"),
        (Rule("weekdays", weekdays=("mon", "wed", "fri")), "on Monday, Wednesday and Friday"),
        (Rule("weekdays", weekdays=("sat", "sun")), "on Saturday and Sunday"),
        (Rule("weekdays", weekdays=("tue",)), "every Tuesday"),
        (Rule("weekdays", weekdays=WEEKDAYS), "every day"),
        (Rule("weekly"), "every week on Friday"),
        (Rule("weekly", every=2), "every 2 weeks on Friday"),
        (Rule("monthly", day=5), "every month on day 5"),
        (Rule("monthly", day=28), "every month on day 28"),
        (Rule("monthly", day=31), "every month on day 31, or its last day"),
    ],
)
def test_a_rule_can_be_read_by_people(rule: Rule, said: str) -> None:
    assert words(rule, FRIDAY) == said
