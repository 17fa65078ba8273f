"""Tokens that were never given out, and keys that somebody else used."""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import jwt
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from app.core.clock import machine_now
from app.core.config import settings
from app.core.ids import new_id
from app.core.security import _jwt_key, hash_token, read_jwt, sign_jwt
from app.idempotency.models import IdempotencyKey
from app.orders.models import Order
from app.stores.models import Store
from tests.builders import make_variant
from tests.security.raw_http import ask, status_of
from tests.shopping import ADDRESS, make_shopper

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def claims_of(store: Store) -> dict[str, Any]:
    expires = int(machine_now().timestamp()) + 600
    return {
        "sub": str(new_id()),
        "kind": "staff",
        "role": "admin",
        "store": str(store.id),
        "sid": str(new_id()),
        "exp": expires,
    }


def unsigned(store: Store, algorithm: str) -> str:
    return f"{segment(json.dumps({'alg': algorithm}).encode())}.{segment(json.dumps(claims_of(store)).encode())}"


def test_a_digest_kept_in_the_database_is_no_signature(store: Store) -> None:
    """Digests of e-mail addresses and cart tokens are made of what callers send: a copy of the database must sign nobody in."""
    message = unsigned(store, "HS256")
    assert read_jwt(f"{message}.{segment(bytes.fromhex(hash_token(message)))}") is None


