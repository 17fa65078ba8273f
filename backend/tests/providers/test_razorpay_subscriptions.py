"""Plans and subscriptions: Razorpay's SDK against the sandbox. Nothing there is idempotent but what we look up."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import Rejected, Unavailable, Unknown
from app.providers.razorpay import Razorpay
from app.providers.razorpay_subscription_facts import SubscriptionFacts
from tests.providers.conftest import QUICK
from tests.sandbox_control import Sandbox

DAY = timedelta(days=1)


@pytest.fixture
def razorpay(sandbox: Sandbox) -> Razorpay:
    return Razorpay(sandbox.key_id, sandbox.razorpay["key_secret"], sandbox.url, QUICK)


@pytest.fixture
def since(sandbox: Sandbox) -> datetime:
    return datetime.fromtimestamp(sandbox.clock_now(), UTC) - timedelta(minutes=1)


def plan_of(razorpay: Razorpay, key: str = "plan-1") -> str:
    return razorpay.create_plan(key, "weekly", 2, "Vegetable box", 30_000, "INR").id


def subscribe(razorpay: Razorpay, plan_id: str, key: str = "sub-1", start_at: datetime | None = None) -> SubscriptionFacts:
    return razorpay.create_subscription(key, plan_id, quantity=1, total_count=5, start_at=start_at, expire_by=None)


def test_a_plan_and_a_subscription_are_made_and_found_by_our_key(razorpay: Razorpay, since: datetime) -> None:
    plan = razorpay.create_plan("plan-1", "monthly", 1, "Staples", 129_950, "INR")
    assert (plan.period, plan.interval, plan.amount, plan.currency, plan.key) == ("monthly", 1, 129_950, "INR", "plan-1")
    assert razorpay.find_plan("plan-1", since) == plan
    assert razorpay.find_plan("plan-2", since) is None
    start_at = since.replace(microsecond=0) + 3 * DAY
    made = subscribe(razorpay, plan.id, start_at=start_at)
    assert (made.status, made.key, made.customer_id, made.start_at) == ("created", "sub-1", None, start_at)
    assert (made.current_start, made.paid_count, made.remaining_count, made.charge_at) == (None, 0, 5, start_at)
    assert made.short_url
    assert razorpay.find_subscription("sub-1", plan.id, since) == razorpay.fetch_subscription(made.id) == made
    assert razorpay.find_subscription("sub-2", plan.id, since) is None
    assert razorpay.find_subscription("sub-1", plan_of(razorpay), since) is None


@pytest.mark.parametrize(("mistake", "took_effect"), [("timeout_after_effect", True), ("timeout_before_effect", False)])
def test_ac44_an_unknown_create_is_looked_up(
    razorpay: Razorpay, sandbox: Sandbox, since: datetime, mistake: str, took_effect: bool
) -> None:
    sandbox.fault("plans.create", mistake, seconds=2)
    with pytest.raises(Unknown):
        plan_of(razorpay)
    assert (razorpay.find_plan("plan-1", since) is not None) == took_effect
    plan_id = plan_of(razorpay, "plan-2")
    sandbox.fault("subscriptions.create", mistake, seconds=2)
    with pytest.raises(Unknown):
        subscribe(razorpay, plan_id)
    assert (razorpay.find_subscription("sub-1", plan_id, since) is not None) == took_effect
    sandbox.fault("subscriptions.list", "bad_gateway_html")
    with pytest.raises(Unavailable):
        razorpay.find_subscription("sub-1", plan_id, since)


def test_of_several_with_one_key_the_earliest_is_found(razorpay: Razorpay, since: datetime) -> None:
    plan_id = plan_of(razorpay)
    first, _ = (subscribe(razorpay, plan_id) for _ in range(2))
    assert razorpay.find_subscription("sub-1", plan_id, since) == first


def test_each_paid_cycle_is_a_charge_with_its_dates(razorpay: Razorpay, sandbox: Sandbox) -> None:
    made = subscribe(razorpay, plan_of(razorpay))
    assert razorpay.charges_of_subscription(made.id) == []
    first = sandbox.approve_subscription(made.id)
    began = razorpay.fetch_subscription(made.id)
    assert (began.status, began.paid_count, began.payment_method) == ("active", 1, "upi")
    sandbox.charges(made.id, {"failed": "insufficient_funds"})
    assert began.current_end is not None
    sandbox.clock(int(began.current_end.timestamp()))
    assert razorpay.fetch_subscription(made.id).status == "pending"
    assert len(razorpay.charges_of_subscription(made.id)) == 1, "an invoice that is not paid is no charge"
    sandbox.clock(int((began.current_end + DAY).timestamp()))
    charges = razorpay.charges_of_subscription(made.id)
    assert [charge.amount for charge in charges] == [30_000, 30_000]
    assert (charges[0].payment_id, charges[0].billing_end) == (first["id"], charges[1].billing_start)
    assert charges[1].billing_start == began.current_end
    payment = razorpay.fetch_payment(charges[1].payment_id)
    assert (payment.captured, payment.order_id) == (True, charges[1].order_id)


def test_moves_are_safe_to_repeat(razorpay: Razorpay, sandbox: Sandbox) -> None:
    made = subscribe(razorpay, plan_of(razorpay))
    with pytest.raises(Rejected):
        razorpay.pause_subscription(made.id)
    sandbox.approve_subscription(made.id)
    assert [razorpay.pause_subscription(made.id).status for _ in range(2)] == ["paused"] * 2
    assert [razorpay.resume_subscription(made.id).status for _ in range(2)] == ["active"] * 2
    assert [razorpay.cancel_subscription(made.id, at_cycle_end=True).status for _ in range(2)] == ["active"] * 2
    sandbox.fault("subscriptions.cancel", "timeout_after_effect", seconds=2)
    with pytest.raises(Unknown):
        razorpay.cancel_subscription(made.id, at_cycle_end=False)
    assert razorpay.cancel_subscription(made.id, at_cycle_end=False).status == "cancelled"
    with pytest.raises(Rejected):
        razorpay.resume_subscription(made.id)


def test_what_the_bank_paused_stays_paused(razorpay: Razorpay, sandbox: Sandbox) -> None:
    made = subscribe(razorpay, plan_of(razorpay))
    sandbox.approve_subscription(made.id)
    sandbox.subscription_at_bank(made.id, "pause")
    with pytest.raises(Rejected):
        razorpay.resume_subscription(made.id)
    assert razorpay.fetch_subscription(made.id).status == "paused"
