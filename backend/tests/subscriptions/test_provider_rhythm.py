"""What the payment provider can keep for us, and when it charges for which delivery."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest

from app.subscriptions.provider_rhythm import LEAD_DAYS, ProviderPeriod, charge_on, most_cycles, plan_period
from app.subscriptions.rules import Rule, occurrences
from sandbox.razorpay.periods import edge
from sandbox.rendering import INDIA


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"kind": "daily"}, "more_often_than_weekly"),
        ({"kind": "every_n_days", "every": 6}, "more_often_than_weekly"),
        ({"kind": "every_n_days", "every": 7}, ProviderPeriod("daily", 7)),
        ({"kind": "every_n_days", "every": 10}, ProviderPeriod("daily", 10)),
        ({"kind": "weekdays", "weekdays": ["mon", "thu"]}, "several_weekdays"),
        ({"kind": "weekdays", "weekdays": ["fri"]}, ProviderPeriod("weekly", 1)),
        ({"kind": "weekly", "every": 2}, ProviderPeriod("weekly", 2)),
        ({"kind": "monthly", "day": 31}, ProviderPeriod("monthly", 1)),
    ],
)
def test_some_rhythms_can_be_expressed(rule: dict[str, Any], expected: object) -> None:
    assert plan_period(Rule.of(rule)) == expected


RULES = [
    *({"kind": "monthly", "day": day} for day in range(1, 32)),
    {"kind": "weekly", "every": 1},
    {"kind": "weekly", "every": 3},
    {"kind": "every_n_days", "every": 11},
    {"kind": "weekdays", "weekdays": ["sun"]},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_each_of_its_cycles_begins_before_one_delivery_and_after_the_last(rule: dict[str, Any]) -> None:
    """Four years with a leap day: what it works out from the first charge is what we work out from each delivery."""
    known, anchor = Rule.of(rule), date(2027, 1, 30)
    period = plan_period(known)
    assert isinstance(period, ProviderPeriod)
    delivered = list(islice(occurrences(known, anchor, anchor), 1 + 1500 // period.days))
    start = int(datetime.combine(charge_on(known, delivered[0]), time(0), INDIA).timestamp())
    for number, day in enumerate(delivered):
        charged = datetime.fromtimestamp(edge(start, period.period, period.every, number), UTC).astimezone(INDIA).date()
        assert charged == charge_on(known, day)
        assert timedelta(days=1) <= day - charged <= timedelta(days=LEAD_DAYS)


def test_an_agreement_without_an_end_lasts_ten_years() -> None:
    assert most_cycles(ProviderPeriod("weekly", 1)) == 521
    assert most_cycles(ProviderPeriod("monthly", 1)) == 121