def test_neither_the_secret_itself_nor_none_signs_a_token(client: TestClient, store: Store) -> None:
    forged = [
        jwt.encode(claims_of(store), settings.secret_key, algorithm="HS256"),
        jwt.encode(claims_of(store), "", algorithm="none"),
        f"{unsigned(store, 'none')}.",
        f"{unsigned(store, 'HS512')}.{segment(b'x' * 64)}",
    ]
    for token in forged:
        answer = client.get("/api/v1/messages", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("missing", ["exp", "sub"])
def test_a_token_for_ever_or_for_nobody_is_none(missing: str) -> None:
    genuine = sign_jwt({"sub": "somebody"}, seconds=600)
    assert read_jwt(genuine) is not None
    claims = {name: value for name, value in (read_jwt(genuine) or {}).items() if name != missing}
    assert read_jwt(jwt.encode(claims, _jwt_key(), algorithm="HS256")) is None


@pytest.mark.parametrize(
    "token",
    [
        segment(b"[" * 30_000) + ".e30.x",
        segment(b'{"alg":"HS256","a":' + b"[" * 30_000) + ".e30.x",
        segment(b'{"alg":"HS256","a":' + b"9" * 5000 + b"}") + ".e30.x",
        segment(b'{"alg":["HS256"]}') + ".e30.x",
        segment(b'{"alg":"HS256","kid":5,"crit":["b64"],"b64":false}') + ".e30.x",
        "..", "ÿþ.ÿ.ÿ",
    ],
    ids=["deep", "deep object", "huge number", "list of algorithms", "detached", "empty", "not ascii"],
)  # fmt: skip
def test_a_monstrous_token_is_a_refusal_and_not_a_crash(store: Store, live_api: str, token: str) -> None:
    answer = ask(live_api, str(store.host), b"/api/v1/me", b"Authorization: Bearer " + token.encode("latin-1"))
    assert status_of(answer) == 401
    assert b'"token_invalid"' in answer


def test_two_customers_with_one_idempotency_key_never_see_each_others_answer(client: TestClient, store: Store) -> None:
    one, other = make_shopper(store), make_shopper(store)
    key = {"Idempotency-Key": "the-same-key"}
    first = client.post("/api/v1/checkouts", json=one.checkout, headers=one.headers | key)
    assert first.status_code == 201
    copied = client.post("/api/v1/checkouts", json=one.checkout, headers=other.headers | key)
    assert (copied.status_code, copied.json()["code"]) == (404, "cart_not_found")
    own = client.post("/api/v1/checkouts", json=other.checkout, headers=other.headers | key)
    assert own.status_code == 201
    assert own.json()["order"]["id"] != first.json()["order"]["id"]
    assert "Idempotent-Replay" not in own.headers


def test_guests_of_one_address_never_see_each_others_answer(client: TestClient, uow: UnitOfWork) -> None:
    """The same key, the same route and the same body, from behind the same address: the cart's token tells them apart."""
    with uow() as session:
        milk = make_variant(session).id
    cart = client.post("/api/v1/carts").json()
    line, key = f"/api/v1/carts/{cart['id']}/lines/{milk}", {"Idempotency-Key": "k"}
    own = client.put(line, json={"quantity": 2}, headers=key | {"X-Cart-Token": cart["cart_token"]})
    assert own.status_code == 200
    for thief in ({}, {"X-Cart-Token": client.post("/api/v1/carts").json()["cart_token"]}, {"X-Cart-Token": "guess"}):
        answer = client.put(line, json={"quantity": 2}, headers=key | thief)
        assert (answer.status_code, answer.json()["code"]) == (404, "cart_not_found")


def test_no_kept_answer_holds_a_token(client: TestClient, uow: UnitOfWork, store: Store) -> None:
    shopper = make_shopper(store)
    key = {"Idempotency-Key": "k-1"}
    guest = client.post("/api/v1/carts", headers=key).json()
    again = client.post("/api/v1/carts", headers=key).json()
    assert guest["cart_token"] != again["cart_token"]
    for path, body in (("/api/v1/addresses", {**ADDRESS}), ("/api/v1/checkouts", shopper.checkout)):
        assert client.post(path, json=body, headers=shopper.headers).status_code == 201
    with uow() as session:
        kept = session.exec(select(IdempotencyKey.response_body).where(col(IdempotencyKey.response_body).is_not(None))).all()
    assert len(kept) == 2
    assert "token" not in json.dumps(kept)


def test_a_strangers_cart_is_neither_taken_over_nor_merged_by_its_id(client: TestClient, uow: UnitOfWork, store: Store) -> None:
    victim, thief = make_shopper(store), make_shopper(store)
    cart = f"/api/v1/carts/{victim.cart_id}"
    own_token = client.post("/api/v1/carts").json()["cart_token"]
    for headers in (thief.headers, {"X-Cart-Token": own_token}, thief.headers | {"X-Cart-Token": own_token}, {}):
        assert client.get(cart, headers=headers).status_code == 404
        assert client.put(f"{cart}/lines/{victim.variant_id}", json={"quantity": 9}, headers=headers).status_code == 404
        assert client.delete(f"{cart}/lines/{victim.variant_id}", headers=headers).status_code == 404
    assert client.get(cart, headers=victim.headers).json()["lines"][0]["quantity"] == 2
    with uow() as session:
        assert session.exec(select(Order)).all() == []


def test_ids_are_not_enough_to_know_anything_of_a_strangers_order(client: TestClient, store: Store) -> None:
    victim, thief = make_shopper(store), make_shopper(store)
    order_id = UUID(client.post("/api/v1/checkouts", json=victim.checkout, headers=victim.headers).json()["order"]["id"])
    form = {"razorpay_payment_id": "pay_1", "razorpay_order_id": "order_1", "razorpay_signature": "0" * 64}
    for order in (order_id, new_id()):  # one that is there and one that is not are answered alike
        for path in (f"/api/v1/orders/{order}", f"/api/v1/orders/{order}/explain"):
            answer = client.get(path, headers=thief.headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
        for path, body in ((f"/api/v1/orders/{order}/payment", None), (f"/api/v1/orders/{order}/payment-confirmation", form)):
            answer = client.post(path, json=body, headers=thief.headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
        back = client.post(f"/api/v1/payment-returns/{order}", data=form)
        assert (back.status_code, back.headers["location"].endswith(f"#/orders/{order}?payment=failed")) == (303, True)
    assert client.get("/api/v1/orders", params={"after": str(new_id())}, headers=thief.headers).json()["items"] == []
