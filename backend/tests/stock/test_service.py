"""Stock on real rows: all or nothing, never below zero, every change a movement."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.stock import service
from app.stock.errors import OutOfStock
from app.stock.models import Reservation, StockLevel, StockMovement
from tests.builders import make_order, make_variant
from tests.conftest import UnitOfWork

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)


def level(session: Session, variant_id: UUID) -> tuple[int, int]:
    row = session.exec(
        select(StockLevel).where(StockLevel.variant_id == variant_id).execution_options(populate_existing=True)
    ).one()
    return row.on_hand, row.reserved


def held(session: Session, order_id: UUID) -> list[Reservation]:
    return list(session.exec(select(Reservation).where(Reservation.order_id == order_id, Reservation.status == "held")))


def movements(session: Session, variant_id: UUID) -> list[tuple[str, int, int, int]]:
    rows = session.exec(select(StockMovement).where(StockMovement.variant_id == variant_id).order_by(col(StockMovement.id)))
    return [(row.kind, row.quantity, row.on_hand_after, row.reserved_after) for row in rows]


def test_what_comes_in_adds_up(session: Session) -> None:
    milk, never_received = make_variant(session, stock_quantity=10), make_variant(session, stock_quantity=0)
    service.receive(session, {milk.id: 5}, cause="morning van", actor=SYSTEM, now=NOW)
    assert service.availability(session, [milk.id, never_received.id]) == {milk.id: 15, never_received.id: 0}
    assert movements(session, milk.id) == [("receive", 10, 10, 0), ("receive", 5, 15, 0)]


def test_a_basket_is_reserved_as_one(session: Session) -> None:
    milk, curd = make_variant(session), make_variant(session, stock_quantity=2)
    order = make_order(session)
    service.reserve_many(session, order.id, {milk.id: 3, curd.id: 2}, SOON, NOW, SYSTEM)
    assert service.availability(session, [milk.id, curd.id]) == {milk.id: 7, curd.id: 0}
    assert {(row.variant_id, row.quantity, row.expires_at) for row in held(session, order.id)} == {
        (milk.id, 3, SOON),
        (curd.id, 2, SOON),
    }
    assert movements(session, milk.id)[-1] == ("reserve", 3, 10, 3)
    entry = session.exec(select(AuditEntry).where(AuditEntry.object_id == order.id)).one()
    assert (entry.action, entry.changes["quantities"]) == ("stock.reserved", {str(milk.id): 3, str(curd.id): 2})


def test_a_shortage_names_every_short_variant_and_reserves_nothing(session: Session) -> None:
    milk, curd, ghee = make_variant(session), make_variant(session, stock_quantity=2), make_variant(session, stock_quantity=0)
    order = make_order(session)
    with pytest.raises(OutOfStock) as refused:
        service.reserve_many(session, order.id, {milk.id: 1, curd.id: 3, ghee.id: 1}, SOON, NOW, SYSTEM)
    assert {(fact["variant_id"], fact["available_quantity"]) for fact in refused.value.facts["variants"]} == {
        (str(curd.id), 2),
        (str(ghee.id), 0),
    }
    assert held(session, order.id) == []
    assert level(session, milk.id) == (10, 0)
    assert movements(session, milk.id) == [("receive", 10, 10, 0)]


def test_an_order_reserves_a_variant_once(uow: UnitOfWork) -> None:
    with uow() as session:
        milk, order = make_variant(session), make_order(session)
        service.reserve_many(session, order.id, {milk.id: 1}, SOON, NOW, SYSTEM)
    with pytest.raises(IntegrityError, match="uq_reservations_held"), uow() as session:
        service.reserve_many(session, order.id, {milk.id: 1}, SOON, NOW, SYSTEM)
    with uow() as session:
        assert level(session, milk.id) == (10, 1)


def test_a_paid_order_holds_its_stock_without_end(session: Session) -> None:
    milk, order = make_variant(session), make_order(session)
    service.reserve_many(session, order.id, {milk.id: 1}, SOON, NOW, SYSTEM)
    assert [service.firm_up(session, order.id), service.firm_up(session, order.id)] == [1, 1]
    assert [row.expires_at for row in held(session, order.id)] == [None]
    assert level(session, milk.id) == (10, 1)


def test_released_stock_is_there_again_and_only_once(session: Session) -> None:
    milk, order = make_variant(session), make_order(session)
    service.reserve_many(session, order.id, {milk.id: 4}, SOON, NOW, SYSTEM)
    assert service.release_many(session, order.id, cause="not paid in time", actor=SYSTEM, now=NOW) == {milk.id: 4}
    assert service.release_many(session, order.id, cause="again", actor=SYSTEM, now=NOW) == {}
    assert level(session, milk.id) == (10, 0)
    assert movements(session, milk.id)[1:] == [("reserve", 4, 10, 4), ("release", 4, 10, 0)]
    assert service.firm_up(session, order.id) == 0


def test_an_order_given_up_may_reserve_anew(session: Session) -> None:
    milk, order = make_variant(session), make_order(session)
    service.reserve_many(session, order.id, {milk.id: 4}, SOON, NOW, SYSTEM)
    service.release_many(session, order.id, cause="not paid in time", actor=SYSTEM, now=NOW)
    service.reserve_many(session, order.id, {milk.id: 4}, None, NOW, SYSTEM)
    assert level(session, milk.id) == (10, 4)


def test_what_is_packed_leaves_the_shelf(session: Session) -> None:
    milk, order = make_variant(session), make_order(session)
    service.reserve_many(session, order.id, {milk.id: 4}, None, NOW, SYSTEM)
    assert service.deduct_many(session, order.id, cause="packed", actor=SYSTEM, now=NOW) == {milk.id: 4}
    assert service.release_many(session, order.id, cause="too late", actor=SYSTEM, now=NOW) == {}
    assert level(session, milk.id) == (6, 0)
    assert movements(session, milk.id)[-1] == ("deduct", 4, 6, 0)


def test_one_order_leaves_another_ones_stock_alone(session: Session) -> None:
    milk, mine, theirs = make_variant(session), make_order(session), make_order(session)
    service.reserve_many(session, mine.id, {milk.id: 4}, SOON, NOW, SYSTEM)
    service.reserve_many(session, theirs.id, {milk.id: 5}, SOON, NOW, SYSTEM)
    service.release_many(session, mine.id, cause="cancelled", actor=SYSTEM, now=NOW)
    assert level(session, milk.id) == (10, 5)
    assert len(held(session, theirs.id)) == 1


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_or_less_is_a_mistake_of_the_caller(session: Session, quantity: int) -> None:
    milk = make_variant(session)
    with pytest.raises(ValueError, match="positive"):
        service.reserve_many(session, None, {milk.id: quantity}, SOON, NOW, SYSTEM)
    with pytest.raises(ValueError, match="positive"):
        service.receive(session, {milk.id: quantity}, cause="van", actor=SYSTEM, now=NOW)
    assert level(session, milk.id) == (10, 0)


@pytest.mark.parametrize(("on_hand", "reserved"), [(-1, 0), (1, -1), (1, 2)])
def test_the_database_itself_refuses_an_impossible_level(uow: UnitOfWork, on_hand: int, reserved: int) -> None:
    with uow() as session:
        milk = make_variant(session, stock_quantity=0)
    with pytest.raises(IntegrityError, match="ck_stock_levels"), uow() as session:
        session.add(StockLevel(store_id=milk.store_id, id=new_id(), variant_id=milk.id, on_hand=on_hand, reserved=reserved))
        session.flush()
