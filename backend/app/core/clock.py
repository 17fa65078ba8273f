"""The only source of now: `machine_now` for leases, tokens, limits and retries; `now` and `today` for what a shop means."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class StoreClock(Protocol):
    """What a store tells about its time: its zone, and in test mode how far its own clock runs ahead."""

    @property
    def zone(self) -> str: ...
    @property
    def clock_offset_seconds(self) -> int: ...


def machine_now() -> datetime:
    """The machine's clock, aware, UTC."""
    return datetime.now(UTC)


def now(store: StoreClock) -> datetime:
    """The store's present instant, UTC: the machine's, shifted by the test clock's running offset (0 in live mode)."""
    return machine_now() + timedelta(seconds=store.clock_offset_seconds)


def today(store: StoreClock) -> date:
    """The store's business date: the calendar date of `now` in the store's zone."""
    return now(store).astimezone(ZoneInfo(store.zone)).date()
