"""Lists of orders, payments and refunds, and payments that nobody captured."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.sandbox.world import World

START, DAY = 1_796_200_200, 24 * 60 * 60


def at(world: World, now: int) -> None:
    world.put("/control/clock", {"account": world.key_id, "now": now})


def ids(listing: dict[str, Any]) -> list[str]:
    assert listing["count"] == len(listing["items"])
    return [item["id"] for item in listing["items"]]


def test_payments_and_refunds_by_time_and_page(world: World) -> None:
    payments: list[str] = []
    refunds: list[str] = []
    for day in range(3):
        at(world, START + day * DAY)
        payments.insert(0, world.pay(world.order()["id"])["razorpay_payment_id"])
        refunds.insert(0, world.razorpay.payment.refund(payments[0], {"amount": 100})["id"])
    for fetch, all_of_them in ((world.razorpay.payment.all, payments), (world.razorpay.refund.all, refunds)):
        assert ids(fetch()) == all_of_them
        assert ids(fetch({"count": 2, "skip": 1})) == all_of_them[1:]
        assert ids(fetch({"from": START + DAY // 2, "to": START + DAY + DAY // 2})) == [all_of_them[1]]
        assert ids(fetch({"to": START - 1})) == []
    assert ids(world.razorpay.payment.fetch_multiple_refund(payments[0], {"from": START})) == [refunds[0]]


def test_a_page_has_ten_and_at_most_a_hundred(world: World) -> None:
    for _ in range(11):
        world.pay(world.order()["id"], "failed", send_webhooks=False)
    assert len(ids(world.razorpay.payment.all())) == 10
    assert len(ids(world.razorpay.payment.all({"count": 100}))) == 11
    for query in ({"count": 101}, {"count": 0}, {"skip": -1}, {"from": 1}, {"to": "tomorrow"}):
        for fetch in (world.razorpay.payment.all, world.razorpay.refund.all, world.razorpay.dispute.all):
            with pytest.raises(BadRequestError, match="must be"):
                fetch(query)


def test_orders_with_and_without_a_payment_that_went_through(world: World) -> None:
    paid, waiting, failed = world.order(), world.order(), world.order()
    payment_id = world.pay(paid["id"])["razorpay_payment_id"]
    world.pay(failed["id"], "failed")
    assert ids(world.razorpay.order.all({"authorized": 1})) == [paid["id"]]
    assert ids(world.razorpay.order.all({"authorized": 0})) == [failed["id"], waiting["id"]]
    [found] = world.razorpay.order.all({"authorized": 1, "expand[]": "payments"})["items"]
    assert ids(found["payments"]) == [payment_id]


@pytest.mark.parametrize(
    ("facts", "waits"),
    [({"payment_capture": 0}, 3 * DAY),
     ({"payment": {"capture": "manual", "capture_options": {"manual_expiry_period": 60}}}, 60 * 60)],
)  # fmt: skip
def test_what_nobody_captures_is_given_back(world: World, facts: dict[str, Any], waits: int) -> None:
    at(world, START)
    payment_id = world.pay(world.order(**facts)["id"])["razorpay_payment_id"]
    at(world, START + waits - 60)
    assert world.razorpay.payment.fetch(payment_id)["status"] == "authorized"
    at(world, START + waits + 60)
    payment = world.razorpay.payment.fetch(payment_id)
    assert (payment["status"], payment["captured"], payment["refund_status"]) == ("refunded", False, "full")
    [entry] = world.ledger()["refunds"]
    assert (entry["payment_id"], entry["reason"]) == (payment_id, "not captured in time")
    created, processed = (event["body"] for event in world.events()[-2:])
    assert (created["event"], processed["event"]) == ("refund.created", "refund.processed")
    assert processed["payload"]["payment"]["entity"]["captured"] is False
    with pytest.raises(BadRequestError, match="Only payments which have been authorized"):
        world.razorpay.payment.capture(payment_id, 50000, {"currency": "INR"})


def test_a_captured_payment_stays(world: World) -> None:
    at(world, START)
    payment_id = world.pay(world.order(payment_capture=0)["id"])["razorpay_payment_id"]
    world.razorpay.payment.capture(payment_id, 50000, {"currency": "INR"})
    at(world, START + 30 * DAY)
    assert world.razorpay.payment.fetch(payment_id)["status"] == "captured"
    assert world.ledger()["refunds"] == []
