"""When a debit under a mandate may be sent: each rule of RBI, NPCI and Razorpay, and what can never happen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payments.debit_reasons import FINAL_REASONS, MANDATE_REASONS, bank_says
from app.payments.debit_rules import (
    IST,
    MAX_TRIES,
    MAX_UNATTENDED_AMOUNT,
    MIN_NOTICE,
    PEAKS,
    RETRY_AFTER,
    DebitFacts,
    GiveUp,
    Send,
    Wait,
    decide,
    next_try,
    off_peak,
)

DAY = datetime(2026, 12, 2, tzinfo=IST)
MORNING = DAY.replace(hour=6)
FACTS = DebitFacts(
    method="upi",
    amount=49_900,
    currency="INR",
    max_amount=100_000,
    mandate_status="confirmed",
    notified_amount=49_900,
    notice_status="delivered",
    notice_delivered_at=MORNING - timedelta(hours=47),
    payment_after=MORNING,
    tries=0,
    last_try_failed_at=None,
    has_undecided=False,
    debit_before=DAY + timedelta(days=2),
)


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.replace(hour=hour, minute=minute)


def is_peak(instant: datetime) -> bool:
    return any(begin <= instant.astimezone(IST).time() < end for begin, end in PEAKS)


def test_a_confirmed_notified_debit_within_its_limits_is_sent() -> None:
    assert decide(FACTS, MORNING) == Send()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mandate_status": "paused"}, "mandate_paused"),
        ({"mandate_status": "cancelled"}, "mandate_cancelled"),
        ({"mandate_status": "expired"}, "mandate_expired"),
        ({"mandate_status": "pending"}, "mandate_pending"),
        ({"currency": "USD"}, "currency_not_allowed"),
        ({"max_amount": 49_899}, "over_limit"),
        (
            {"amount": MAX_UNATTENDED_AMOUNT + 1, "notified_amount": MAX_UNATTENDED_AMOUNT + 1, "max_amount": 9_999_900},
            "over_limit",
        ),
        ({"notified_amount": 49_800}, "amount_not_notified"),
        ({"notified_amount": 50_000}, "amount_not_notified"),
        ({"notice_status": "failed", "notice_delivered_at": None}, "notice_failed"),
        ({"tries": MAX_TRIES}, "tries_used_up"),
        ({"debit_before": MORNING}, "too_late"),
        ({"payment_after": DAY + timedelta(days=2)}, "too_late"),
        ({"notice_delivered_at": MORNING, "debit_before": MORNING + MIN_NOTICE["upi"]}, "too_late"),
        ({"notice_status": "created", "notice_delivered_at": None, "debit_before": at(6, 10)}, "too_late"),
        ({"last_try_failed_at": MORNING, "tries": 1, "debit_before": at(12, 59)}, "too_late"),
    ],
)
def test_what_no_waiting_would_cure_is_given_up(change: dict[str, object], reason: str) -> None:
    assert decide(replace(FACTS, **change), MORNING) == GiveUp(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "now", "until", "reason"),
    [
        ({"has_undecided": True}, at(6), at(6, 30), "earlier_debit_undecided"),
        ({"has_undecided": True}, at(9, 40), at(13), "earlier_debit_undecided"),
        ({"has_undecided": True, "mandate_status": "paused"}, at(6), at(6, 30), "earlier_debit_undecided"),
        ({"has_undecided": True, "debit_before": at(6)}, at(6), at(6, 30), "earlier_debit_undecided"),
        ({"notice_status": "created", "notice_delivered_at": None}, at(6), at(6, 10), "notice_not_delivered"),
        ({"notice_status": None, "notice_delivered_at": None}, at(6), at(6, 10), "notice_not_delivered"),
        ({"notice_delivered_at": at(4) - timedelta(days=1)}, at(3), at(6), "promised_for_later"),
        ({"notice_delivered_at": at(8) - timedelta(days=1)}, at(6), at(9), "notice_period"),
        ({"notice_delivered_at": at(11) - timedelta(days=1)}, at(6), at(13), "upi_peak"),
        ({"payment_after": at(16)}, at(6), at(16), "promised_for_later"),
        ({"payment_after": at(18)}, at(6), at(21, 30), "upi_peak"),
        ({}, at(10), at(13), "upi_peak"),
        ({}, at(20), at(21, 30), "upi_peak"),
        ({"tries": 1, "last_try_failed_at": at(8)}, at(9), at(14), "retry_pause"),
        ({"tries": 1, "last_try_failed_at": at(8), "method": "card"}, at(9), at(20) + timedelta(days=1), "retry_pause"),
    ],
)
def test_what_only_needs_time_is_put_off(change: dict[str, object], now: datetime, until: datetime, reason: str) -> None:
    assert decide(replace(FACTS, **change), now) == Wait(until, reason)  # type: ignore[arg-type]


def test_a_card_has_no_peak_hours() -> None:
    assert decide(replace(FACTS, method="card"), at(11)) == Send()


@pytest.mark.parametrize(
    ("local", "free"),
    [
        ((9, 54), (9, 54)),
        ((9, 55), (13, 0)),
        ((10, 0), (13, 0)),
        ((12, 59), (13, 0)),
        ((13, 0), (13, 0)),
        ((16, 54), (16, 54)),
        ((16, 55), (21, 30)),
        ((17, 0), (21, 30)),
        ((21, 29), (21, 30)),
        ((21, 30), (21, 30)),
        ((23, 59), (23, 59)),
        ((0, 0), (0, 0)),
    ],
)
def test_a_peak_is_waited_out_by_indian_time(local: tuple[int, int], free: tuple[int, int]) -> None:
    asked = at(*local).astimezone(UTC)
    answer = off_peak("upi", asked)
    assert answer == at(*free)
    assert answer.tzinfo is UTC
    assert off_peak("card", asked) == asked


instants = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda ahead: datetime(2026, 1, 1, tzinfo=UTC) + ahead)
pasts = st.timedeltas(timedelta(0), timedelta(days=4))


@st.composite
def cases(draw: st.DrawFn) -> tuple[DebitFacts, datetime]:
    now = draw(instants)
    amount = draw(st.sampled_from([100, 49_900, MAX_UNATTENDED_AMOUNT, MAX_UNATTENDED_AMOUNT + 1]))
    tries = draw(st.integers(0, MAX_TRIES))
    facts = DebitFacts(
        method=draw(st.sampled_from(["upi", "card"])),
        amount=amount,
        currency=draw(st.sampled_from(["INR", "INR", "INR", "USD"])),
        max_amount=draw(st.sampled_from([amount - 1, amount, 9_999_900])),
        mandate_status=draw(st.sampled_from(["confirmed"] * 5 + ["paused", "cancelled"])),
        notified_amount=amount + draw(st.sampled_from([0, 0, 0, 1, -1])),
        notice_status=draw(st.sampled_from(["delivered"] * 5 + ["created", "failed", None])),
        notice_delivered_at=draw(st.none() | pasts.map(lambda ago: now - ago)),
        payment_after=draw(st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda ahead: now + ahead)),
        tries=tries,
        last_try_failed_at=now - draw(pasts) if tries else None,
        has_undecided=draw(st.sampled_from([False] * 5 + [True])),
        debit_before=now + draw(st.timedeltas(timedelta(hours=-1), timedelta(days=3))),
    )
    return facts, now


@settings(max_examples=3000, deadline=None)
@given(cases())
def test_ac14_nothing_is_debited_against_a_rule(case: tuple[DebitFacts, datetime]) -> None:
    facts, now = case
    verdict = decide(facts, now)
    if isinstance(verdict, Send):
        assert facts.method == "card" or not is_peak(now)
        assert facts.notice_delivered_at and now - facts.notice_delivered_at >= MIN_NOTICE[facts.method] > timedelta(hours=24)
        assert facts.payment_after is None or now >= facts.payment_after
        assert facts.amount == facts.notified_amount <= min(facts.max_amount, MAX_UNATTENDED_AMOUNT)
        assert facts.mandate_status == "confirmed"
        assert facts.tries < MAX_TRIES
        assert facts.last_try_failed_at is None or now - facts.last_try_failed_at >= RETRY_AFTER[facts.method]
        assert not facts.has_undecided
        assert now < facts.debit_before
    if isinstance(verdict, Wait):
        assert verdict.until > now
        assert facts.method == "card" or not is_peak(verdict.until)
        assert facts.has_undecided or verdict.until < facts.debit_before


@settings(max_examples=1000, deadline=None)
@given(cases())
def test_waiting_comes_to_an_end(case: tuple[DebitFacts, datetime]) -> None:
    """As soon as a notice is delivered and nothing is undecided, the next decision or the one after it is final."""
    facts, now = case
    told = {"notice_status": "delivered", "notice_delivered_at": facts.notice_delivered_at or now, "has_undecided": False}
    facts = replace(facts, **told)  # type: ignore[arg-type]
    verdict = decide(facts, now)
    if isinstance(verdict, Wait):
        assert decide(facts, verdict.until) == Send()


def tries_of(method: str, reason: str, debit_before: datetime, undecided_for: timedelta = timedelta(0)) -> list[datetime]:
    """The tries of a debit that always fails, from the default instant on."""
    facts, made, now = replace(FACTS, method=method, debit_before=debit_before), list[datetime](), MORNING
    while isinstance(decide(facts, now), Send):
        made.append(now)
        failed_at = now + undecided_for
        planned = next_try(method, len(made), failed_at, reason, debit_before)
        if planned is None:
            return made
        facts, now = replace(facts, tries=len(made), last_try_failed_at=failed_at), planned
    raise AssertionError(f"a try was planned for {now}, when it is not allowed")


def test_a_upi_debit_is_tried_once_and_three_times_more() -> None:
    made = tries_of("upi", "insufficient_funds", FACTS.debit_before)
    assert made == [at(6), at(13), at(21, 30), at(3, 30) + timedelta(days=1)]


def test_a_card_is_tried_again_after_36_hours() -> None:
    assert tries_of("card", "insufficient_funds", DAY + timedelta(days=2)) == [at(6), at(18) + timedelta(days=1)]
    assert len(tries_of("card", "insufficient_funds", DAY + timedelta(days=30))) == MAX_TRIES


@pytest.mark.parametrize("reason", sorted(FINAL_REASONS))
def test_a_reason_that_will_not_go_away_is_not_tried_again(reason: str) -> None:
    assert tries_of("upi", reason, FACTS.debit_before) == [MORNING]


def test_no_try_is_planned_for_when_it_would_be_too_late() -> None:
    assert next_try("upi", 1, at(6), "insufficient_funds", at(13)) is None
    assert next_try("upi", 1, at(6), "insufficient_funds", at(13, 1)) == at(13)
    late = tries_of("upi", "psp_not_available", FACTS.debit_before, undecided_for=timedelta(hours=30))
    assert late == [at(6), at(21, 30) + timedelta(days=1)]


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(["upi", "card"]), st.integers(1, MAX_TRIES), instants)
def test_a_planned_try_is_an_allowed_one(method: str, tries: int, failed_at: datetime) -> None:
    planned = next_try(method, tries, failed_at, "psp_timeout", failed_at + timedelta(days=9))
    assert (planned is None) == (tries == MAX_TRIES)
    if planned:
        assert planned - failed_at >= RETRY_AFTER[method]
        assert method == "card" or not is_peak(planned)


def test_whatever_ends_a_mandate_is_a_reason_never_to_try_again() -> None:
    assert MANDATE_REASONS.keys() <= FINAL_REASONS
    assert set(MANDATE_REASONS.values()) <= {"paused", "cancelled", "expired"}


def test_the_bank_is_quoted_in_words_or_not_at_all() -> None:
    assert bank_says("insufficient_funds") == "there was not enough money in the account"
    assert bank_says("too_late") == ""
    assert not any("_" in bank_says(reason) for reason in FINAL_REASONS)
