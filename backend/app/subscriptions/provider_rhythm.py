"""Which rhythms the payment provider can keep for us, and on which days it then charges.

It charges on days of its own: the same weekday, every so many days, or the same day of each month. Each delivery belongs to
the one charge that comes before it, early enough for the tries of a charge that fails (on the day and the three after it).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from app.subscriptions.rules import Rule

LEAD_DAYS: Final = 4  # from the charge to the delivery, at most: four tries, the last on the day before it
LAST_DAY: Final = 28  # that every month has; a later one would wander
LEAST_DAILY: Final = 7  # theirs
MAX_DAYS: Final = 3650  # of one agreement; then it is completed, and a new one is made
DAYS_IN_MONTH: Final = 30

Reason = Literal["more_often_than_weekly", "several_weekdays"]


@dataclass(frozen=True)
class ProviderPeriod:
    """As the provider calls it."""

    period: Literal["daily", "weekly", "monthly"]
    every: int

    @property
    def days(self) -> int:
        """How long one lasts, about."""
        return self.every * {"daily": 1, "weekly": 7, "monthly": DAYS_IN_MONTH}[self.period]


def plan_period(rule: Rule) -> ProviderPeriod | Reason:
    """The provider's words for the rule, or why it has none."""
    match rule.kind:
        case "monthly":
            return ProviderPeriod("monthly", 1)
        case "weekly":
            return ProviderPeriod("weekly", rule.every)
        case "weekdays":
            return ProviderPeriod("weekly", 1) if len(rule.weekdays) == 1 else "several_weekdays"
    every = rule.every if rule.kind == "every_n_days" else 1
    if every < LEAST_DAILY:
        return "more_often_than_weekly"
    return ProviderPeriod("daily", every)


def charge_on(rule: Rule, delivers_on: date) -> date:
    """On which day the provider charges for the delivery of that day: one to four days before. Monthly: always the same day."""
    if rule.day is None:
        return delivers_on - timedelta(days=LEAD_DAYS)
    if rule.day == 1:
        return (delivers_on - timedelta(days=1)).replace(day=LAST_DAY)
    return delivers_on.replace(day=min(max(rule.day - LEAD_DAYS, 1), LAST_DAY - 1))


def most_cycles(period: ProviderPeriod) -> int:
    """How many cycles an agreement without an end has."""
    return MAX_DAYS // period.days
