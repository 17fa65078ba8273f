"""Refunds, lists, settlements and disputes: Razorpay's SDK against the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import machine_now
from app.core.errors import Rejected, Unavailable, Unknown
from app.providers.razorpay import Razorpay
from tests.providers.conftest import QUICK
from tests.sandbox_control import Sandbox

AMOUNT, KEY = 129_50, "rf_0123456789abcdef"
HOUR = timedelta(hours=1)


@pytest.fixture
def razorpay(sandbox: Sandbox) -> Razorpay:
    return Razorpay(sandbox.key_id, sandbox.razorpay["key_secret"], sandbox.url, QUICK)


@pytest.fixture
def payment_id(razorpay: Razorpay, sandbox: Sandbox) -> str:
    """A captured payment."""
    return sandbox.pay(razorpay.create_order("att_1", AMOUNT, "INR", {}).id)["razorpay_payment_id"]


def refunds(sandbox: Sandbox) -> list[int]:
    """What the sandbox's own books say went back."""
    return [refund["amount"] for refund in sandbox.ledger()["refunds"]]


def test_a_refund_is_made_and_found_again(razorpay: Razorpay, sandbox: Sandbox, payment_id: str) -> None:
    made = razorpay.refund(payment_id, 5000, KEY, notes={"order": "ORD-26-000001"})
    assert (made.payment_id, made.amount, made.currency, made.status) == (payment_id, 5000, "INR", "processed")
    assert (made.receipt, made.key) == (KEY, KEY)
    assert razorpay.fetch_refund(made.id) == made
    assert razorpay.refunds_of_payment(payment_id) == [made]
    assert razorpay.find_refund(payment_id, KEY) == made
    assert razorpay.find_refund(payment_id, "rf_another_one") is None
    payment = razorpay.fetch_payment(payment_id)
    assert (payment.status, payment.amount_refunded, payment.captured) == ("captured", 5000, True)
    assert refunds(sandbox) == [5000]


def test_the_same_key_is_the_same_refund_however_often(razorpay: Razorpay, sandbox: Sandbox, payment_id: str) -> None:
    sandbox.fault("refunds.create", "timeout_after_effect", seconds=2)
    with pytest.raises(Unknown):
        razorpay.refund(payment_id, 5000, KEY, notes={})
    found = razorpay.find_refund(payment_id, KEY)
    assert [razorpay.refund(payment_id, 5000, KEY, notes={}) for _ in range(5)] == [found] * 5
    assert refunds(sandbox) == [5000]
    with pytest.raises(Rejected):
        razorpay.refund(payment_id, 5001, KEY, notes={})
    with pytest.raises(Rejected):
        razorpay.refund(payment_id, AMOUNT, "rf_more_than_is_left", notes={})
    assert refunds(sandbox) == [5000]


def test_a_low_balance_may_be_topped_up_and_the_same_request_is_good(
    razorpay: Razorpay, sandbox: Sandbox, payment_id: str
) -> None:
    sandbox.refunds(balance=100)
    with pytest.raises(Unavailable) as low:
        razorpay.refund(payment_id, 5000, KEY, notes={})
    assert low.value.reason == "insufficient_balance"
    assert refunds(sandbox) == []
    sandbox.refunds(balance=None)
    assert razorpay.refund(payment_id, 5000, KEY, notes={}).amount == 5000


def test_a_refund_that_takes_its_time_says_so(razorpay: Razorpay, sandbox: Sandbox, payment_id: str) -> None:
    sandbox.refunds(refund_seconds=3600)
    made = razorpay.refund(payment_id, 5000, KEY, notes={})
    assert made.status == "pending"
    sandbox.decide_refund(made.id, "failed")
    assert razorpay.fetch_refund(made.id).status == "failed"
    assert razorpay.fetch_payment(payment_id).amount_refunded == 0


def test_what_happened_is_listed_by_the_time_it_happened(razorpay: Razorpay, sandbox: Sandbox, payment_id: str) -> None:
    made = sandbox.refund_at_dashboard(payment_id, 1000)
    disputed = sandbox.dispute(payment_id, amount=2000, deduct=True)
    now = machine_now()
    lists = (razorpay.payments_between, razorpay.refunds_between, razorpay.disputes_between)
    assert [[one.id for one in listed(now - HOUR, now + HOUR)] for listed in lists] == [
        [payment_id],
        [made["id"]],
        [disputed["id"]],
    ]
    assert [list(listed(now - 3 * HOUR, now - 2 * HOUR)) for listed in lists] == [[], [], []]
    [dispute] = razorpay.disputes_between(now - HOUR, now + HOUR)
    assert (dispute.amount, dispute.amount_deducted, dispute.status) == (2000, 2000, "open")
    assert razorpay.fetch_dispute(dispute.id) == dispute
    [listed_refund] = razorpay.refunds_between(now - HOUR, now + HOUR)
    assert (listed_refund.receipt, listed_refund.key) == (None, None), "nobody here asked for it"


def test_a_settlement_and_its_lines_are_read(razorpay: Razorpay, sandbox: Sandbox, payment_id: str) -> None:
    razorpay.refund(payment_id, 1000, KEY, notes={})
    settled = sandbox.settle()
    now = machine_now()
    [settlement] = razorpay.settlements_between(now - HOUR, now + HOUR)
    assert razorpay.fetch_settlement(settlement.id) == settlement
    assert (settlement.id, settlement.status, settlement.utr) == (settled["id"], "processed", settled["utr"])
    day = datetime.fromtimestamp(settlement.created_at, UTC) + timedelta(hours=5, minutes=30)
    lines = razorpay.settlement_lines(day.year, day.month, day.day)
    assert [line.type for line in lines] == ["payment", "refund"]
    assert sum(line.credit - line.debit for line in lines) == settlement.amount
    assert {line.settlement_id for line in lines} == {settlement.id}
    assert lines[1].payment_id == payment_id
    before = day - timedelta(days=3)
    assert razorpay.settlement_lines(before.year, before.month, before.day) == []
