"""The store that `rozana payments` is about, and the times people write."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.cli.choosing import find_store
from app.core import clock
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.stores import service as stores
from app.stores.service import Account, StoreFacts


@dataclass(frozen=True)
class Shop:
    """The store a command is about, its account at the provider, and its now."""

    facts: StoreFacts
    account: Account
    now: datetime

    def instant(self, text: str, *, is_end: bool = False) -> datetime:
        """Of a date its first instant, or as an end the first after it; Invalid for anything else than a time."""
        zone = ZoneInfo(self.facts.zone)
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise Invalid(f"{text!r} is no date and no instant") from error
        if len(text) == len("2026-11-20") and is_end:
            at += timedelta(days=1)
        return at if at.tzinfo else at.replace(tzinfo=zone)

    def span(self, from_: str, to: str) -> tuple[datetime, datetime]:
        first, last = self.instant(from_), min(self.instant(to, is_end=True), self.now) if to else self.now
        if first >= last:
            raise Invalid("the range ends before it begins")
        return first, last


def shop_of(slug: str) -> Shop:
    facts = stores.find_by_id(find_store(slug))
    with unit_of_work(facts.id) as session:
        return Shop(facts, stores.provider_account(session, "razorpay"), clock.now(facts))


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is no date") from error
