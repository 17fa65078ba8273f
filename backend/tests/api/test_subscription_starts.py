"""A subscription begins: once, whatever becomes of the provider that is to approve its mandate."""

from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.work import unit_of_work
from app.payments.mandate_models import Mandate
from app.payments.models import PaymentAttempt
from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.tasks import payments, subscriptions
from tests.api.asking import SUBSCRIPTIONS, Body, look, start
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    days,
    make_subscriber,
    rows,
    today,
)
from tests.unchanged import unchanged


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def test_a_start_is_made_once_per_key_and_not_without_one(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    wish, headers = asha.wish(today(store) + days(7), payment_method="mandate"), asha.headers
    keyless = {"Authorization": headers["Authorization"]}
    with unchanged(store):
        refused = client.post(SUBSCRIPTIONS, json=wish, headers=keyless)
        assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")
    first = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
    assert first.json()["payment"]["recurring"] is True
    with unchanged(store):
        again = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
        assert (again.status_code, again.json(), again.headers["Idempotent-Replay"]) == (201, first.json(), "true")
        other = client.post(SUBSCRIPTIONS, json=wish | {"payment_method": "cash_on_delivery"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(sandbox.calls("orders.create")) == 1


def test_ten_clicks_at_once_start_one_subscription(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    wish, headers = asha.wish(today(store) + days(7), payment_method="mandate"), asha.headers
    answers = race(10, lambda _: client.post(SUBSCRIPTIONS, json=wish, headers=headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["subscription"]["id"] for answer in answers}) == 1
    assert len(client.get(SUBSCRIPTIONS, headers=headers).json()["items"]) == 1
    assert len(sandbox.calls("orders.create")) == 1


def test_the_payment_that_approves_a_mandate_is_a_form_for_the_checkout(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    made = start(client, asha, payment_method="mandate", mandate={"method": "upi", "max_amount": 20000})
    mandate = made["subscription"]["mandate"]
    assert (mandate["status"], mandate["method"], mandate["max_amount"]["amount"]) == ("created", "upi", 20000)
    payment = made["payment"]
    (call,) = sandbox.calls("orders.create")
    assert (payment["amount"], payment["recurring"], payment["key_id"]) == (100, True, sandbox.key_id)
    assert payment["customer_id"] == call["body"]["customer_id"]
    assert payment["callback_url"].endswith(f"/api/v1/mandate-returns/{mandate['id']}")
    assert (call["body"]["method"], call["body"]["token"]["max_amount"]) == ("upi", 20000)
    assert call["body"]["token"]["frequency"] == "as_presented"
    again = client.post(f"{SUBSCRIPTIONS}/{made['subscription']['id']}/mandate", headers=asha.headers)
    assert (again.status_code, again.json()) == (200, payment)
    assert len(sandbox.calls("orders.create")) == 1


def test_without_a_limit_of_ones_own_a_mandate_allows_twice_the_price(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    made = start(client, asha, payment_method="mandate")
    assert made["subscription"]["mandate"]["max_amount"] == {"amount": 24000, "currency": "INR"}
    dear = make_subscriber(store, amount=700_000)
    assert start(client, dear, payment_method="mandate")["subscription"]["mandate"]["max_amount"]["amount"] == 1_500_000


def test_the_list_shows_ones_own_newest_first_page_by_page(client: TestClient, store: Store, asha: Subscriber) -> None:
    ids = [start(client, asha)["subscription"]["id"] for _ in range(3)]
    start(client, make_subscriber(store))
    first = client.get(SUBSCRIPTIONS, params={"limit": 2}, headers=asha.headers).json()
    assert [one["id"] for one in first["items"]] == ids[:0:-1]
    second = client.get(SUBSCRIPTIONS, params={"limit": 2, "after": first["next"]}, headers=asha.headers).json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (ids[:1], None)
    (one, *_) = first["items"]
    assert (one["rule_text"].split()[:2], one["price"]["amount"], one["lines"][0]["quantity"]) == (["every", "week"], 12000, 2)


AWAY: list[tuple[str, Body]] = [  # what the provider does instead of an answer; a timeout is told from a reset by nobody
    ("customers.create", {"fault": "rate_limited"}), ("customers.create", {"fault": "bad_gateway_html"}),
    ("customers.create", {"fault": "connection_reset"}),
    ("customers.create", {"fault": "connection_reset", "after_effect": True}),
    ("orders.create", {"fault": "rate_limited"}), ("orders.create", {"fault": "bad_gateway_html"}),
    ("orders.create", {"fault": "bad_gateway_html", "after_effect": True}), ("orders.create", {"fault": "connection_reset"}),
    ("orders.create", {"fault": "connection_reset", "after_effect": True}), ("orders.create", {"fault": "rejected"}),
]  # fmt: skip


def make_due(store: Store) -> None:
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE payment_attempts SET next_attempt_at = now() WHERE work_status IN ('queued', 'unknown')"))


@pytest.mark.parametrize(("operation", "fault"), AWAY, ids=str)
def test_ac44_a_provider_that_is_away_leaves_one_subscription_whose_mandate_is_approved_later(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber, operation: str, fault: Body
) -> None:
    sandbox.webhooks("drop")
    sandbox.fault(operation, **fault)
    wish, headers = asha.wish(today(store) + days(7), payment_method="mandate"), asha.headers
    first = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
    assert (first.status_code, first.json()["payment"]) == (201, None)
    again = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    url = f"{SUBSCRIPTIONS}/{first.json()['subscription']['id']}/mandate"
    is_refused = fault["fault"] == "rejected"
    if not is_refused:
        early = client.post(url, headers=asha.headers)
        assert (early.status_code, early.json()["code"]) == (503, "payment_not_started")
        assert int(early.headers["Retry-After"]) >= 1
    make_due(store)
    payment, same = (client.post(url, headers=asha.headers).json() for _ in range(2))
    assert payment == same
    assert (len(rows(store, Subscription)), len(rows(store, Mandate))) == (1, 1)
    assert len(rows(store, PaymentAttempt)) == 1 + is_refused
    assert len({call["body"]["receipt"] for call in sandbox.calls("orders.create")}) == 1 + is_refused
    paid = sandbox.approve(payment["provider_order_id"])
    client.post(urlsplit(payment["callback_url"]).path, data=paid)
    subscriptions.drain_mandates(str(store.id))
    assert look(client, asha, first.json()["subscription"]["id"])["status"] == "active"
    made_there = sandbox.http.get("/v1/orders", auth=(sandbox.key_id, sandbox.razorpay["key_secret"])).json()["items"]
    assert [order["id"] for order in made_there] == [payment["provider_order_id"]]


def test_the_sweep_finds_what_the_request_left(client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber) -> None:
    sandbox.fault("orders.create", "connection_reset", after_effect=True)
    made = start(client, asha, payment_method="mandate")
    make_due(store)
    payments.drain(str(store.id))
    answer = client.post(f"{SUBSCRIPTIONS}/{made['subscription']['id']}/mandate", headers=asha.headers)
    assert answer.status_code == 200, answer.text
    assert (len(sandbox.calls("orders.create")), len(sandbox.calls("orders.list"))) == (1, 1)
