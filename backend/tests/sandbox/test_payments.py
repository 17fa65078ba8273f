"""What customers and banks do, seen through the merchant's API."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.sandbox.world import World


def test_a_paid_order(world: World) -> None:
    order = world.order()
    paid = world.pay(order["id"])
    assert paid["status"] == "captured"
    world.razorpay.utility.verify_payment_signature({name: paid[name] for name in paid if name != "status"})
    payment = world.razorpay.payment.fetch(paid["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["amount"], payment["order_id"]) == (
        "captured", True, 50000, order["id"],
    )  # fmt: skip
    assert (payment["fee"], payment["tax"]) == (1180, 180)
    assert set(payment["acquirer_data"]) == {"rrn", "upi_transaction_id"}
    order = world.razorpay.order.fetch(order["id"])
    assert (order["status"], order["attempts"], order["amount_paid"], order["amount_due"]) == ("paid", 1, 50000, 0)
    assert world.razorpay.order.payments(order["id"]) == {"entity": "collection", "count": 1, "items": [payment]}
    assert world.razorpay.payment.all()["items"] == [payment]


def test_the_ledger_is_a_second_witness(world: World) -> None:
    order = world.order(700)
    paid = world.pay(order["id"])
    [capture] = world.ledger()["captures"]
    assert (capture["payment_id"], capture["order_id"], capture["amount"]) == (paid["razorpay_payment_id"], order["id"], 700)
    assert world.ledger()["refunds"] == []


@pytest.mark.parametrize(
    ("method", "detail", "shown"),
    [
        ("upi", "asha@upi", {"vpa": "asha@upi"}),
        ("netbanking", "SBIN", {"bank": "SBIN"}),
        ("wallet", "paytm", {"wallet": "paytm"}),
    ],
)
def test_methods_show_what_was_used(world: World, method: str, detail: str, shown: dict[str, str]) -> None:
    paid = world.pay(world.order()["id"], method=method, detail=detail)
    payment = world.razorpay.payment.fetch(paid["razorpay_payment_id"])
    assert payment["method"] == method
    assert shown.items() <= payment.items()


def test_a_card_is_shown_only_when_expanded_and_never_whole(world: World) -> None:
    paid = world.pay(world.order()["id"], method="card", detail="5105 1051 0510 5100")
    payment = world.razorpay.payment.fetch(paid["razorpay_payment_id"])
    assert "card" not in payment
    card = world.razorpay.payment.fetch(paid["razorpay_payment_id"], {"expand[]": "card"})["card"]
    assert (card["id"], card["last4"], card["network"]) == (payment["card_id"], "5100", "MasterCard")
    assert "510510" not in str(world.get("/control/events", account=world.key_id))


def test_a_failed_attempt_keeps_the_order_open(world: World) -> None:
    order = world.order()
    failed = world.pay(order["id"], "failed", error_reason="insufficient_funds")
    payment = world.razorpay.payment.fetch(failed["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["fee"]) == ("failed", False, None)
    assert (payment["error_reason"], payment["error_source"]) == ("insufficient_funds", "issuer_bank")
    assert world.razorpay.order.fetch(order["id"])["status"] == "attempted"
    assert world.ledger()["captures"] == []
    assert world.pay(order["id"])["status"] == "captured"
    order = world.razorpay.order.fetch(order["id"])
    assert (order["status"], order["attempts"]) == ("paid", 2)


def test_the_test_vpa_always_fails(world: World) -> None:
    assert world.pay(world.order()["id"], detail="failure@razorpay")["status"] == "failed"


@pytest.mark.parametrize("setting", [{"payment_capture": 0}, {"payment": {"capture": "manual"}}])
def test_manual_capture(world: World, setting: dict[str, Any]) -> None:
    order = world.order(**setting)
    payment_id = world.pay(order["id"])["razorpay_payment_id"]
    payment = world.razorpay.payment.fetch(payment_id)
    assert (payment["status"], payment["fee"], payment["tax"]) == ("authorized", None, None)
    assert world.razorpay.order.fetch(order["id"])["status"] == "attempted"
    captured = world.razorpay.payment.capture(payment_id, 50000, {"currency": "INR"})
    assert (captured["status"], captured["fee"]) == ("captured", 1180)
    assert world.razorpay.order.fetch(order["id"])["status"] == "paid"
    with pytest.raises(BadRequestError, match="This payment has already been captured"):
        world.razorpay.payment.capture(payment_id, 50000, {"currency": "INR"})
    assert len(world.ledger()["captures"]) == 1


def test_a_wrong_capture_is_refused_and_moves_no_money(world: World) -> None:
    payment_id = world.pay(world.order()["id"], "authorized")["razorpay_payment_id"]
    for amount, currency, words in (
        (49999, "INR", "Capture amount must be equal to the amount authorized."),
        ("50000", "INR", "The amount must be an integer."),
        (50000, "USD", "The currency must be the same"),
        (50000, None, "The currency field is required."),
    ):
        with pytest.raises(BadRequestError, match=words):
            world.razorpay.payment.capture(payment_id, amount, {"currency": currency})
    failed = world.pay(world.order()["id"], "failed")
    with pytest.raises(BadRequestError, match="Only payments which have been authorized"):
        world.razorpay.payment.capture(failed["razorpay_payment_id"], 50000, {"currency": "INR"})
    assert world.ledger()["captures"] == []


def test_a_paid_order_takes_no_second_payment(world: World) -> None:
    order = world.order()
    world.pay(order["id"])
    answer = world.http.post(f"/control/razorpay/orders/{order['id']}/pay", json={})
    assert answer.status_code == 409
    assert len(world.ledger()["captures"]) == 1
    assert world.razorpay.order.fetch(order["id"])["attempts"] == 1


def test_an_authorised_payment_blocks_another(world: World) -> None:
    order = world.order()
    world.pay(order["id"], "authorized")
    assert world.http.post(f"/control/razorpay/orders/{order['id']}/pay", json={}).status_code == 409


def test_two_that_succeed_at_once_the_second_is_given_back_uncaptured(world: World) -> None:
    order = world.order()
    world.pay(order["id"])
    second = world.pay(order["id"], even_if_paid=True)
    payment = world.razorpay.payment.fetch(second["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["amount_refunded"], payment["refund_status"]) == (
        "refunded", False, 50000, "full",
    )  # fmt: skip
    ledger = world.ledger()
    assert len(ledger["captures"]) == 1
    assert [entry["payment_id"] for entry in ledger["refunds"]] == [second["razorpay_payment_id"]]
    types = [event["type"] for event in world.events()]
    assert types[-3:] == ["payment.authorized", "refund.created", "refund.processed"]
    assert world.events()[-1]["body"]["payload"]["payment"]["entity"]["captured"] is False


def test_late_authorisation_goes_failed_authorised_captured(world: World) -> None:
    order = world.order()
    paid = world.pay(order["id"], "late_captured")
    assert paid["status"] == "captured"
    events = [event["body"] for event in world.events()]
    assert [event["event"] for event in events] == ["payment.failed", "payment.authorized", "payment.captured", "order.paid"]
    entities = [event["payload"]["payment"]["entity"] for event in events]
    assert [entity["status"] for entity in entities] == ["failed", "authorized", "captured", "captured"]
    assert entities[0]["error_reason"] == "payment_timed_out"
    assert entities[1]["late_authorized"] is True
    assert entities[2]["error_reason"] is None
    assert world.razorpay.order.fetch(order["id"])["attempts"] == 1


def test_a_failed_payment_may_come_late_at_any_time(world: World) -> None:
    order = world.order()
    failed = world.pay(order["id"], "failed")["razorpay_payment_id"]
    late = world.post(f"/control/razorpay/payments/{failed}/late", {})
    assert late["status"] == "captured"
    assert world.razorpay.order.fetch(order["id"])["status"] == "paid"
    assert world.http.post(f"/control/razorpay/payments/{failed}/late", json={}).status_code == 409


def test_a_late_payment_on_an_order_paid_meanwhile_is_given_back(world: World) -> None:
    order = world.order()
    failed = world.pay(order["id"], "failed")["razorpay_payment_id"]
    world.pay(order["id"])
    assert world.post(f"/control/razorpay/payments/{failed}/late", {})["status"] == "refunded"
    assert (len(world.ledger()["captures"]), len(world.ledger()["refunds"])) == (1, 1)


def test_paying_an_unknown_order_is_404(world: World) -> None:
    assert world.http.post("/control/razorpay/orders/order_AAAAAAAAAAAAAA/pay", json={}).status_code == 404
