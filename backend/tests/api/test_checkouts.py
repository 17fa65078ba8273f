"""A cart becomes an order that can be paid: through HTTP, with a provider that behaves and one that does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text
from sqlmodel import Session, select

from app.carts.models import Cart
from app.core.ids import new_id
from app.orders.models import Order, OrderLine
from app.payments.models import Payment, PaymentAttempt
from app.stock.models import Reservation, StockLevel
from app.stores.models import Store
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, place, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def shopper(store: Store) -> Shopper:
    return make_shopper(store)


def nothing_happened(uow: UnitOfWork) -> None:
    with uow() as session:
        for model in (Order, OrderLine, Payment, PaymentAttempt, Reservation):
            assert session.exec(select(model)).all() == []
        assert set(session.exec(select(StockLevel.reserved))) <= {0}
        assert set(session.exec(select(Cart.status))) <= {"open"}


def test_a_cart_becomes_an_order_with_its_stock_reserved_and_a_payment_to_make(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers)
    assert answer.status_code == 201, answer.text
    order, payment = answer.json()["order"], answer.json()["payment"]
    assert (order["status"], order["payment_status"]) == ("pending_payment", "unpaid")
    assert order["total"]["amount"] == payment["amount"] == 12000
    assert order["number"].startswith("ORD-26-")
    assert payment["key_id"] == sandbox.key_id
    assert payment["callback_url"].endswith(f"/api/v1/payment-returns/{order['id']}")
    (call,) = sandbox.calls("orders.create")
    assert call["body"]["amount"] == 12000
    with uow() as session:
        attempt = session.exec(select(PaymentAttempt)).one()
        assert (attempt.work_status, attempt.provider_order_id) == ("done", payment["provider_order_id"])
        assert call["body"]["receipt"] == attempt.receipt
        assert session.exec(select(StockLevel.reserved)).all() == [2]
        assert session.exec(select(Cart.status)).all() == ["converted"]


def test_a_repeat_with_the_same_key_is_given_the_first_answer(client: TestClient, sandbox: Sandbox, shopper: Shopper) -> None:
    headers = shopper.headers
    first, second = (client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replay"] == "true"
    assert first.json() == second.json()
    assert len(sandbox.calls("orders.create")) == 1


def test_the_same_cart_with_another_key_is_the_same_order(client: TestClient, sandbox: Sandbox, shopper: Shopper) -> None:
    first, second = (client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers) for _ in range(2))
    assert first.json() == second.json()
    assert len(sandbox.calls("orders.create")) == 1


def test_ten_clicks_at_once_are_one_order(client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper) -> None:
    headers = shopper.headers
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers), range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)
    with uow() as session:
        assert len(session.exec(select(Order)).all()) == 1
    assert len(sandbox.calls("orders.create")) == 1


def test_ten_devices_at_once_are_one_order_and_none_is_told_that_the_cart_is_gone(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    def check_out(_: int) -> Response:
        return client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers)

    answers = race(10, check_out)
    codes = {answer.json().get("code", "placed") for answer in answers}
    assert "placed" in codes
    assert codes <= {"placed", "payment_not_started"}  # its payment was being started by another
    with uow() as session:
        assert len(session.exec(select(Order)).all()) == 1
    assert len(sandbox.calls("orders.create")) == 1


def test_the_same_key_with_another_body_is_refused(client: TestClient, uow: UnitOfWork, shopper: Shopper) -> None:
    headers = shopper.headers
    client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    answer = client.post("/api/v1/checkouts", json=shopper.checkout | {"address_id": str(new_id())}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    with uow() as session:
        assert len(session.exec(select(Order)).all()) == 1


def test_without_a_key_nothing_is_placed(client: TestClient, uow: UnitOfWork, shopper: Shopper) -> None:
    headers = {name: value for name, value in shopper.headers.items() if name != "Idempotency-Key"}
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    nothing_happened(uow)


def test_ac43_a_price_in_the_body_is_refused(client: TestClient, uow: UnitOfWork, shopper: Shopper) -> None:
    answer = client.post("/api/v1/checkouts", json=shopper.checkout | {"total": 1}, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    nothing_happened(uow)


@pytest.mark.parametrize(("field", "code"), [("cart_id", "cart_not_found"), ("address_id", "address_not_found")])
def test_ac42_another_customers_cart_or_address_does_not_exist(
    client: TestClient, uow: UnitOfWork, store: Store, shopper: Shopper, field: str, code: str
) -> None:
    other = make_shopper(store)
    body = shopper.checkout | {field: other.checkout[field]}
    answer = client.post("/api/v1/checkouts", json=body, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    nothing_happened(uow)


def test_what_sold_out_meanwhile_is_refused_before_any_payment(
    client: TestClient, uow: UnitOfWork, store: Store, sandbox: Sandbox
) -> None:
    first = make_shopper(store, quantity=7, stock_quantity=10)
    second = make_shopper(store, quantity=7, variant_id=first.variant_id)
    assert client.post("/api/v1/checkouts", json=first.checkout, headers=first.headers).status_code == 201
    answer = client.post("/api/v1/checkouts", json=second.checkout, headers=second.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "cart_not_ready")
    assert answer.json()["problems"][0]["available_quantity"] == 3
    with uow() as session:
        assert session.exec(select(StockLevel.on_hand, StockLevel.reserved)).all() == [(10, 7)]
        assert len(session.exec(select(Order)).all()) == 1
    assert len(sandbox.calls("orders.create")) == 1


def test_a_provider_that_is_away_leaves_the_order_and_the_same_request_finishes_it(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "rate_limited")
    headers = shopper.headers
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_not_started")
    assert int(answer.headers["Retry-After"]) >= 1
    with uow() as session:
        session.execute(text("UPDATE payment_attempts SET next_attempt_at = now()"))
    again = client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    assert again.status_code == 201, again.text
    with uow() as session:
        assert len(session.exec(select(Order)).all()) == len(session.exec(select(PaymentAttempt)).all()) == 1


def test_ac44_an_unknown_outcome_is_looked_up_by_its_receipt_and_never_sent_again(
    client: TestClient, uow: UnitOfWork, store: Store, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "connection_reset", after_effect=True)
    headers = shopper.headers
    assert client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers).status_code == 503
    with uow() as session:
        assert session.exec(select(PaymentAttempt.work_status)).all() == ["unknown"]
        session.execute(text("UPDATE payment_attempts SET next_attempt_at = now()"))
    work_off(store)
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    assert answer.status_code == 201, answer.text
    assert len(sandbox.calls("orders.create")) == 1
    assert len(sandbox.calls("orders.list")) == 1


def test_ac44_a_look_up_that_cannot_be_made_is_made_later_before_anything_is_sent_again(
    client: TestClient, uow: UnitOfWork, store: Store, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "connection_reset", after_effect=True)
    sandbox.fault("orders.list", "bad_gateway_html")
    assert client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).status_code == 503
    for _ in range(2):
        with uow() as session:
            session.execute(text("UPDATE payment_attempts SET next_attempt_at = now()"))
        work_off(store)
    assert len(sandbox.calls("orders.create")) == 1
    assert len(sandbox.calls("orders.list")) == 2
    with uow() as session:
        assert session.exec(select(PaymentAttempt.work_status)).all() == ["done"]


def test_a_create_that_stays_unknown_is_looked_up_ever_more_seldom_and_given_up_after_a_day(
    uow: UnitOfWork, store: Store, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "bad_gateway_html", times=6)
    with uow() as session:
        place(session, shopper)
    waits = []
    for _ in range(5):
        work_off(store)
        with uow() as session:
            attempt = session.exec(select(PaymentAttempt)).one()
            assert attempt.work_status == "unknown"
            waits.append(session.scalar(text("SELECT extract(epoch FROM next_attempt_at - now()) FROM payment_attempts")))
            session.execute(text("UPDATE payment_attempts SET next_attempt_at = now()"))
    assert [round(wait, -1) for wait in waits] == [10, 60, 300, 600, 600]
    with uow() as session:
        session.execute(text("UPDATE payment_attempts SET created_at = created_at - interval '1 day'"))
    work_off(store)
    with uow() as session:
        assert session.exec(select(PaymentAttempt.work_status)).all() == ["dead"]


def test_a_refused_payment_is_told_and_the_cart_can_be_paid_later(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "rejected")
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (502, "payment_refused")
    again = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers)
    assert again.status_code == 201, again.text
    with uow() as session:
        assert len(session.exec(select(Order)).all()) == 1
        assert sorted(session.exec(select(PaymentAttempt.work_status))) == ["dead", "done"]


def test_an_expired_token_is_refused(client: TestClient, uow: UnitOfWork, shopper: Shopper) -> None:
    from app.core.security import sign_jwt

    claims = {"sub": str(shopper.customer.id), "kind": "customer", "store": str(shopper.store.id), "sid": str(new_id())}
    headers = shopper.headers | {"Authorization": f"Bearer {sign_jwt(claims, seconds=-1)}"}
    answer = client.post("/api/v1/checkouts", json=shopper.checkout, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    nothing_happened(uow)


@pytest.mark.parametrize("content", [b"{", b"", b"[1]", b'{"cart_id":'])
def test_broken_json_is_a_problem_document(client: TestClient, uow: UnitOfWork, shopper: Shopper, content: bytes) -> None:
    headers = shopper.headers | {"Content-Type": "application/json"}
    answer = client.post("/api/v1/checkouts", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    nothing_happened(uow)


def test_a_body_over_the_limit_is_refused(client: TestClient, uow: UnitOfWork, shopper: Shopper) -> None:
    answer = client.post("/api/v1/checkouts", content=b"x" * 1_100_000, headers=shopper.headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    nothing_happened(uow)


def test_an_order_whose_payment_failed_is_paid_again_on_the_same_provider_order(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    first = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).json()
    sandbox.webhooks("drop")
    sandbox.pay(first["payment"]["provider_order_id"], "failed")
    again = client.post(f"/api/v1/orders/{first['order']['id']}/payment", headers=shopper.headers)
    assert (again.status_code, again.json()) == (200, first["payment"])
    assert len(sandbox.calls("orders.create")) == 1


def test_a_paid_order_is_not_paid_again(
    client: TestClient, uow: UnitOfWork, sandbox: Sandbox, store: Store, shopper: Shopper
) -> None:
    first = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).json()
    sandbox.webhooks("drop")
    url = f"/api/v1/orders/{first['order']['id']}"
    paid = sandbox.pay(first["payment"]["provider_order_id"])
    body = {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
    confirmed = client.post(f"{url}/payment-confirmation", json=body, headers=shopper.headers)
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    again = client.post(f"{url}/payment", headers=shopper.headers)
    assert (again.status_code, again.json()["code"], again.json()["order_status"]) == (409, "checkout_closed", "confirmed")
    assert len(sandbox.calls("orders.create")) == 1


def test_the_browsers_form_leads_on_to_the_paid_order_and_a_forged_one_to_the_unpaid(
    client: TestClient, sandbox: Sandbox, shopper: Shopper
) -> None:
    first = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).json()
    sandbox.webhooks("drop")
    paid = sandbox.pay(first["payment"]["provider_order_id"])
    form = {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
    order_url, return_url = f"/api/v1/orders/{first['order']['id']}", f"/api/v1/payment-returns/{first['order']['id']}"
    for wrong in (form | {"razorpay_signature": "0" * 64}, {}, {"error[code]": "BAD_REQUEST_ERROR"}):
        answer = client.post(return_url, data=wrong)
        assert (answer.status_code, answer.headers["location"].endswith("?payment=failed")) == (303, True)
        assert client.get(order_url, headers=shopper.headers).json()["status"] == "pending_payment"
    for _ in range(2):
        answer = client.post(return_url, data=form)
        assert (answer.status_code, answer.headers["location"].endswith(f"#/orders/{first['order']['id']}")) == (303, True)
        assert client.get(order_url, headers=shopper.headers).json()["status"] == "confirmed"
