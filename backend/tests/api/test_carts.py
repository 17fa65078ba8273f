"""Carts over HTTP: a guest's by token, a customer's by who they are; nobody's price but the shop's."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.carts.models import CartLine
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.stores.models import Store
from tests.builders import make_customer, make_variant
from tests.conftest import UnitOfWork

URL = "/api/v1/carts"


@pytest.fixture
def milk(uow: UnitOfWork) -> UUID:
    """₹105.00 with 5 % GST in it; ten are there."""
    with uow() as session:
        return make_variant(session, amount=10_500, sku="MILK-1L").id


@pytest.fixture
def signed_in(store: Store, uow: UnitOfWork) -> dict[str, str]:
    with uow() as session:
        customer = make_customer(session)
    claims = {"sub": str(customer.id), "kind": "customer", "role": "", "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


def opened(client: TestClient) -> tuple[str, dict[str, str]]:
    """A guest's new cart: its URL, and the header that proves it theirs."""
    body = client.post(URL).json()
    return f"{URL}/{body['id']}", {"X-Cart-Token": body["cart_token"]}


def lines_in_database(uow: UnitOfWork) -> list[int]:
    with uow() as session:
        return list(session.exec(select(CartLine.quantity)))


def test_a_guest_fills_a_cart_and_it_adds_up(client: TestClient, milk: UUID) -> None:
    cart, token = opened(client)
    answer = client.put(f"{cart}/lines/{milk}", json={"quantity": 2}, headers=token)
    assert answer.status_code == 200
    body = answer.json()
    [line] = body.pop("lines")
    rupees = {name: body[name]["amount"] for name in ("subtotal", "shipping", "tax", "round_off", "total")}
    assert rupees == {"subtotal": 21_000, "shipping": 0, "tax": 1_000, "round_off": 0, "total": 21_000}
    assert (line["variant_id"], line["sku"], line["quantity"]) == (str(milk), "MILK-1L", 2)
    assert (line["unit_price"]["amount"], line["line_total"]["amount"]) == (10_500, 21_000)
    assert (line["available"], line["problem"], body["can_checkout"], body["problems"]) == (True, None, True, [])
    seen = client.get(cart, headers=token).json()
    assert [way["method"] for way in seen.pop("payment_methods")] == ["razorpay", "wallet", "cash_on_delivery", "account"]
    assert seen == answer.json()


def test_a_line_is_changed_and_taken_out(client: TestClient, milk: UUID) -> None:
    cart, token = opened(client)
    for quantity in (2, 5):
        client.put(f"{cart}/lines/{milk}", json={"quantity": quantity}, headers=token)
    assert client.get(cart, headers=token).json()["lines"][0]["quantity"] == 5
    for _ in range(2):
        body = client.delete(f"{cart}/lines/{milk}", headers=token).json()
        assert (body["lines"], body["can_checkout"], body["problems"][0]["code"]) == ([], False, "cart_empty")


def test_a_customer_gets_the_same_cart_each_time_and_no_token(client: TestClient, signed_in: dict[str, str]) -> None:
    first, second = (client.post(URL, json={}, headers=signed_in) for _ in range(2))
    assert (first.status_code, first.json()["cart_token"]) == (201, None)
    assert first.json()["id"] == second.json()["id"]


def test_more_than_there_is_says_how_many_there_are(client: TestClient, milk: UUID) -> None:
    cart, token = opened(client)
    body = client.put(f"{cart}/lines/{milk}", json={"quantity": 11}, headers=token).json()
    assert (body["can_checkout"], body["lines"][0]["available"], body["lines"][0]["available_quantity"]) == (False, False, 10)
    assert body["problems"] == [body["lines"][0]["problem"]]
    assert (body["problems"][0]["code"], body["problems"][0]["variant_id"]) == ("not_enough_stock", str(milk))


@pytest.mark.parametrize(
    "body",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 100},
        {"quantity": 10**30},
        {"quantity": 1.0},
        {"quantity": 1.5},
        {"quantity": "2"},
        {"quantity": True},
        {"quantity": None},
        {},
        [],
        {"quantity": 2, "unit_price": {"amount": 1, "currency": "INR"}},
        {"quantity": 2, "price": 1},
        {"quantity": 2, "line_total": 0},
    ],
)
def test_ac43_a_bad_quantity_or_a_price_of_ones_own_is_refused_and_changes_nothing(
    client: TestClient, uow: UnitOfWork, milk: UUID, body: Any
) -> None:
    cart, token = opened(client)
    client.put(f"{cart}/lines/{milk}", json={"quantity": 3}, headers=token)
    answer = client.put(f"{cart}/lines/{milk}", json=body, headers=token)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert lines_in_database(uow) == [3]


def test_ac43_broken_json_is_refused_and_changes_nothing(client: TestClient, uow: UnitOfWork, milk: UUID) -> None:
    cart, token = opened(client)
    headers = token | {"Content-Type": "application/json"}
    answer = client.put(f"{cart}/lines/{milk}", content=b'{"quantity": 2', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "json_invalid")
    assert lines_in_database(uow) == []


def test_a_new_cart_takes_no_prices_either(client: TestClient) -> None:
    assert client.post(URL, json={"total": 1}).status_code == 422


def test_an_unknown_product_is_not_found(client: TestClient, uow: UnitOfWork) -> None:
    cart, token = opened(client)
    answer = client.put(f"{cart}/lines/{new_id()}", json={"quantity": 1}, headers=token)
    assert (answer.status_code, answer.json()["code"]) == (404, "variant_not_found")
    assert client.put(f"{cart}/lines/milk", json={"quantity": 1}, headers=token).status_code == 422
    assert lines_in_database(uow) == []


def test_anybody_elses_cart_is_not_found(client: TestClient, uow: UnitOfWork, signed_in: dict[str, str], milk: UUID) -> None:
    of_guest, token = opened(client)
    of_customer = f"{URL}/{client.post(URL, headers=signed_in).json()['id']}"
    _, other_token = opened(client)
    strangers: list[tuple[str, dict[str, str]]] = [
        (of_guest, {}),
        (of_guest, other_token),
        (of_guest, signed_in),
        (of_customer, {}),
        (of_customer, token),
        (f"{URL}/{new_id()}", token),
    ]
    for cart, headers in strangers:
        answers = [
            client.get(cart, headers=headers),
            client.put(f"{cart}/lines/{milk}", json={"quantity": 1}, headers=headers),
            client.delete(f"{cart}/lines/{milk}", headers=headers),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "cart_not_found")] * 3
    assert lines_in_database(uow) == []


def test_a_repeated_write_is_answered_alike_and_happens_once(client: TestClient, uow: UnitOfWork, milk: UUID) -> None:
    cart, token = opened(client)
    keyed = token | {"Idempotency-Key": str(new_id())}
    first = client.put(f"{cart}/lines/{milk}", json={"quantity": 2}, headers=keyed)
    client.put(f"{cart}/lines/{milk}", json={"quantity": 7}, headers=token)
    again = client.put(f"{cart}/lines/{milk}", json={"quantity": 2}, headers=keyed)
    assert (again.json(), again.headers["Idempotent-Replay"]) == (first.json(), "true")
    assert lines_in_database(uow) == [7]
    other = client.put(f"{cart}/lines/{milk}", json={"quantity": 3}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert lines_in_database(uow) == [7]


def test_the_document_has_an_example_of_every_body(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name in ("OpenedCart", "CartOut", "CartLineOut", "ProductOut", "ProductPage", "VariantOut", "MoneyOut"):
        assert schemas[name]["examples"], name
    assert schemas["LineQuantity"]["additionalProperties"] is False
