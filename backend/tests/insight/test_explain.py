"""`explain` answers from stored facts alone: who did what to an order, when, and why."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from fastapi.testclient import TestClient
from sqlmodel import Session

from app.checkout.returning import Return, confirm_return
from app.pricing.rules import reprice
from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def test_ac40_an_order_tells_who_did_what_and_why(client: TestClient, store: Store, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    sandbox.receipts("hold")
    shopper = make_shopper(store)
    order, provider_order = place_and_start(shopper)
    paid = sandbox.pay(provider_order)
    back = Return(paid["razorpay_order_id"], paid["razorpay_payment_id"], paid["razorpay_signature"])
    confirm_return(store.id, order.id, shopper.customer.id, back, shopper.actor)
    work_off(store)
    explanation = client.get(f"/api/v1/orders/{order.id}/explain", headers=shopper.headers).json()
    facts = [(fact["who"], fact["what"]) for fact in explanation["facts"]]
    assert facts == [
        ("customer", "order.placed"),
        ("customer", "stock.reserved"),
        ("customer", "payment.started"),
        ("system", "payment.provider_order_made"),
        ("customer", "payment.captured"),
        ("customer", "order.confirmed"),
        ("system", "order_confirmation by email queued"),
        ("system", "order_confirmation by sms queued"),
        ("system", "order_confirmation by email sent"),
        ("system", "order_confirmation by sms sent"),
    ]
    why = {fact["what"]: fact["why"] for fact in explanation["facts"]}
    assert why["order.placed"] == f"checkout of cart {shopper.cart_id}"
    assert why["order.confirmed"] == f"the browser's return, {paid['razorpay_payment_id']}"
    assert paid["razorpay_payment_id"] in explanation["summary"]
    assert order.number in explanation["summary"]


def test_ac40_the_stored_explanation_computes_the_same_amounts_again(store: Store) -> None:
    order, _ = place_and_start(make_shopper(store, quantity=3, rate_bp=1800))
    basket = reprice(order.pricing)
    assert (basket.total_amount, basket.tax_amount) == (order.total_amount, order.tax_amount)
