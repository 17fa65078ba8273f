"""Settlements and disputes: what reaches the merchant's bank, and what is taken back from it."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError, ServerError
from requests.exceptions import JSONDecodeError

from tests.sandbox.world import World

START, DAY = 1_796_200_200, 24 * 60 * 60  # 2 December 2026, 14:00 in India


@pytest.fixture(autouse=True)
def december(world: World) -> None:
    at(world, START)


def at(world: World, now: int) -> None:
    world.put("/control/clock", {"account": world.key_id, "now": now})


def paid(world: World, amount: int = 50000, **facts: Any) -> str:
    return world.pay(world.order(amount, **facts)["id"])["razorpay_payment_id"]


def settle(world: World, **facts: Any) -> dict[str, Any]:
    settlement: dict[str, Any] = world.post("/control/razorpay/settlements", {"account": world.key_id, **facts})
    return settlement


def recon(world: World, **query: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = world.razorpay.settlement.report({"year": 2026, "month": "12", "count": 100, **query})[
        "items"
    ]
    return lines


def dispute(world: World, payment_id: str, **facts: Any) -> dict[str, Any]:
    opened: dict[str, Any] = world.post(f"/control/razorpay/payments/{payment_id}/dispute", facts)
    return opened


def test_a_settlement_and_its_lines(world: World) -> None:
    order = world.order(receipt="R-1", notes={"order": "R-1", "shop": "Indiranagar"})
    payment_id = world.pay(order["id"], method="card", detail="4111111111111111")["razorpay_payment_id"]
    refund = world.razorpay.payment.refund(payment_id, {"amount": 10000})
    world.post("/control/razorpay/adjustments", {"account": world.key_id, "amount": 250, "description": "Goodwill"})
    made = settle(world)
    amount = 50000 - 1180 - 10000 + 250
    assert world.razorpay.settlement.all()["items"] == [world.razorpay.settlement.fetch(made["id"])]
    settlement = world.razorpay.settlement.fetch(made["id"])
    assert settlement == {
        "id": made["id"], "entity": "settlement", "amount": amount, "status": "processed", "fees": 0, "tax": 0,
        "utr": made["utr"], "created_at": made["created_at"],
    }  # fmt: skip
    payment_line, refund_line, adjustment_line = recon(world, day="02")
    card = world.razorpay.payment.fetch(payment_id, {"expand[]": "card"})["card"]
    assert payment_line == {
        "entity_id": payment_id, "type": "payment", "debit": 0, "credit": 48820, "amount": 50000, "currency": "INR",
        "fee": 1180, "tax": 180, "on_hold": False, "settled": True,
        "created_at": world.razorpay.payment.fetch(payment_id)["created_at"], "settled_at": made["created_at"],
        "settlement_id": made["id"], "posted_at": None, "credit_type": "default", "description": None,
        "notes": "R-1, Indiranagar", "payment_id": None, "settlement_utr": made["utr"], "order_id": order["id"],
        "order_receipt": "R-1", "method": "card", "card_network": card["network"], "card_issuer": card["issuer"],
        "card_type": card["type"], "dispute_id": None,
    }  # fmt: skip
    expected = {"entity_id": refund["id"], "type": "refund", "debit": 10000, "credit": 0, "fee": 0, "payment_id": payment_id}
    assert refund_line | expected | {"notes": None} == refund_line
    assert (adjustment_line["credit"], adjustment_line["settlement_utr"], adjustment_line["type"]) == (250, None, "adjustment")
    assert sum(line["credit"] - line["debit"] for line in recon(world)) == amount
    event = world.events()[-1]["body"]
    assert (event["event"], event["payload"]["settlement"]["entity"]) == ("settlement.processed", settlement)


def test_each_line_is_settled_once(world: World) -> None:
    first = paid(world)
    settle(world)
    assert world.http.post("/control/razorpay/settlements", json={"account": world.key_id}).status_code == 409
    at(world, START + DAY)
    second, third = paid(world), paid(world)
    refund_id = world.razorpay.payment.refund(first, {"amount": 10000})["id"]
    assert world.http.post(
        "/control/razorpay/settlements", json={"account": world.key_id, "until": START + DAY - 1}
    ).status_code == 409  # fmt: skip
    lines = settle(world, leave_out=[third])["lines"]
    assert [line["entity_id"] for line in lines] == [second, refund_id]
    at(world, START + 2 * DAY)
    assert [line["entity_id"] for line in settle(world)["lines"]] == [third]
    assert [line["entity_id"] for line in recon(world)] == [first, second, refund_id, third]
    assert [line["entity_id"] for line in recon(world, day=3)] == [second, refund_id]
    assert [line["entity_id"] for line in recon(world, count=2, skip=1)] == [second, refund_id]
    assert recon(world, month="11") == recon(world, day=1) == []


def test_pending_and_uncaptured_money_is_not_settled(world: World) -> None:
    world.put("/control/razorpay/refunds", {"account": world.key_id, "refund_seconds": DAY})
    order = world.order()
    payment_id = world.pay(order["id"])["razorpay_payment_id"]
    world.pay(order["id"], even_if_paid=True)  # given back uncaptured
    world.razorpay.payment.refund(payment_id, {"amount": 100})
    assert [line["entity_id"] for line in settle(world)["lines"]] == [payment_id]


def test_mistakes_to_find(world: World) -> None:
    payment_id = paid(world)
    body = {"account": world.key_id, "changed": {payment_id: {"colour": 1}}}
    assert world.http.post("/control/razorpay/settlements", json=body).status_code == 422
    made = settle(world, changed={payment_id: {"fee": 2000}}, amount_off=-7, shows_fees=True)
    [line] = recon(world)
    assert (line["fee"], line["credit"], line["tax"]) == (2000, 48000, 180)
    assert (made["amount"], made["fees"], made["tax"]) == (48000 - 7, 2000, 180)
    assert world.razorpay.payment.fetch(payment_id)["fee"] == 1180


@pytest.mark.parametrize(
    ("query", "words"),
    [({"year": 26}, "The year must be 4 digits"), ({"month": 13}, "The month is not a valid month"),
     ({"day": 123}, "The day must be between 1 and 2 digits"), ({"count": 0}, "The count must be at least 1"),
     ({"count": 1001}, "The count may not be greater")],
)  # fmt: skip
def test_recon_says_what_is_wrong(world: World, query: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        recon(world, **query)


def test_a_dispute_that_is_lost_is_deducted_once(world: World) -> None:
    payment_id = paid(world)
    opened = dispute(world, payment_id, amount=20000)
    shown = world.razorpay.dispute.fetch(opened["id"])
    evidence = shown.pop("evidence")
    assert (shown, evidence["amount"], evidence["summary"]) == (opened, 20000, None)
    assert (opened["status"], opened["phase"], opened["amount_deducted"]) == ("open", "chargeback", 0)
    assert opened["respond_by"] == opened["created_at"] + 3 * DAY
    for verdict, status in (("under_review", "under_review"), ("action_required", "open"), ("lost", "lost")):
        assert world.post(f"/control/razorpay/disputes/{opened['id']}/{verdict}", {})["status"] == status
    assert world.http.post(f"/control/razorpay/disputes/{opened['id']}/won", json={}).status_code == 409
    assert world.razorpay.dispute.all()["items"][0]["amount_deducted"] == 20000
    told = [event["body"] for event in world.events() if event["type"].startswith("payment.dispute.")]
    assert [one["event"].rpartition(".")[2] for one in told] == ["created", "under_review", "action_required", "lost"]
    assert told[0]["contains"] == ["payment", "dispute"]
    assert [one["payload"]["dispute"]["entity"]["amount_deducted"] for one in told] == [0, 0, 0, 20000]
    [line] = [line for line in settle(world)["lines"] if line["type"] == "adjustment"]
    assert (line["debit"], line["dispute_id"]) == (20000, opened["id"])


@pytest.mark.parametrize("verdict", ["won", "closed"])
def test_what_was_held_from_the_start_comes_back(world: World, verdict: str) -> None:
    opened = dispute(world, paid(world), deduct=True, respond_by=START + DAY, reason_code="fraud", phase="fraud")
    assert (opened["amount_deducted"], opened["respond_by"]) == (50000, START + DAY)
    assert world.post(f"/control/razorpay/disputes/{opened['id']}/{verdict}", {})["amount_deducted"] == 0
    lines = settle(world)["lines"]
    assert [line["credit"] - line["debit"] for line in lines] == [48820, -50000, 50000]


def test_what_cannot_be_disputed(world: World) -> None:
    uncaptured = world.pay(world.order()["id"], "authorized")["razorpay_payment_id"]
    for payment_id, body, status in (
        (uncaptured, {}, 409),
        (paid(world), {"amount": 50001}, 409),
        (paid(world), {"phase": "quarrel"}, 422),
        ("pay_AAAAAAAAAAAAAA", {}, 404),
    ):
        assert world.http.post(f"/control/razorpay/payments/{payment_id}/dispute", json=body).status_code == status
    assert world.razorpay.dispute.all()["items"] == []


@pytest.mark.parametrize(
    "operation", ["settlements.recon", "settlements.list", "disputes.list", "payments.list", "refunds.list"]
)
def test_every_list_can_fail(world: World, operation: str) -> None:
    fetch = {
        "settlements.recon": lambda: recon(world),
        "settlements.list": world.razorpay.settlement.all,
        "disputes.list": world.razorpay.dispute.all,
        "payments.list": world.razorpay.payment.all,
        "refunds.list": world.razorpay.refund.all,
    }[operation]
    for fault in ("rate_limited", "bad_gateway_html", "error_without_code", "not_json"):
        world.fault(operation, fault)
        with pytest.raises((BadRequestError, ServerError, JSONDecodeError)):
            fetch()
    fetch()
