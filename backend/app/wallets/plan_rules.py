"""When a planned top-up is announced and debited. Pure: instants in, instants out; dates are the store's.

The bank's notice must have reached the customer before the debit, as for any debit under a mandate; nothing is delivered for
it, so it may be late by days.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.payments.debit_rules import MIN_NOTICE, off_peak

CHARGE_TIME: Final = time(6)  # off-peak in India, and before the day in which people see it
NOTICE: Final = timedelta(hours=48)  # what Razorpay recommends; the law says 24
LATE_NOTICE: Final[Mapping[str, timedelta]] = {method: least + timedelta(hours=1) for method, least in MIN_NOTICE.items()}
TRIED_FOR: Final = timedelta(days=7)  # four tries of a card fit in; then it is the customer's turn


def next_charge(day: int, zone: str, after: datetime) -> datetime:
    """The first debit on that day of a month that can still be announced in time."""
    on = after.astimezone(ZoneInfo(zone)).date().replace(day=day)
    while _charge(on, zone) - NOTICE < after:
        on = first_of_next_month(on).replace(day=day)
    return _charge(on, zone)


def charge_at(method: str, planned: datetime | None, now: datetime) -> datetime:
    """When to debit what is announced now: as planned, or as soon as the notice allows."""
    soonest = now + LATE_NOTICE[method]
    return off_peak(method, max(planned, soonest) if planned else soonest)


def month_of(at: datetime, zone: str) -> date:
    """The first day of the month in which that instant falls."""
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1)


def month_begins(month_on: date, zone: str) -> datetime:
    return datetime.combine(month_on, time(0), ZoneInfo(zone)).astimezone(UTC)


def first_of_next_month(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=31)).replace(day=1)


def _charge(on: date, zone: str) -> datetime:
    return off_peak("upi", datetime.combine(on, CHARGE_TIME, ZoneInfo(zone)).astimezone(UTC))
