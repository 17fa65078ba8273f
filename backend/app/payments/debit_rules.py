"""When a debit under a mandate may be sent: what RBI, NPCI and Razorpay ask for, as constants and one decision.

A debit that breaks one of these rules is refused at best and disputed at worst, so each is asked again before every try,
from facts, by `decide`. The instants are a store's; the hours are India's, whatever the store's zone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Final, Literal

from app.payments.debit_reasons import FINAL_REASONS

CURRENCY: Final = "INR"  # the e-mandate framework is about rupees; Razorpay takes nothing else for UPI
MAX_UNATTENDED_AMOUNT: Final = 1_500_000  # paise. RBI, E-mandate Framework 2026: above Rs 15,000 it takes the customer (AFA)
# RBI: the bank's notice reaches the customer at least 24 h before the debit. Razorpay takes none sooner than this after it.
MIN_NOTICE: Final[Mapping[str, timedelta]] = {"upi": timedelta(hours=25), "card": timedelta(hours=36, minutes=5)}
MAX_TRIES: Final = 4  # NPCI, 21 May 2025: one try and three more per UPI debit. Cards know no limit: the same one serves
RETRY_AFTER: Final[Mapping[str, timedelta]] = {
    "upi": timedelta(hours=6),  # ours: with the peaks waited out, four tries fit into a day
    "card": timedelta(hours=36),  # Razorpay, card FAQs: the same order at most once in 36 hours
}
LOOK_AT_NOTICE_AFTER: Final = timedelta(minutes=10)  # its webhook may be lost
LOOK_AT_DEBIT_AFTER: Final = timedelta(minutes=30)  # UPI takes up to 36 hours to tell; the event says it sooner

IST: Final = timezone(timedelta(hours=5, minutes=30), "IST")
PEAKS: Final = ((time(10), time(13)), (time(17), time(21, 30)))  # NPCI: no AutoPay debits meanwhile; the ends are free
PEAK_MARGIN: Final = timedelta(minutes=5)  # between our decision and the bank lie a queue and two networks

WaitReason = Literal[
    "earlier_debit_undecided", "notice_not_delivered", "notice_period", "promised_for_later", "retry_pause", "upi_peak"
]


@dataclass(frozen=True)
class DebitFacts:
    """All that the decision about one debit depends on. Amounts in paise."""

    method: str  # upi | card
    amount: int
    currency: str
    max_amount: int  # the mandate's
    mandate_status: str
    notified_amount: int  # what the notice says
    notice_status: str | None  # created | delivered | failed; None: not asked for yet
    notice_delivered_at: datetime | None
    payment_after: datetime | None  # what the notice promised: no debit before it
    tries: int  # of this debit, so far
    last_try_failed_at: datetime | None
    has_undecided: bool  # a debit of this mandate whose outcome nobody knows yet
    debit_before: datetime  # from then on the goods could not go out paid


@dataclass(frozen=True)
class Send:
    """Now."""


@dataclass(frozen=True)
class Wait:
    """Not now: decide again then."""

    until: datetime
    reason: WaitReason


@dataclass(frozen=True)
class GiveUp:
    """Never; the customer is asked to pay otherwise."""

    reason: str


def decide(facts: DebitFacts, now: datetime) -> Send | Wait | GiveUp:
    """Whether to debit now. Never waits for a moment at which the debit would be too late."""
    if facts.has_undecided:  # first: it may still succeed, so neither a second one nor giving up is right
        return Wait(off_peak(facts.method, now + LOOK_AT_DEBIT_AFTER), "earlier_debit_undecided")
    if reason := _never(facts):
        return GiveUp(reason)
    until, why = max(_limits(facts, now), key=lambda limit: limit[0])
    if off_peak(facts.method, until) > until:
        until, why = off_peak(facts.method, until), "upi_peak"
    if until >= facts.debit_before:
        return GiveUp("too_late")
    return Wait(until, why) if why else Send()


def next_try(method: str, tries_made: int, failed_at: datetime, reason: str, debit_before: datetime) -> datetime | None:
    """When a debit that failed is tried again; None: never."""
    if reason in FINAL_REASONS or tries_made >= MAX_TRIES:
        return None
    at = off_peak(method, failed_at + RETRY_AFTER[method])
    return at if at < debit_before else None


def off_peak(method: str, at: datetime) -> datetime:
    """The first instant from `at` on at which NPCI takes a debit. Cards have no peak hours."""
    local = at.astimezone(IST)
    for begin, end in PEAKS if method == "upi" else ():
        begins_at, ends_at = (datetime.combine(local.date(), hour, IST) for hour in (begin, end))
        if begins_at - PEAK_MARGIN <= local < ends_at:
            return ends_at.astimezone(at.tzinfo)
    return at


def _never(facts: DebitFacts) -> str | None:
    """Why no waiting would help."""
    if facts.mandate_status != "confirmed":
        return f"mandate_{facts.mandate_status}"
    if facts.currency != CURRENCY:
        return "currency_not_allowed"
    if facts.amount > min(facts.max_amount, MAX_UNATTENDED_AMOUNT):
        return "over_limit"
    if facts.notice_status == "failed":
        return "notice_failed"
    if facts.notified_amount != facts.amount:
        return "amount_not_notified"
    return "tries_used_up" if facts.tries >= MAX_TRIES else None


def _limits(facts: DebitFacts, now: datetime) -> Iterator[tuple[datetime, WaitReason | None]]:
    """Each thing to wait for; the last of them counts."""
    yield now, None
    if facts.notice_status != "delivered" or facts.notice_delivered_at is None:
        yield now + LOOK_AT_NOTICE_AFTER, "notice_not_delivered"
    else:
        yield facts.notice_delivered_at + MIN_NOTICE[facts.method], "notice_period"
    if facts.payment_after:
        yield facts.payment_after, "promised_for_later"
    if facts.last_try_failed_at:
        yield facts.last_try_failed_at + RETRY_AFTER[facts.method], "retry_pause"
