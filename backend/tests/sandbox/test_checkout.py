"""The hosted checkout, driven as a browser without JavaScript would."""

import json
from typing import Any

import pytest

from tests.sandbox.forms import Form, forms_in
from tests.sandbox.world import World

CALLBACK, CANCEL = "http://shop.example.in/return", "http://shop.example.in/cart"


def open_checkout(world: World, order: dict[str, Any], **changes: str) -> Any:
    fields = {
        "key_id": world.key_id, "order_id": order["id"], "amount": str(order["amount"]), "currency": "INR",
        "name": "Rozana Organics", "callback_url": CALLBACK, "cancel_url": CANCEL, "prefill[name]": "Asha",
        "prefill[email]": "asha@example.in", "prefill[contact]": "+919876543210",
    }  # fmt: skip
    return world.http.post("/v1/checkout/embedded", data={**fields, **changes})


def press_pay(world: World, page: str, **choices: str) -> Any:
    [form] = forms_in(page)
    return world.http.request(form.method, form.action, data={**form.fields, **choices})


def way_back(page: str) -> Form:
    [form] = forms_in(page)
    return form


def test_paying_by_hand(world: World) -> None:
    order = world.order(123456)
    page = open_checkout(world, order)
    assert page.status_code == 200
    assert "Rozana Organics" in page.text
    assert "Pay ₹1,234.56" in page.text
    form = way_back(press_pay(world, page.text, vpa="asha@upi").text)
    assert (form.action, form.method) == (CALLBACK, "post")
    assert set(form.fields) == {"razorpay_payment_id", "razorpay_order_id", "razorpay_signature"}
    world.razorpay.utility.verify_payment_signature(form.fields)
    payment = world.razorpay.payment.fetch(form.fields["razorpay_payment_id"])
    assert (payment["status"], payment["vpa"], payment["email"], payment["contact"]) == (
        "captured", "asha@upi", "asha@example.in", "+919876543210",
    )  # fmt: skip
    world.receiver.wait(3)


@pytest.mark.parametrize(("method", "shown"), [("card", {"card_id"}), ("netbanking", {"bank"}), ("upi", {"vpa"})])
def test_every_tab_pays(world: World, method: str, shown: set[str]) -> None:
    page = open_checkout(world, world.order())
    form = way_back(press_pay(world, page.text, method=method).text)
    payment = world.razorpay.payment.fetch(form.fields["razorpay_payment_id"])
    assert payment["method"] == method
    assert {name for name in ("card_id", "bank", "vpa") if payment[name]} == shown


def test_making_it_fail_posts_the_error_back(world: World) -> None:
    order = world.order()
    page = open_checkout(world, order)
    answer = press_pay(world, page.text, outcome="failed", error_reason="card_declined")
    assert "Payment failed" in answer.text
    form = way_back(answer.text)
    assert (form.action, form.fields["error[code]"], form.fields["error[reason]"]) == (
        CALLBACK, "BAD_REQUEST_ERROR", "card_declined",
    )  # fmt: skip
    assert "razorpay_signature" not in form.fields
    metadata = json.loads(form.fields["error[metadata]"])
    assert metadata["order_id"] == order["id"]
    assert world.razorpay.payment.fetch(metadata["payment_id"])["status"] == "failed"
    assert world.ledger()["captures"] == []
    assert world.razorpay.order.fetch(order["id"])["status"] == "attempted"


def test_without_a_callback_a_failure_offers_another_try(world: World) -> None:
    page = open_checkout(world, world.order(), callback_url="")
    answer = press_pay(world, page.text, outcome="failed")
    assert f'href="{CANCEL}"' in answer.text
    again = way_back(answer.text)
    assert again.action == "/v1/checkout/embedded"
    page = world.http.post(again.action, data=again.fields)
    assert "Payment successful" in press_pay(world, page.text).text


def test_manual_capture_is_left_to_the_shop(world: World) -> None:
    page = open_checkout(world, world.order(payment={"capture": "manual"}))
    form = way_back(press_pay(world, page.text).text)
    assert world.razorpay.payment.fetch(form.fields["razorpay_payment_id"])["status"] == "authorized"


def test_pressing_pay_twice_pays_once(world: World) -> None:
    page = open_checkout(world, world.order())
    press_pay(world, page.text)
    second = press_pay(world, page.text)
    assert second.status_code == 400
    assert "Payment already done for this order." in second.text
    assert len(world.ledger()["captures"]) == 1


def test_a_paid_order_says_so(world: World) -> None:
    order = world.order()
    world.pay(order["id"])
    page = open_checkout(world, order)
    assert "This order has been paid" in page.text
    assert forms_in(page.text) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"key_id": "rzp_test_nobody"}, "The api key provided is invalid"), ({"amount": "1"}, "The amount does not match"),
     ({"order_id": "order_AAAAAAAAAAAAAA"}, "The id provided does not exist")],
)  # fmt: skip
def test_a_wrong_form_is_refused(world: World, changes: dict[str, str], words: str) -> None:
    page = open_checkout(world, world.order(), **changes)
    assert page.status_code == 400
    assert words in page.text


def test_what_the_shop_sends_is_escaped_and_scripts_are_no_links(world: World) -> None:
    attack = '"><script>alert(1)</script>'
    page = open_checkout(world, world.order(), name=attack, cancel_url="javascript:alert(1)", **{"prefill[contact]": attack})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
    assert 'href="javascript' not in page.text
    answer = press_pay(world, page.text, callback_url="javascript:alert(1)")
    assert "javascript:alert" not in answer.text
    assert "'nonce-" in answer.headers["content-security-policy"]
