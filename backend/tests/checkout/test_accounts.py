"""Distributors order on account: never beyond the limit, not even two at once, and what they pay is booked once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from app.accounts import service as accounts
from app.accounts.models import Customer
from app.checkout.errors import CreditLimitExceeded
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.ledger import service as ledger
from app.orders.account_queries import outstanding_amount
from app.payments.models import Capture
from app.stores.models import Store
from tests.racing import race
from tests.shopping import Shopper, make_shopper, next_cart, place, place_by
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]
TOTAL, LIMIT = 12000, 30000


@pytest.fixture
def distributor(store: Store, uow: UnitOfWork) -> Shopper:
    shopper = make_shopper(store, stock_quantity=100)
    with uow() as session:
        row = session.exec(select(Customer).where(Customer.id == shopper.customer.id)).one()
        row.kind = "distributor"
        session.add(row)
    with uow() as session:
        accounts.set_credit_limit(session, shopper.customer.id, LIMIT, SYSTEM)
    return shopper


@pytest.fixture
def finance(store: Store, uow: UnitOfWork) -> Callable[[], dict[str, str]]:
    with uow() as session:
        person = accounts.add_staff(session, "finance@example.in", "a long password", "finance", SYSTEM)

    def headers() -> dict[str, str]:
        claims = {"sub": str(person.id), "kind": "staff", "role": "finance", "store": str(store.id), "sid": str(new_id())}
        return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}", "Idempotency-Key": str(new_id())}

    return headers


def checkout(client: TestClient, shopper: Shopper) -> Response:
    return client.post("/api/v1/checkouts", json=shopper.checkout | {"payment_method": "account"}, headers=shopper.headers)


def outstanding(uow: UnitOfWork, customer_id: UUID) -> int:
    with uow() as session:
        return outstanding_amount(session, customer_id)


def test_a_distributor_orders_up_to_the_limit_pays_and_orders_again(
    client: TestClient, store: Store, uow: UnitOfWork, distributor: Shopper, finance: Callable[[], dict[str, str]]
) -> None:
    first = checkout(client, distributor)
    assert first.status_code == 201, first.text
    assert first.json()["payment"] is None
    assert (first.json()["order"]["status"], first.json()["order"]["payment_status"]) == ("confirmed", "unpaid")
    assert checkout(client, next_cart(distributor)).status_code == 201
    third = next_cart(distributor)
    with unchanged(store):
        refused = checkout(client, third)
    assert (refused.status_code, refused.json()["code"]) == (409, "credit_limit_exceeded")
    facts = [refused.json()[f"{name}_amount"] for name in ("limit", "outstanding", "total")]
    assert facts == [LIMIT, 2 * TOTAL, TOTAL]
    url, body = (
        f"/api/v1/orders/{first.json()['order']['id']}/receipts",
        {"amount": TOTAL, "reference": "HDFCR52026112100012345"},
    )
    with unchanged(store):
        wrong = client.post(url, json=body | {"amount": TOTAL - 1}, headers=finance())
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["owed_amount"]) == (409, "amount_not_owed", TOTAL)
    received = client.post(url, json=body, headers=finance())
    assert received.status_code == 201, received.text
    with unchanged(store):
        assert client.post(url, json=body, headers=finance()).json()["code"] == "nothing_owed"
    with uow() as session:
        assert session.exec(select(Capture.source, Capture.amount)).all() == [("bank", TOTAL)]
        assert ledger.balance(session, ledger.BANK) == TOTAL
    assert checkout(client, third).status_code == 201
    statement = client.get(f"/api/v1/customers/{distributor.customer.id}/account", headers=distributor.headers).json()
    assert (statement["limit"]["amount"], statement["outstanding"]["amount"]) == (LIMIT, 2 * TOTAL)
    assert [one["owed"]["amount"] for one in statement["items"]] == [TOTAL, TOTAL, 0]
    assert statement["items"][2]["receipt"] == received.json()
    assert statement == client.get(f"/api/v1/customers/{distributor.customer.id}/account", headers=finance()).json()


def test_two_orders_at_once_do_not_pass_the_limit_together(store: Store, uow: UnitOfWork, distributor: Shopper) -> None:
    """Orders whose payment was given up, and a fresh cart: together five times what one may owe twice."""
    carts = [distributor]
    for _ in range(4):
        with uow() as session:
            place(session, carts[-1])
        carts.append(next_cart(distributor))

    def buy(number: int) -> str:
        try:
            with uow() as session:
                return place_by(session, carts[number], "account")[0].status
        except CreditLimitExceeded:
            return "refused"

    assert sorted(race(5, buy)) == ["confirmed"] * 2 + ["refused"] * 3
    assert outstanding(uow, distributor.customer.id) == 2 * TOTAL


def test_nobody_else_orders_on_account(client: TestClient, store: Store, uow: UnitOfWork, distributor: Shopper) -> None:
    consumer = make_shopper(store)
    with unchanged(store):
        refused = checkout(client, consumer)
    assert (refused.status_code, refused.json()["code"], refused.json()["limit_amount"]) == (409, "credit_limit_exceeded", 0)
    with uow() as session:
        accounts.set_credit_limit(session, distributor.customer.id, None, SYSTEM)
    with unchanged(store):
        assert checkout(client, distributor).json()["code"] == "credit_limit_exceeded"


def test_only_a_distributor_is_given_a_limit(
    client: TestClient, store: Store, distributor: Shopper, finance: Callable[[], dict[str, str]]
) -> None:
    consumer = make_shopper(store)
    url = "/api/v1/customers/{}/credit-limit"
    with unchanged(store):
        refused = client.put(url.format(consumer.customer.id), json={"amount": 100}, headers=finance())
        assert (refused.status_code, refused.json()["code"]) == (409, "not_a_distributor")
        assert client.put(url.format(distributor.customer.id), json={"amount": -1}, headers=finance()).status_code == 422
    answer = client.put(url.format(distributor.customer.id), json={"amount": 50}, headers=finance())
    assert answer.json()["limit"] == {"amount": 50, "currency": "INR"}
