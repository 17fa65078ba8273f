"""What is agreed, changed from a day on: what was changed for later stays, and nothing but a rule moves a date."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import takewhile
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.subscriptions.amending import Amendment, Swap, amend, take_back
from app.subscriptions.coming import Agreed, Item, Plan, days
from app.subscriptions.errors import LinesInvalid, NotInSubscription
from app.subscriptions.rules import Rule

BEGIN = date(2026, 12, 1)
MILK, CURD, GHEE = uuid4(), uuid4(), uuid4()
HOME, AUNT = uuid4(), uuid4()
FIRST = Agreed(BEGIN, Rule("daily"), BEGIN, HOME, [Item(MILK, 1, {"sun": 2}), Item(CURD, 1)])


def on(day: int) -> date:
    return BEGIN + timedelta(days=day)


def said(agreed: Sequence[Agreed]) -> list[tuple[int, dict[UUID, int], UUID, str]]:
    """From which day on, how many of what on a Tuesday, where to, in which shift."""
    return [
        ((one.from_on - BEGIN).days, {item.variant_id: item.quantity for item in one.items}, one.address_id, one.shift)
        for one in agreed
    ]


def test_what_was_changed_for_later_stays_and_follows_in_all_else() -> None:
    two_later = amend([FIRST], on(20), Amendment(items=[Item(MILK, 2)]))
    moved = amend(two_later, on(10), Amendment(address_id=AUNT, shift="evening", items=[Item(GHEE, 1)]))
    assert said(moved) == [
        (0, {MILK: 1, CURD: 1}, HOME, "morning"),
        (10, {MILK: 1, CURD: 1, GHEE: 1}, AUNT, "evening"),
        (20, {MILK: 2, CURD: 1, GHEE: 1}, AUNT, "evening"),
    ]
    assert take_back(moved, on(10)) == two_later
    assert said(take_back(moved, on(20))) == said(moved)[:2]
    assert take_back(moved, on(15)) == moved
    assert take_back(moved, BEGIN) == moved


def test_a_change_on_a_day_that_has_one_joins_it_and_one_made_again_is_none() -> None:
    once = amend([FIRST], on(10), Amendment(items=[Item(MILK, 3)]))
    both = amend(once, on(10), Amendment(items=[Item(CURD, 0)]))
    assert said(both) == [(0, {MILK: 1, CURD: 1}, HOME, "morning"), (10, {MILK: 3}, HOME, "morning")]
    assert amend(both, on(10), Amendment(items=[Item(CURD, 0)])) == both
    assert amend(both, on(12), Amendment(items=[Item(MILK, 3)])) == both
    assert amend(both, on(10), Amendment(items=[Item(MILK, 1, {"sun": 2}), Item(CURD, 1)])) == [FIRST]
    before_it_begins = amend([FIRST], on(-5), Amendment(shift="evening"))
    assert before_it_begins == [replace(FIRST, shift="evening")]


def test_a_swap_goes_on_in_what_was_changed_for_later() -> None:
    two_later = amend([FIRST], on(20), Amendment(items=[Item(MILK, 2)]))
    swapped = amend(two_later, on(10), Amendment(swap=Swap(MILK, GHEE)))
    assert said(swapped) == [
        (0, {MILK: 1, CURD: 1}, HOME, "morning"),
        (10, {GHEE: 1, CURD: 1}, HOME, "morning"),
        (20, {GHEE: 2, CURD: 1}, HOME, "morning"),
    ]
    assert swapped[1].on(date(2026, 12, 13)) == {GHEE: 2, CURD: 1}  # a Sunday, as of the other
    assert amend(swapped, on(10), Amendment(swap=Swap(MILK, GHEE))) == swapped
    with pytest.raises(NotInSubscription):
        amend([FIRST], on(10), Amendment(swap=Swap(GHEE, uuid4())))
    with pytest.raises(LinesInvalid):
        amend([FIRST], on(10), Amendment(swap=Swap(MILK, CURD)))


pieces = st.integers(0, 3)
changes = st.builds(
    Amendment,
    items=st.lists(st.builds(Item, st.sampled_from([MILK, GHEE]), pieces), max_size=1),
    address_id=st.sampled_from([None, HOME, AUNT]),
    shift=st.sampled_from([None, "morning", "evening"]),
)
rhythms = st.sampled_from(
    [Rule("daily"), Rule("every_n_days", every=3), Rule("weekdays", weekdays=("mon", "fri")), Rule("weekly")]
)


@settings(max_examples=150, deadline=None)
@given(rhythms, st.lists(st.tuples(st.integers(0, 60), changes), max_size=6))
def test_ac27_no_change_but_of_the_rule_moves_a_date(rule: Rule, made: list[tuple[int, Amendment]]) -> None:
    agreed = [replace(FIRST, rule=rule)]
    for from_on, wanted in made:
        agreed = amend(agreed, on(from_on), wanted)
        assert [one.from_on for one in agreed] == sorted({one.from_on for one in agreed})
        assert {(one.rule, one.anchor_on) for one in agreed} == {(rule, BEGIN)}
    until = on(90)

    def dates(plan: Plan) -> list[date]:
        return [day.delivers_on for day in takewhile(lambda day: day.delivers_on < until, days(plan, BEGIN))]

    assert dates(Plan(agreed)) == dates(Plan([replace(FIRST, rule=rule)]))


@settings(max_examples=100, deadline=None)
@given(rhythms, st.lists(st.tuples(st.integers(0, 40), st.sampled_from([None, MILK, CURD])), max_size=8))
def test_ac27_leaving_out_a_delivery_or_one_thing_of_it_changes_no_other_day(
    rule: Rule, skipped: list[tuple[int, UUID | None]]
) -> None:
    agreed = [replace(FIRST, rule=rule)]
    wishes: dict[date, dict[UUID | None, int]] = {}
    for day, variant_id in skipped:
        wishes.setdefault(on(day), {})[variant_id] = 0

    def seen(plan: Plan) -> dict[date, object]:
        return {day.delivers_on: day for day in takewhile(lambda day: day.delivers_on < on(60), days(plan, BEGIN))}

    usual, wished = seen(Plan(agreed)), seen(Plan(agreed, wishes=wishes))
    assert list(wished) == list(usual)
    assert {day: one for day, one in wished.items() if day not in wishes} == {
        day: one for day, one in usual.items() if day not in wishes
    }


@settings(max_examples=50, deadline=None)
@given(rhythms, st.integers(0, 30), changes)
def test_a_change_taken_back_leaves_nothing_behind(rule: Rule, from_on: int, wanted: Amendment) -> None:
    before = amend([replace(FIRST, rule=rule)], on(40), Amendment(items=[Item(CURD, 3)]))
    assert take_back(amend(before, on(1 + from_on), wanted), on(1 + from_on)) == before
