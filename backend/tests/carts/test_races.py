"""Two devices, two tabs, two taps: one cart, one order."""

from datetime import UTC, date, datetime

from sqlmodel import select

from app.carts import service
from app.carts.errors import CartClosed
from app.carts.models import Cart, CartLine
from app.carts.service import Owner
from app.core.actor import SYSTEM
from tests.builders import make_customer, make_order, make_variant
from tests.conftest import UnitOfWork
from tests.racing import race

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def test_a_customer_who_opens_a_cart_on_many_devices_has_one(uow: UnitOfWork) -> None:
    with uow() as session:
        customer = make_customer(session)

    def open_one(_: int) -> object:
        with uow() as session:
            return service.open_cart(session, customer.id, NOW)[0].id

    assert len(set(race(12, open_one))) == 1
    with uow() as session:
        assert len(session.exec(select(Cart)).all()) == 1


def test_a_cart_merged_from_two_tabs_is_added_once(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, customer = make_variant(session), make_customer(session)
        guest, token = service.open_cart(session, None, NOW)
        service.set_quantity(session, guest.id, Owner(token=token), milk.id, 3, today=TODAY, now=NOW)

    def merge(_: int) -> bool:
        with uow() as session:
            return service.merge(session, guest.id, token or "", customer.id, NOW, SYSTEM) is not None

    assert sum(race(8, merge)) == 1
    with uow() as session:
        assert sorted(session.exec(select(CartLine.quantity))) == [3, 3]  # the guest's line and the customer's


def test_a_cart_becomes_one_order_and_nothing_is_added_after(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, customer = make_variant(session), make_customer(session)
        cart, _ = service.open_cart(session, customer.id, NOW)
        orders = [make_order(session, customer.id).id for _ in range(5)]

    def convert(number: int) -> int | None:
        with uow() as session:
            locked = service.lock_for_checkout(session, cart.id, customer.id)
            lines = len(session.exec(select(CartLine)).all())
            service.convert(session, locked, orders[number], SYSTEM)
            return lines

    def act(number: int) -> int | None:
        """Even: check out, and how many lines were bought. Odd: put something in."""
        try:
            if number % 2 == 0:
                return convert(number // 2)
            with uow() as session:
                service.set_quantity(session, cart.id, Owner(customer.id), milk.id, 1, today=TODAY, now=NOW)
        except CartClosed:
            pass
        return None

    bought = [lines for lines in race(10, act) if lines is not None]
    with uow() as session:
        assert [len(session.exec(select(CartLine)).all())] == bought
