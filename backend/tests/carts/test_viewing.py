"""One answer to "can I place this, and if not, what fixes it", at today's prices."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from app.carts import service
from app.carts.models import Cart
from app.carts.service import Owner
from app.carts.viewing import CartView, view
from app.catalog.models import Price, Product, Variant
from app.core.actor import SYSTEM
from app.core.db import engine
from app.stock import service as stock
from app.stores import service as stores
from tests.builders import make_order, make_variant

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def cart_of(session: Session, *chosen: tuple[Variant, int]) -> Cart:
    cart, token = service.open_cart(session, None, NOW)
    for variant, quantity in chosen:
        service.set_quantity(session, cart.id, Owner(token=token), variant.id, quantity, today=TODAY, now=NOW)
    return cart


def codes(seen: CartView) -> list[tuple[str, Any]]:
    return [(problem.code, problem.variant_id) for problem in seen.problems]


def test_a_good_cart_can_be_placed_and_adds_up(session: Session) -> None:
    ghee, banana = make_variant(session, amount=10_500), make_variant(session, amount=4_000, is_exempt=True, hsn="0803")
    seen = view(session, cart_of(session, (ghee, 2), (banana, 1)), today=TODAY)
    assert seen.can_checkout
    assert (seen.basket.subtotal_amount, seen.basket.tax_amount, seen.basket.total_amount) == (25_000, 1_000, 25_000)
    assert seen.quantities == {ghee.id: 2, banana.id: 1}
    assert [line.priced.goods.total_amount for line in seen.lines if line.priced] == [21_000, 4_000]


def test_the_delivery_address_moves_the_tax_to_igst(session: Session) -> None:
    cart = cart_of(session, (make_variant(session, amount=10_500), 1))
    away = view(session, cart, today=TODAY, delivery_state_code="27").basket
    assert (away.lines[0].goods.igst_amount, away.total_amount) == (500, 10_500)


def test_an_empty_cart_says_so(session: Session) -> None:
    seen = view(session, cart_of(session), today=TODAY)
    assert (codes(seen), seen.can_checkout, seen.basket.total_amount) == ([("cart_empty", None)], False, 0)


def test_a_price_is_the_one_of_the_moment(session: Session) -> None:
    milk = make_variant(session, amount=6_000, mrp_amount=7_000)
    cart = cart_of(session, (milk, 2))
    price = session.exec(select(Price).where(Price.variant_id == milk.id)).one()
    price.amount = 6_500
    assert view(session, cart, today=TODAY).basket.total_amount == 13_000


def test_every_obstacle_is_named_with_what_fixes_it(session: Session) -> None:
    few, gone, off, fine = (make_variant(session, stock_quantity=5) for _ in range(4))
    cart = cart_of(session, (few, 7), (gone, 1), (off, 1), (fine, 1))
    stock.reserve_many(session, make_order(session).id, {gone.id: 5}, None, NOW, SYSTEM)
    product = session.exec(select(Product).where(col(Product.id) == off.product_id)).one()
    product.is_active = False
    session.flush()
    seen = view(session, cart, today=TODAY)
    assert codes(seen) == [("not_enough_stock", few.id), ("out_of_stock", gone.id), ("no_longer_sold", off.id)]
    assert "lower the quantity to 5" in seen.problems[0].detail
    assert [problem.available_quantity for problem in seen.problems] == [5, 0, 0]
    assert not seen.can_checkout
    assert seen.lines[2].name == product.name  # what left the shelf is still called by its name, and costs nothing
    assert seen.basket.total_amount == 8 * 6_000 + 6_000


@pytest.mark.parametrize("size", [1, 12])
def test_a_look_costs_a_constant_number_of_statements(session: Session, size: int) -> None:
    variants = [make_variant(session) for _ in range(size)]
    cart = cart_of(session, *((variant, 1) for variant in variants))
    variants[0].is_active = False
    stores.get(session)
    session.flush()
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", count)
    try:
        view(session, cart, today=TODAY)
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert len(statements) == 5
