"""A wallet pays whole orders: all of it or nothing, and no rupee twice."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.accounts import service as accounts
from app.checkout import cancelling
from app.checkout.errors import CheckoutClosed
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.ledger import service as ledger
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import refunding
from app.payments.models import Capture, Payment, PaymentAttempt
from app.stock.models import Reservation
from app.stores.models import Store
from app.wallets import service as wallets
from app.wallets.errors import WalletBalanceTooLow
from app.wallets.models import MAX_GOODWILL_AMOUNT
from tests.checkout.test_confirming import deliver
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, next_cart, place, place_by, work_off
from tests.unchanged import unchanged
from tests.wallets.money import balance, fill, wallets_add_up

UnitOfWork = Callable[[], AbstractContextManager[Session]]
TOTAL = 12000


@pytest.fixture
def shopper(store: Store) -> Shopper:
    return make_shopper(store)


def test_a_wallet_pays_a_whole_order_at_once(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    fill(store, shopper.customer.id, TOTAL + 500)
    body, headers = shopper.checkout | {"payment_method": "wallet"}, shopper.headers
    answer = client.post("/api/v1/checkouts", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    order = answer.json()["order"]
    assert answer.json()["payment"] is None
    assert (order["status"], order["payment_status"], order["payment_method"]) == ("confirmed", "paid", "wallet")
    assert client.post("/api/v1/checkouts", json=body, headers=headers).json() == answer.json()
    with uow() as session:
        capture = session.exec(select(Capture)).one()
        assert (capture.source, capture.amount, capture.attempt_id) == ("wallet", TOTAL, None)
        assert capture.provider_payment_id.startswith("wallet_")
        assert session.exec(select(Payment.status)).all() == ["captured"]
        assert session.exec(select(PaymentAttempt)).all() == []
        assert session.exec(select(Reservation.status, Reservation.expires_at)).all() == [("held", None)]
        assert ledger.balance(session, ledger.ORDERS) == -TOTAL
    assert balance(store, shopper.customer.id) == 500
    assert sandbox.calls("orders.create") == []
    wallets_add_up(store)
    statement = client.get("/api/v1/wallet", headers=shopper.headers).json()
    assert statement["balance"] == {"amount": 500, "currency": "INR"}
    assert [(line["kind"], line["amount"]["amount"]) for line in statement["items"]] == [("spend", -TOTAL)] + [
        ("goodwill", line["amount"]["amount"]) for line in statement["items"][1:]
    ]
    first = client.get("/api/v1/wallet", params={"limit": 1}, headers=shopper.headers).json()
    rest = client.get("/api/v1/wallet", params={"after": first["next"]}, headers=shopper.headers).json()
    assert first["items"] + rest["items"] == statement["items"]


def test_too_little_in_the_wallet_is_refused_and_nothing_happened(client: TestClient, store: Store, shopper: Shopper) -> None:
    fill(store, shopper.customer.id, TOTAL - 1)
    with unchanged(store):
        answer = client.post("/api/v1/checkouts", json=shopper.checkout | {"payment_method": "wallet"}, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "wallet_balance_too_low")
    assert (answer.json()["available_amount"], answer.json()["total_amount"]) == (TOTAL - 1, TOTAL)


def test_two_checkouts_at_once_cannot_spend_the_same_rupee(store: Store, uow: UnitOfWork) -> None:
    """Five orders whose payment was given up, and a fresh cart."""
    shopper = make_shopper(store, stock_quantity=50)
    carts = [shopper]
    for _ in range(5):
        with uow() as session:
            place(session, carts[-1])
        carts.append(next_cart(shopper))
    fill(store, shopper.customer.id, 2 * TOTAL + 5)

    def buy(number: int) -> str:
        try:
            with uow() as session:
                return place_by(session, carts[number], "wallet")[0].status
        except WalletBalanceTooLow:
            return "refused"

    assert sorted(race(6, buy)) == ["confirmed"] * 2 + ["refused"] * 4
    assert balance(store, shopper.customer.id) == 5
    with uow() as session:
        assert len(session.exec(select(Order).where(Order.payment_status == "paid")).all()) == 2
        assert len(session.exec(select(Capture)).all()) == 2
    wallets_add_up(store)


def test_an_order_whose_payment_was_given_up_is_paid_out_of_the_wallet(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    with uow() as session:
        order, attempt = place(session, shopper)
    work_off(store)
    with unchanged(store), pytest.raises(WalletBalanceTooLow), uow() as session:
        place_by(session, shopper, "wallet")
    fill(store, shopper.customer.id, TOTAL)
    with uow() as session:
        again, none = place_by(session, shopper, "wallet")
        assert (again.id, again.status, again.payment_status, none) == (order.id, "confirmed", "paid", None)
    with unchanged(store), pytest.raises(CheckoutClosed), uow() as session:
        place_by(session, shopper, "wallet")
    sandbox.webhooks("drop")
    with uow() as session:
        provider_order = session.get_one(PaymentAttempt, (store.id, attempt.id)).provider_order_id
    assert provider_order is not None
    sandbox.pay(provider_order)  # late, on the page that was left open
    for event in sandbox.events():
        deliver(store, event)
    work_off(store)
    with uow() as session:
        captures = session.exec(select(Capture.source, Capture.is_counted, Capture.refunded_amount)).all()
        assert sorted(captures) == [("razorpay", False, TOTAL), ("wallet", True, 0)]
    wallets_add_up(store)


def test_a_refund_to_the_wallet_is_processed_with_the_credit_and_once(store: Store, uow: UnitOfWork, shopper: Shopper) -> None:
    fill(store, shopper.customer.id, TOTAL)
    with uow() as session:
        order, _ = place_by(session, shopper, "wallet")
        (capture,) = payments.captures_of_order(session, order.id)
        refund = refunding.book(session, capture, 5000, reason="paid_twice", destination="wallet", actor=SYSTEM, cause="test")
        for _ in range(2):
            wallets.refund(session, order.customer_id, refund, machine_now(), SYSTEM)
        assert (refund.status, refund.work_status) == ("processed", "done")
    assert balance(store, shopper.customer.id) == 5000
    wallets_add_up(store)


def test_orders_cancelled_and_placed_at_the_same_moment_do_not_wait_for_each_other(store: Store, uow: UnitOfWork) -> None:
    """The one puts goods back and then money into the wallet; the other takes both, of the same customer and variant."""
    shopper = make_shopper(store, stock_quantity=50)
    fill(store, shopper.customer.id, 4 * TOTAL)
    orders, cart = list[Order](), shopper
    for _ in range(3):
        with uow() as session:
            orders.append(place_by(session, cart, "wallet")[0])
        cart = next_cart(shopper)

    def act(number: int) -> str:
        with uow() as session:
            if number == 3:
                return place_by(session, cart, "wallet")[0].status
            why = cancelling.Why("customer")
            return cancelling.cancel(
                session, orders[number].id, shopper.customer.id, why, actor=shopper.actor, now=machine_now()
            ).status

    assert race(4, act) == ["cancelled"] * 3 + ["confirmed"]
    assert balance(store, shopper.customer.id) == 3 * TOTAL
    wallets_add_up(store)


def test_goodwill_is_given_by_finance_once_per_request_and_within_a_limit(
    client: TestClient, store: Store, uow: UnitOfWork, shopper: Shopper
) -> None:
    with uow() as session:
        finance = accounts.add_staff(session, "finance@example.in", "a long password", "finance", SYSTEM)
    claims = {"sub": str(finance.id), "kind": "staff", "role": "finance", "store": str(store.id), "sid": str(new_id())}
    headers = {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}", "Idempotency-Key": "one"}
    url, body = f"/api/v1/customers/{shopper.customer.id}/wallet-credits", {"amount": 5000, "note": "two litres came late"}
    given = client.post(url, json=body, headers=headers)
    assert given.status_code == 201, given.text
    with unchanged(store):
        assert client.post(url, json=body, headers=headers).json() == given.json()
        without_key = {"Authorization": headers["Authorization"]}
        assert client.post(url, json=body, headers=without_key).json()["code"] == "idempotency_key_missing"
        too_much = client.post(
            url, json=body | {"amount": MAX_GOODWILL_AMOUNT + 1}, headers=headers | {"Idempotency-Key": "two"}
        )
        assert too_much.status_code == 422
    seen = client.get(f"/api/v1/customers/{shopper.customer.id}/wallet", headers=headers).json()
    assert [(line["kind"], line["note"], line["amount"]["amount"]) for line in seen["items"]] == [
        ("goodwill", "two litres came late", 5000)
    ]
    with uow() as session:
        assert ledger.balance(session, ledger.GOODWILL) == 5000
    wallets_add_up(store)
