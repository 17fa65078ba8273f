"""On which dates a subscription delivers. A rule is data, and occurrence k depends only on the rule, its anchor and k.

So no date is worked out from the one before it: a month that is too short bends its own occurrence and no later one (from
31 January: 28 or 29 February, 31 March, 30 April), and a date that was skipped or missed moves no other. Occurrence 0 is
the first date, from the anchor on, that fits the rule. Beyond the year 9999 there are no dates: OverflowError.
"""

import calendar
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from itertools import count
from typing import Any, Final

from app.subscriptions.errors import RuleInvalid

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of `date.weekday`
MAX_EVERY = 365  # days or weeks; whoever waits longer than that has no subscription, or made a slip
MEMBERS: Final[dict[str, tuple[str, ...]]] = {  # what each kind takes beside `kind`
    "daily": (),
    "every_n_days": ("every",),
    "weekdays": ("weekdays",),
    "weekly": ("every",),  # every n weeks, on the anchor's weekday
    "monthly": ("day",),  # in a month without that day: its last one
}


@dataclass(frozen=True)
class Rule:
    """How often, without a date. What comes from outside enters by `of`, which lets nothing impossible in."""

    kind: str
    every: int = 1
    weekdays: tuple[str, ...] = ()  # in the order of the week
    day: int | None = None

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Rule":
        """The rule that a request or a column holds; RuleInvalid names the field and what it may be.

        A member that is None counts as left out.
        """
        given = {name: value for name, value in members.items() if value is not None}
        if (kind := given.pop("kind", None)) not in tuple(MEMBERS):
            raise RuleInvalid("There is no such kind of rule.", field="kind", allowed=list(MEMBERS))
        takes = MEMBERS[kind]
        for name in given:
            if name not in takes:
                raise RuleInvalid(f"A rule of kind {kind} takes no {name}.", field=name, allowed=list(takes))
        if kind == "weekly":
            given.setdefault("every", 1)
        return cls(
            kind,
            every=_whole("every", MAX_EVERY, given) if "every" in takes else 1,
            weekdays=_weekdays(given) if "weekdays" in takes else (),
            day=_whole("day", 31, given) if "day" in takes else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """What `of` reads: the kind, and the members that it takes."""
        values = {"every": self.every, "weekdays": list(self.weekdays), "day": self.day}
        return {"kind": self.kind} | {name: values[name] for name in MEMBERS[self.kind]}


def occurrence(rule: Rule, anchor: date, k: int) -> date:
    """The date of occurrence k, counted from 0."""
    if k < 0:
        raise ValueError("the first occurrence has the number 0")
    if rule.day is not None:
        return _day_in_month(_first_month(rule.day, anchor) + k, rule.day)
    turn_days, offsets = _turn(rule, anchor)
    turn, place = divmod(k, len(offsets))
    return anchor + timedelta(days=turn * turn_days + offsets[place])


def first_on_or_after(rule: Rule, anchor: date, day: date) -> int:
    """The number of the first occurrence that is not before `day`."""
    if day <= anchor:
        return 0
    if rule.day is not None:
        month = _month(day)
        is_over = _day_in_month(month, rule.day) < day
        return max(0, month + is_over - _first_month(rule.day, anchor))
    turn_days, offsets = _turn(rule, anchor)
    turn, rest = divmod((day - anchor).days, turn_days)
    return turn * len(offsets) + bisect_left(offsets, rest)


def occurrences(rule: Rule, anchor: date, since: date) -> Iterator[date]:
    """All of them from `since` on, until the calendar ends."""
    with suppress(OverflowError):
        for k in count(first_on_or_after(rule, anchor, since)):
            yield occurrence(rule, anchor, k)


def is_occurrence(rule: Rule, anchor: date, day: date) -> bool:
    return next(occurrences(rule, anchor, day), None) == day


def words(rule: Rule, anchor: date) -> str:
    """The rule for people, as the end of a sentence: `every 2 weeks on Friday`."""
    if rule.day is not None:
        return f"every month on day {rule.day}" + (", or its last day" if rule.day > 28 else "")
    if rule.kind == "weekdays" and len(rule.weekdays) < len(WEEKDAYS):
        *first, last = (calendar.day_name[WEEKDAYS.index(weekday)] for weekday in rule.weekdays)
        return f"on {', '.join(first)} and {last}" if first else f"every {last}"
    unit = "week" if rule.kind == "weekly" else "day"
    often = f"every {unit}" if rule.every == 1 else f"every {rule.every} {unit}s"
    return f"{often} on {calendar.day_name[anchor.weekday()]}" if rule.kind == "weekly" else often


def _turn(rule: Rule, anchor: date) -> tuple[int, list[int]]:
    """A rule that counts days repeats itself: after how many days, and on which of them, counted from the anchor."""
    if rule.kind == "weekdays":
        return 7, sorted((WEEKDAYS.index(weekday) - anchor.weekday()) % 7 for weekday in rule.weekdays)
    return rule.every * (7 if rule.kind == "weekly" else 1), [0]


def _month(day: date) -> int:
    """Months are counted through the years: their difference is a number of months."""
    return day.year * 12 + day.month - 1


def _first_month(wanted_day: int, anchor: date) -> int:
    month = _month(anchor)
    return month if _day_in_month(month, wanted_day) >= anchor else month + 1


def _day_in_month(month: int, wanted_day: int) -> date:
    year, month_before = divmod(month, 12)
    if year > MAXYEAR:
        raise OverflowError("date value out of range")
    return date(year, month_before + 1, min(wanted_day, calendar.monthrange(year, month_before + 1)[1]))


def _whole(field: str, most: int, given: Mapping[str, Any]) -> int:
    value = given.get(field)
    if type(value) is not int or not 1 <= value <= most:  # not isinstance: True is no number of days
        raise RuleInvalid(f"`{field}` is a whole number from 1 to {most}.", field=field, allowed=f"1 to {most}")
    return value


def _weekdays(given: Mapping[str, Any]) -> tuple[str, ...]:
    named = given.get("weekdays") or []
    ordered = tuple(weekday for weekday in WEEKDAYS if isinstance(named, list | tuple) and weekday in named)
    if not ordered or len(ordered) < len(named):  # one that is unknown, or named twice
        raise RuleInvalid("`weekdays` names at least one weekday, each once.", field="weekdays", allowed=list(WEEKDAYS))
    return ordered
