"""Prices that change while something lies in a cart: said, and never charged unseen."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select, update

from app.carts import service
from app.carts.models import Cart, CartLine
from app.carts.service import Owner
from app.carts.viewing import CartView, view
from app.catalog.models import Price
from app.core.actor import SYSTEM
from app.orders.models import Order
from app.stock import service as stock
from app.stores.models import Store
from tests.builders import make_customer, make_order, make_variant
from tests.conftest import UnitOfWork
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper
from tests.unchanged import unchanged

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def reprice(session: Session, variant_id: UUID, amount: int) -> None:
    prices = update(Price).where(col(Price.variant_id) == variant_id)
    session.execute(prices.values(amount=amount, mrp_amount=max(amount, 9_900)))


def put(session: Session, cart: Cart, token: str | None, variant_id: UUID, quantity: int = 2) -> CartView:
    service.set_quantity(session, cart.id, Owner(token=token), variant_id, quantity, today=TODAY, now=NOW)
    return view(session, cart, today=TODAY)


def test_what_became_dearer_is_said_until_it_is_agreed_to(session: Session) -> None:
    milk, (cart, token) = make_variant(session, amount=6_000).id, service.open_cart(session, None, NOW)
    assert put(session, cart, token, milk).can_checkout
    reprice(session, milk, 6_500)
    for _ in range(2):
        seen = view(session, cart, today=TODAY)
        assert [(change.code, change.seen_amount, change.new_amount) for change in seen.changes] == [
            ("price_rose", 6_000, 6_500)
        ]
        (problem,) = seen.problems
        assert (problem.code, problem.seen_amount, problem.new_amount) == ("price_changed", 6_000, 6_500)
        assert "costs ₹65.00 now, no longer ₹60.00" in problem.detail
        assert (seen.basket.total_amount, seen.lines[0].can_be_had) == (13_000, True)
    agreed = put(session, cart, token, milk)
    assert (agreed.changes, agreed.problems, agreed.basket.total_amount) == ([], [], 13_000)


def test_what_became_cheaper_is_said_and_needs_nothing(session: Session) -> None:
    milk, (cart, token) = make_variant(session, amount=6_000).id, service.open_cart(session, None, NOW)
    put(session, cart, token, milk)
    reprice(session, milk, 5_000)
    seen = view(session, cart, today=TODAY)
    assert ([change.code for change in seen.changes], seen.can_checkout, seen.basket.total_amount) == (
        ["price_fell"],
        True,
        10_000,
    )


def test_a_line_says_the_greater_trouble_first_and_an_old_one_nothing(session: Session) -> None:
    milk, tea = make_variant(session, amount=6_000).id, make_variant(session, amount=6_000).id
    cart, token = service.open_cart(session, None, NOW)
    put(session, cart, token, milk)
    put(session, cart, token, tea)
    session.execute(update(CartLine).where(col(CartLine.variant_id) == tea).values(seen_amount=None))
    stock.reserve_many(session, make_order(session).id, {milk: 9}, None, NOW, SYSTEM)
    for variant_id in (milk, tea):
        reprice(session, variant_id, 7_000)
    seen = view(session, cart, today=TODAY)
    assert [problem.code for problem in seen.problems] == ["not_enough_stock"]
    assert [change.variant_id for change in seen.changes] == [milk]


@pytest.mark.parametrize("own_first", [True, False])
def test_signing_in_keeps_the_price_that_was_shown_last(session: Session, own_first: bool) -> None:
    milk, customer = make_variant(session, amount=6_000).id, make_customer(session)
    own, _ = service.open_cart(session, customer.id, NOW)
    if own_first:
        service.set_quantity(session, own.id, Owner(customer_id=customer.id), milk, 1, today=TODAY, now=NOW)
        reprice(session, milk, 6_500)
    guest, token = service.open_cart(session, None, NOW)
    put(session, guest, token, milk)  # shown at ₹65.00, or at ₹60.00
    reprice(session, milk, 6_500)
    service.merge(session, guest.id, token or "", customer.id, NOW, SYSTEM)
    seen = view(session, own, today=TODAY)
    assert [change.seen_amount for change in seen.changes] == ([] if own_first else [6_000])


def test_nobody_is_taken_to_the_payment_page_with_a_price_they_were_not_shown(
    client: TestClient, store: Store, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    shopper = make_shopper(store, 2, amount=6_000)
    with uow() as session:
        reprice(session, shopper.variant_id, 6_500)
    with unchanged(store):
        refused = client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "cart_not_ready")
    (problem,) = refused.json()["problems"]
    assert (problem["code"], problem["seen_amount"], problem["new_amount"]) == ("price_changed", 6_000, 6_500)
    assert sandbox.calls("orders.create") == []
    line = f"/api/v1/carts/{shopper.cart_id}/lines/{shopper.variant_id}"
    looked = client.get(f"/api/v1/carts/{shopper.cart_id}", headers=shopper.headers).json()
    assert (looked["can_checkout"], looked["lines"][0]["available"]) == (False, True)
    assert looked["changes"][0]["new_price"] == {"amount": 6_500, "currency": "INR"}
    assert client.put(line, json={"quantity": 2}, headers=shopper.headers).json()["problems"] == []
    assert client.post("/api/v1/checkouts", json=shopper.checkout, headers=shopper.headers).status_code == 201
    with uow() as session:
        assert session.exec(select(Order.total_amount)).one() == 13_000
