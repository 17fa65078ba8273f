"""`explain` of a subscription and of its orders tells from stored facts what happened, in order: cycle, notice, debit."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.tasks import subscriptions
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    INDIA,
    Subscriber,
    approve,
    bill,
    cycles,
    days,
    is_notified,
    is_paid,
    local,
    make_subscriber,
    orders,
    set_now,
    settle_events,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

PAID = [  # what a renewal by mandate comes to, one thing after the other
    ("system", "cycle.created"), ("system", "order.placed"), ("system", "stock.reserved"), ("system", "payment.started"),
    ("system", "payment.provider_order_made"), ("razorpay", "notice.delivered"), ("system", "debit.decided"),
    ("system", "debit.accepted"), ("razorpay", "payment.captured"), ("razorpay", "order.confirmed"),
]  # fmt: skip


@pytest.fixture
def asha(store: Store, sandbox: Sandbox, live_api: str) -> Subscriber:
    sandbox.receipts("hold")
    return make_subscriber(store)


def explain(client: TestClient, who: Subscriber, path: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}/explain", headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def what_happened(explanation: dict[str, Any]) -> list[tuple[str, str]]:
    """Without what providers sent and customers were told: those come when they come."""
    facts = [(fact["who"], fact["what"]) for fact in explanation["facts"]]
    return [(who, what) for who, what in facts if " sent " not in what and " by " not in what]


def renew(store: Store, sandbox: Sandbox, subscription: Subscription) -> None:
    """One delivery is planned, announced, debited and paid."""
    assert subscription.next_on is not None
    set_now(store, local(subscription.next_on - days(4), 6), sandbox)
    assert bill(store)["created"] == 1
    work_off(store)
    eventually(lambda: is_notified(store))
    charge_at = cycles(store)[-1].charge_at
    assert charge_at is not None
    set_now(store, charge_at, sandbox)
    work_off(store)
    set_now(store, charge_at + timedelta(hours=25), sandbox)
    eventually(lambda: is_paid(store))


def test_ac40_a_renewal_tells_its_cycle_its_notice_and_its_debit_in_order(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    renew(store, sandbox, subscription)
    (order,) = orders(store)
    told = explain(client, asha, f"orders/{order.id}")
    assert what_happened(told) == PAID
    why = {fact["what"]: fact for fact in told["facts"]}
    assert why["cycle.created"]["changes"]["delivers_on"] == [None, friday.isoformat()]
    assert why["cycle.created"]["why"].startswith("process-due-subscriptions ")
    assert why["notice.delivered"]["changes"]["amount"] == [None, 12000]
    assert why["debit.decided"]["why"].startswith("try 1 on provider order order_")
    assert "paid: ₹120.00 by upi" in told["summary"]

    story = explain(client, asha, f"subscriptions/{subscription.id}")
    happened = what_happened(story)
    assert happened[:5] == [
        ("customer", "mandate.asked"), ("customer", "subscription.started"), ("razorpay", "mandate.pending"),
        ("system", "mandate.confirmed"), ("razorpay", "subscription.activated"),
    ]  # fmt: skip
    assert happened[5:] == [(who, f"{order.number}: {what}") for who, what in PAID]
    assert story["summary"] == (
        f"This subscription delivers every week on {friday:%A}, counted from {friday}, paid by mandate. "
        f"It is active; the next delivery is on {friday + days(7)}. 1 delivery was decided so far."
    )
    assert [fact["at"] for fact in story["facts"]] == sorted(fact["at"] for fact in story["facts"])
    assert {"subscription_started by email queued", "subscription_started by sms queued"} < {
        fact["what"] for fact in story["facts"]
    }


def test_ac40_what_the_customer_did_and_why_it_ended_is_told(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = subscribe(asha, friday)
    url = f"/api/v1/subscriptions/{subscription.id}"
    for path, body in (("skips", {"delivers_on": str(friday)}), ("pause", {"until": str(friday + days(1))}),
                       ("resumption", None), ("cancellation", {"reason": "moving away"})):  # fmt: skip
        assert client.post(f"{url}/{path}", json=body, headers=asha.headers).status_code == 200
    story = explain(client, asha, f"subscriptions/{subscription.id}")
    assert what_happened(story) == [
        ("customer", what) for what in ("subscription.started", "subscription.skipped", "subscription.paused",
                                        "subscription.resumed", "subscription.cancelled")
    ]  # fmt: skip
    facts = {fact["what"]: fact for fact in story["facts"]}
    assert facts["subscription.skipped"]["changes"]["delivers_on"] == [None, friday.isoformat()]
    assert facts["subscription.paused"]["changes"]["paused_until"] == [None, (friday + days(1)).isoformat()]
    assert facts["subscription.cancelled"]["why"] == "moving away"
    assert facts["subscription.skipped"]["request_id"]
    assert facts["subscription.cancelled"]["request_id"]
    assert "It is cancelled; no delivery is to come." in story["summary"]


def test_ac40_a_mandate_that_was_replaced_stays_part_of_the_story(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    subscription = approve(asha, subscribe(asha, today(store) + days(7), method="upi"), sandbox)
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], "cancel")

    def is_revoked() -> bool:
        settle_events(store)
        subscriptions.drain_mandates(str(store.id))
        told = what_happened(explain(client, asha, f"subscriptions/{subscription.id}"))
        return ("razorpay", "subscription.action_needed") in told

    eventually(is_revoked)
    assert client.post(f"/api/v1/subscriptions/{subscription.id}/mandate", headers=asha.headers).status_code == 200
    story = explain(client, asha, f"subscriptions/{subscription.id}")
    assert [what for _, what in what_happened(story)] == [
        "mandate.asked", "subscription.started", "mandate.pending", "mandate.confirmed", "subscription.activated",
        "mandate.cancelled", "subscription.action_needed", "mandate.asked", "subscription.mandate_replaced",
    ]  # fmt: skip
    assert "razorpay sent token.cancelled" in {fact["what"] for fact in story["facts"]}


def test_facts_are_told_by_the_stores_own_clock(client: TestClient, asha: Subscriber) -> None:
    """In a shop whose test clock is days ahead a renewal's story takes days, and not the second it took the machine."""
    day = today(asha.store) + days(3)
    subscribe(asha, day)
    set_now(asha.store, local(day - days(1), 18))
    bill(asha.store)
    (order,) = orders(asha.store)
    facts = explain(client, asha, f"orders/{order.id}")["facts"]
    times = [datetime.fromisoformat(fact["at"]) for fact in facts]
    assert times == sorted(times)
    assert {at.astimezone(INDIA).date() for at in times} == {day - days(1)}
