"""When a delivery can be changed, is announced and is charged: instants in UTC, worked out from wall times in the store's zone.

A delivery paid by mandate is planned days ahead: its notice must have reached the customer before the debit, and the debit
must be decided before the goods go out. What is planned is announced with its amount, so planning is also the end of changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.payments.debit_rules import off_peak
from app.subscriptions.coming import Shift
from app.subscriptions.provider_rhythm import LEAD_DAYS

ON_TIME = timedelta(hours=1)  # planning runs hourly: within that a plan is kept as it was promised
LATE_NOTICE = timedelta(hours=26)  # 24 h after the bank's notice (RBI), of which Razorpay makes 25; 1 h to deliver it
MIN_SETTLE = timedelta(hours=24)  # a UPI debit may stay undecided for 24 to 36 h: with less than that it is not even begun
MIN_NOTICE_HOURS = (LATE_NOTICE + ON_TIME) // timedelta(hours=1)
MAX_NOTICE_HOURS = 168  # a week ahead people have not decided yet
ASKED_FIRST = ("pay_link", "provider")  # somebody else has to do something before goods go out
MIN_CHARGE_DAYS, MAX_DAYS = 2, 14  # one day before, at whatever hour, would leave less than MIN_SETTLE


@dataclass(frozen=True)
class Timing:
    """A store's habits. By default a mandate is debited 42 h before the day of delivery begins."""

    charge_days_before: int = 2  # UPI needs up to 36 h to tell the outcome, and four tries fit in
    charge_time: time = time(6)  # off-peak in India, before the working day in which people see it
    notice_hours: int = 48  # what Razorpay recommends; the law says 24
    cutoff_days_before: int = 1  # not debited: the evening before the van is packed
    cutoff_time: time = time(18)
    evening_cutoff_days_before: int = 1  # of deliveries in the evening
    evening_cutoff_time: time = time(18)
    link_days_before: int = 2  # to be paid by link: two evenings to do it in

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Timing":
        """As `store.settings["subscriptions"]` says, defaults for the rest; ValueError for what could not be kept."""
        given = settings.get("subscriptions", {})
        if not isinstance(given, Mapping):
            raise ValueError(f"the settings of subscriptions are names and values, not {given!r}")
        return cls(
            charge_days_before=_whole(given, "charge_days_before", MIN_CHARGE_DAYS, MAX_DAYS),
            charge_time=_time(given, "charge_time"),
            notice_hours=_whole(given, "notice_hours", MIN_NOTICE_HOURS, MAX_NOTICE_HOURS),
            cutoff_days_before=_whole(given, "cutoff_days_before", 1, MAX_DAYS),
            cutoff_time=_time(given, "cutoff_time"),
            evening_cutoff_days_before=_whole(given, "evening_cutoff_days_before", 1, MAX_DAYS),
            evening_cutoff_time=_time(given, "evening_cutoff_time"),
            link_days_before=_whole(given, "link_days_before", 1, MAX_DAYS),
        )

    def cutoff(self, payment_method: str, shift: Shift) -> tuple[int, time]:
        """Until when a delivery that nobody debits can be changed: so many days before, at which time."""
        days, at = self.cutoff_days_before, self.cutoff_time
        if shift == "evening":
            days, at = self.evening_cutoff_days_before, self.evening_cutoff_time
        if payment_method in ASKED_FIRST:
            days = max(days, self.link_days_before)
        if payment_method == "provider":
            days = max(days, LEAD_DAYS + 1)  # before it charges
        return days, at


@dataclass(frozen=True)
class Instants:
    """Of one delivery. `notify_at` and `charge_at` are None where nothing is debited."""

    edit_until: datetime
    notify_at: datetime | None = None
    charge_at: datetime | None = None

    @property
    def plans_at(self) -> datetime:
        """When its order is made and its goods are reserved; with a mandate also when its notice goes out."""
        return self.edit_until


def instants(delivers_on: date, payment_method: str, shift: Shift, zone: str, timing: Timing) -> Instants:
    """As they are promised to the customer."""
    if payment_method != "mandate":
        days, at = timing.cutoff(payment_method, shift)
        return Instants(_at(delivers_on - timedelta(days=days), at, zone))
    charge_at = off_peak("upi", _at(delivers_on - timedelta(days=timing.charge_days_before), timing.charge_time, zone))
    notify_at = charge_at - timedelta(hours=timing.notice_hours)
    return Instants(notify_at, notify_at, charge_at)


def replan(planned: Instants, delivers_on: date, now: datetime, zone: str) -> Instants | None:
    """The instants when planning runs only `now`, be it late after a downtime; None: missed, and nobody is charged for it."""
    begins_at = day_begins(delivers_on, zone)
    if now >= begins_at:
        return None
    if now <= planned.plans_at + ON_TIME:
        return planned
    if planned.charge_at is None:
        return Instants(now)
    charge_at = off_peak("upi", max(planned.charge_at, now + LATE_NOTICE))
    return Instants(now, now, charge_at) if charge_at <= begins_at - MIN_SETTLE else None


def day_begins(day: date, zone: str) -> datetime:
    """The first instant of a local day: from then on its delivery may be on its way."""
    return _at(day, time(0), zone)


def _at(day: date, wall_time: time, zone: str) -> datetime:
    """UTC. A time that the clock leaves out in spring is taken an hour later, one that comes twice in autumn the first time."""
    return datetime.combine(day, wall_time, ZoneInfo(zone)).astimezone(UTC)


def _whole(given: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = given.get(name, getattr(Timing, name))
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}, not {value!r}")
    return value


def _time(given: Mapping[str, Any], name: str) -> time:
    if name not in given:
        return getattr(Timing, name)  # type: ignore[no-any-return]
    try:
        value = time.fromisoformat(given[name])
    except (TypeError, ValueError):
        value = None
    if value is None or value.tzinfo:
        raise ValueError(f"{name} is a time of the day in the store's zone, such as 06:00, not {given[name]!r}")
    return value
