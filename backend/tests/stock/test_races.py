"""Many at once, on real connections."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from app.core.actor import SYSTEM
from app.stock import service
from app.stock.errors import OutOfStock
from app.stock.models import Reservation, StockLevel, StockMovement
from tests.builders import make_customer, make_order, make_variant
from tests.conftest import UnitOfWork
from tests.racing import race

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def test_ac28_thirty_buyers_of_seven_pieces_and_exactly_seven_get_one(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, customer = make_variant(session, stock_quantity=7), make_customer(session)
        orders = [make_order(session, customer.id).id for _ in range(30)]

    def buy(number: int) -> bool:
        try:
            with uow() as session:
                service.reserve_many(session, orders[number], {milk.id: 1}, NOW + timedelta(minutes=15), NOW, SYSTEM)
        except OutOfStock:
            return False
        return True

    assert sum(race(30, buy)) == 7
    with uow() as session:
        row = session.exec(select(StockLevel).where(StockLevel.variant_id == milk.id)).one()
        assert (row.on_hand, row.reserved) == (7, 7)
        assert session.exec(select(func.sum(Reservation.quantity)).where(Reservation.variant_id == milk.id)).one() == 7
        reserved = (
            select(StockMovement.reserved_after)
            .where(StockMovement.kind == "reserve")
            .order_by(col(StockMovement.reserved_after))
        )
        assert list(session.exec(reserved)) == [1, 2, 3, 4, 5, 6, 7]


def test_baskets_in_any_order_never_wait_for_each_other_in_a_ring(uow: UnitOfWork) -> None:
    with uow() as session:
        variants = [make_variant(session, stock_quantity=1000).id for _ in range(6)]
        customer = make_customer(session)
        orders = [make_order(session, customer.id).id for _ in range(40)]

    def buy_and_give_up(number: int) -> bool:
        chosen: list[UUID] = Random(number).sample(variants, 4)
        with uow() as session:
            service.reserve_many(session, orders[number], dict.fromkeys(chosen, 2), None, NOW, SYSTEM)
        with uow() as session:
            return bool(service.release_many(session, orders[number], cause="cancelled", actor=SYSTEM, now=NOW))

    assert all(race(40, buy_and_give_up))
    with uow() as session:
        assert session.exec(select(func.sum(StockLevel.reserved))).one() == 0


def test_released_twice_at_the_same_moment_comes_back_once(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, order = make_variant(session, stock_quantity=10), make_order(session)
        service.reserve_many(session, order.id, {milk.id: 4}, None, NOW, SYSTEM)

    def give_up(_: int) -> bool:
        with uow() as session:
            return bool(service.release_many(session, order.id, cause="cancelled", actor=SYSTEM, now=NOW))

    assert sum(race(6, give_up)) == 1
    with uow() as session:
        assert service.availability(session, [milk.id]) == {milk.id: 10}


def test_received_from_many_sides_at_once_adds_up(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, curd = make_variant(session, stock_quantity=0), make_variant(session, stock_quantity=0)

    def receive(number: int) -> bool:
        pieces = {milk.id: 1, curd.id: 2} if number % 2 else {curd.id: 2, milk.id: 1}
        with uow() as session:
            service.receive(session, pieces, cause="van", actor=SYSTEM, now=NOW)
        return True

    assert all(race(20, receive))
    with uow() as session:
        assert service.availability(session, [milk.id, curd.id]) == {milk.id: 20, curd.id: 40}
