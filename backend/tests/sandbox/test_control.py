"""The control API's records and its clock."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.sandbox.world import World


def test_every_call_is_recorded_even_a_refused_one(world: World) -> None:
    order = world.order(700, receipt="R1")
    with pytest.raises(BadRequestError):
        world.razorpay.order.create({"amount": 1, "currency": "INR"})
    world.razorpay.order.all({"receipt": "R1"})
    world.razorpay.order.payments(order["id"])
    calls = world.get("/control/calls", account=world.key_id)
    assert [(call["operation"], call["method"], call["status"]) for call in calls] == [
        ("orders.create", "POST", 200), ("orders.create", "POST", 400), ("orders.list", "GET", 200),
        ("orders.payments", "GET", 200),
    ]  # fmt: skip
    assert calls[0]["body"] == {"amount": 700, "currency": "INR", "receipt": "R1"}
    assert (calls[2]["query"], calls[2]["path"]) == ({"receipt": "R1"}, "/v1/orders")
    assert world.key_secret not in str(calls)


def test_calls_of_the_message_providers_are_recorded(world: World) -> None:
    world.text(body="Hi")
    world.mail()
    [sms] = world.get("/control/calls", account=world.account_sid, operation="messages.create")
    assert (sms["body"]["Body"], sms["status"]) == ("Hi", 201)
    [mail] = world.get("/control/calls", account=world.api_key, operation="mail.send")
    assert (mail["body"]["subject"], mail["status"]) == ("Your order", 202)


def test_accounts_are_worlds_of_their_own(world: World) -> None:
    other = World(world.url, world.receiver)
    try:
        other.pay(other.order()["id"])
        other.text()
        other.mail()
    finally:
        other.close()
    assert world.ledger() == {"captures": [], "refunds": []}
    assert world.events() == []
    for account in (world.key_id, world.account_sid, world.api_key):
        assert world.get("/control/calls", account=account) == []
        assert world.get("/control/inbox", account=account) == []


def test_the_inbox_is_newest_first_and_filtered(world: World) -> None:
    world.text(to="+919876500001", body="first")
    world.text(to="+919876500002", body="second")
    assert [message["text"] for message in world.get("/control/inbox", account=world.account_sid)] == ["second", "first"]
    assert len(world.get("/control/inbox", account=world.account_sid, limit=1)) == 1
    assert [message["text"] for message in world.get("/control/inbox", account=world.account_sid, to="500001")] == ["first"]
    assert world.get("/control/inbox", account=world.account_sid, to="%") == []
    assert world.get("/control/inbox", account=world.account_sid, channel="email") == []
    assert world.http.get("/control/inbox/nothing").status_code == 404


def test_an_account_may_have_its_own_clock(world: World) -> None:
    world.put("/control/clock", {"account": world.key_id, "now": 2_000_000_000})
    order = world.order()
    assert 0 <= order["created_at"] - 2_000_000_000 < 60
    paid = world.pay(order["id"])
    assert world.razorpay.payment.fetch(paid["razorpay_payment_id"])["created_at"] >= 2_000_000_000
    assert all(event["body"]["created_at"] >= 2_000_000_000 for event in world.events())
    assert world.get("/control/clock", account=world.key_id)["offset_seconds"] > 10_000_000
    general = world.get("/control/clock")
    assert general["offset_seconds"] == 0
    back = world.put("/control/clock", {"account": world.key_id, "offset_seconds": 0})
    assert abs(back["now"] - general["now"]) < 60


@pytest.mark.parametrize("body", [{}, {"now": 1, "offset_seconds": 1}, {"offset": 5}])
def test_a_clock_setting_is_one_thing(world: World, body: dict[str, Any]) -> None:
    assert world.http.put("/control/clock", json=body).status_code == 422


def test_declaring_a_merchant_again_keeps_its_orders(world: World) -> None:
    order = world.order()
    world.declare_merchant(name="Renamed")
    assert world.razorpay.order.fetch(order["id"]) == order


def test_a_malformed_declaration_is_refused(world: World) -> None:
    path = f"/control/razorpay/accounts/{world.key_id}"
    assert world.http.put(path, json={"key_secret": "s", "webhook": []}).status_code == 422
    assert world.order()["status"] == "created"


def test_no_such_message_has_no_receipt(world: World) -> None:
    assert world.http.post("/control/messages/nothing/receipt", json={"status": "sent"}).status_code == 404
