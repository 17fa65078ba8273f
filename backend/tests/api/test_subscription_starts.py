"""A subscription begins: once, whatever becomes of the provider that is to approve its mandate."""

import pytest
from fastapi.testclient import TestClient

from app.stores.models import Store
from tests.api.asking import SUBSCRIPTIONS, start
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    days,
    make_subscriber,
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
        other = client.post(SUBSCRIPTIONS, json=wish | {"payment_method": "pay_on_delivery"}, headers=headers)
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
