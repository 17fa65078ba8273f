"""Razorpay orders, through the real SDK."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from razorpay.errors import BadRequestError

from tests.sandbox.world import World


def test_an_order_looks_as_documented(world: World) -> None:
    order = world.order(receipt="ORD-26-000001")
    assert re.fullmatch(r"order_[A-Za-z0-9]{14}", order.pop("id"))
    assert isinstance(order.pop("created_at"), int)
    assert order == {
        "entity": "order", "amount": 50000, "amount_paid": 0, "amount_due": 50000, "currency": "INR",
        "receipt": "ORD-26-000001", "offer_id": None, "status": "created", "attempts": 0, "notes": [],
    }  # fmt: skip


def test_create_answers_200_and_notes_come_back(world: World) -> None:
    answer = world.http.post("/v1/orders", auth=(world.key_id, world.key_secret),
                             json={"amount": 100, "currency": "INR", "notes": {"order": "7"}})  # fmt: skip
    assert answer.status_code == 200
    assert answer.json()["notes"] == {"order": "7"}


def test_fetch_and_edit(world: World) -> None:
    order = world.order()
    assert world.razorpay.order.fetch(order["id"]) == order
    world.razorpay.order.edit(order["id"], {"notes": {"a": "b"}})
    assert world.razorpay.order.fetch(order["id"])["notes"] == {"a": "b"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"currency": "INR"}, "The amount field is required."),
        ({"amount": 99, "currency": "INR"}, "Order amount less than minimum amount allowed"),
        ({"amount": 100.5, "currency": "INR"}, "The amount must be an integer."),
        ({"amount": "100", "currency": "INR"}, "The amount must be an integer."),
        ({"amount": 100}, "The currency field is required."),
        ({"amount": 100, "currency": "XXX"}, "Currency is not supported"),
        ({"amount": 100, "currency": "INR", "receipt": "x" * 41}, "The receipt may not be greater than 40 characters."),
        ({"amount": 100, "currency": "INR", "colour": 1}, "colour is/are not required and should not be sent"),
        ({"amount": 100, "currency": "INR", "notes": {str(n): "" for n in range(16)}}, "Number of fields in notes"),
    ],
)
def test_a_bad_order_is_refused_and_nothing_is_kept(world: World, body: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequestError, match=re.escape(words)):
        world.razorpay.order.create(body)
    assert world.razorpay.order.all()["count"] == 0


def test_the_error_body_has_every_documented_field(world: World) -> None:
    answer = world.http.post("/v1/orders", auth=(world.key_id, world.key_secret), json={"amount": 1, "currency": "INR"})
    assert answer.status_code == 400
    assert answer.json() == {"error": {
        "code": "BAD_REQUEST_ERROR", "description": "Order amount less than minimum amount allowed", "field": "amount",
        "source": "business", "step": "order_creation", "reason": "amount_less_than_minimum_amount", "metadata": {},
    }}  # fmt: skip


def test_broken_json_is_refused(world: World) -> None:
    answer = world.http.post("/v1/orders", auth=(world.key_id, world.key_secret), content=b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST_ERROR")


def test_unknown_ids_and_malformed_ids_differ(world: World) -> None:
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        world.razorpay.order.fetch("order_AAAAAAAAAAAAAA")
    with pytest.raises(BadRequestError, match="nonsense is not a valid id"):
        world.razorpay.order.fetch("nonsense")


def test_lists_are_found_by_receipt_and_paged(world: World) -> None:
    orders = [world.order(receipt=f"R{number}") for number in range(3)]
    assert world.razorpay.order.all({"receipt": "R1"}) == {"entity": "collection", "count": 1, "items": [orders[1]]}
    assert [order["receipt"] for order in world.razorpay.order.all({"count": 2})["items"]] == ["R2", "R1"]
    assert world.razorpay.order.all({"count": 2, "skip": 2}) == {"entity": "collection", "count": 1, "items": [orders[0]]}
    assert world.razorpay.order.all({"receipt": "other"})["items"] == []
    assert world.razorpay.order.all({"to": orders[0]["created_at"] - 1})["count"] == 0
    with pytest.raises(BadRequestError, match="count must be between 1 and 100"):
        world.razorpay.order.all({"count": 101})


def test_a_receipt_may_be_used_twice_by_default(world: World) -> None:
    assert world.order(receipt="twice")["id"] != world.order(receipt="twice")["id"]
    assert world.razorpay.order.all({"receipt": "twice"})["count"] == 2


def test_an_account_can_be_told_to_refuse_repeated_receipts(world: World) -> None:
    world.declare_merchant(duplicate_receipts="refuse")
    world.order(receipt="twice")
    with pytest.raises(BadRequestError, match="Order receipt should be unique"):
        world.order(receipt="twice")


def test_unique_receipt_gives_the_same_order_again_even_in_a_race(world: World) -> None:
    def create(_: int) -> str:
        body = {"amount": 500, "currency": "INR", "receipt": "once", "unique_receipt": True}
        answer = httpx2.post(f"{world.url}/v1/orders", json=body, auth=(world.key_id, world.key_secret), trust_env=False)
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(16)))) == 1
    assert world.razorpay.order.all({"receipt": "once"})["count"] == 1
    with pytest.raises(BadRequestError, match="Order receipt should be unique"):
        world.order(600, receipt="once", unique_receipt=True)


def test_a_wrong_secret_is_401_and_does_nothing(world: World) -> None:
    answer = world.http.post("/v1/orders", auth=(world.key_id, "wrong"), json={"amount": 100, "currency": "INR"})
    assert answer.status_code == 401
    assert answer.json()["error"]["description"] == "Authentication failed"
    assert world.razorpay.order.all()["count"] == 0


def test_other_accounts_orders_do_not_exist(world: World) -> None:
    other = World(world.url, world.receiver)
    try:
        with pytest.raises(BadRequestError, match="The id provided does not exist"):
            other.razorpay.order.fetch(world.order()["id"])
    finally:
        other.close()


def test_an_unknown_path_is_400(world: World) -> None:
    with pytest.raises(BadRequestError, match="The requested URL was not found on the server"):
        world.razorpay.virtual_account.all()
