"""When the cycles of a subscription begin: the first at its start, the others at midnight in India."""

import calendar
from datetime import date, datetime, time, timedelta

from sandbox.rendering import INDIA

LEAST_DAILY = 7  # a daily plan charges every seventh day at most
DAYS = {"daily": 1, "weekly": 7}
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
PERIODS = (*DAYS, *MONTHS)
IN_WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}


def edge(start: int, period: str, interval: int, number: int) -> int:
    """Unix seconds at which cycle `number` (from 0) begins; each depends on the start alone, so the 31st comes back."""
    if number == 0:
        return start
    first = datetime.fromtimestamp(start, INDIA).date()
    steps = number * interval
    day = first + timedelta(days=DAYS[period] * steps) if period in DAYS else _months_later(first, MONTHS[period] * steps)
    return int(datetime.combine(day, time.min, INDIA).timestamp())


def in_words(period: str, interval: int) -> str:
    word = IN_WORDS[period]
    return f"every {word}" if interval == 1 else f"every {interval} {word}s"


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
