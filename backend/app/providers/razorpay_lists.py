"""Razorpay's lists: what happened on the account between two instants, whoever told us and whoever did not.

Pages are shifted by whatever is created meanwhile, so `to` is fixed: give an instant that has passed. A row may come twice
and is then the same. One entity that cannot be read is logged and left out, so that it does not hide all the others.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from app.core.errors import Unavailable
from app.core.logging import get_logger
from app.providers.razorpay_calling import MAX_LISTED, PROVIDER, Account, call
from app.providers.razorpay_facts import PaymentFacts, RefundFacts, read_payment, read_refund
from app.providers.razorpay_report_facts import (
    DisputeFacts,
    SettlementFacts,
    SettlementLineFacts,
    read_dispute,
    read_settlement,
    read_settlement_line,
)

EARLIEST, LATEST = 946684800, 4765046400  # what `from` and `to` may be, in Unix seconds; theirs
MAX_PAGES = 1000  # a hundred thousand entities: a longer range is asked for in parts
MAX_REPORTED = 1000  # lines on a page of the settlement report; theirs

T = TypeVar("T")
Ask = Callable[[dict[str, Any]], dict[str, Any]]

log = get_logger(__name__)


class Lists(Account):
    """What can be listed. Each yields page by page: a caller that stops early asks for no more."""

    def payments_between(self, from_: datetime, to: datetime) -> Iterator[PaymentFacts]:
        """Payments created in [from_, to], newest first."""
        return read_each("payments.list", _between(from_, to), MAX_LISTED, self._client.payment.all, read_payment)

    def refunds_between(self, from_: datetime, to: datetime) -> Iterator[RefundFacts]:
        """Refunds created in [from_, to], newest first, those made in the dashboard among them."""
        return read_each("refunds.list", _between(from_, to), MAX_LISTED, self._client.refund.all, read_refund)

    def disputes_between(self, from_: datetime, to: datetime) -> Iterator[DisputeFacts]:
        """Disputes opened in [from_, to]."""
        return read_each("disputes.list", _between(from_, to), MAX_LISTED, self._client.dispute.all, read_dispute)

    def settlements_between(self, from_: datetime, to: datetime) -> Iterator[SettlementFacts]:
        """Settlements created in [from_, to]."""
        return read_each("settlements.list", _between(from_, to), MAX_LISTED, self._client.settlement.all, read_settlement)

    def settlement_lines(self, year: int, month: int, day: int) -> list[SettlementLineFacts]:
        """Every payment, refund, transfer and adjustment that was settled on that day (of the provider, in India)."""
        query = {"year": year, "month": f"{month:02d}", "day": f"{day:02d}"}
        report = self._client.settlement.report
        return list(read_each("settlements.report", query, MAX_REPORTED, report, read_settlement_line))

    def fetch_settlement(self, settlement_id: str) -> SettlementFacts:
        return call("settlements.fetch", lambda: self._client.settlement.fetch(settlement_id), read_settlement)

    def fetch_dispute(self, dispute_id: str) -> DisputeFacts:
        return call("disputes.fetch", lambda: self._client.dispute.fetch(dispute_id), read_dispute)


def read_each(
    operation: str, query: Mapping[str, Any], count: int, ask: Ask, read: Callable[[dict[str, Any]], T]
) -> Iterator[T]:
    """All pages, until one is not full."""
    for page in range(MAX_PAGES):
        send = partial(ask, {**query, "count": count, "skip": page * count})
        items = call(operation, send, lambda collection: list(collection["items"]))
        for item in items:
            try:
                yield read(item)
            except (KeyError, TypeError, ValueError) as error:
                entity_id = item.get("id") if isinstance(item, Mapping) else None
                log.error("a listed entity cannot be read", provider=PROVIDER, entity_id=entity_id, error=repr(error))
        if len(items) < count:
            return
    raise Unavailable(f"{PROVIDER}: {operation} has more than {MAX_PAGES} pages; ask for a shorter range", reason="too_long")


def _between(from_: datetime, to: datetime) -> dict[str, int]:
    first, last = (min(max(int(at.timestamp()), EARLIEST), LATEST) for at in (from_, to))
    return {"from": first, "to": last}
