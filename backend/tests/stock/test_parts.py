"""A part of what an order holds: given back, taken off the shelf, put back on it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from app.core.actor import SYSTEM
from app.stock import service
from app.stock.models import Reservation
from app.stores.models import Store
from tests.builders import make_order, make_variant
from tests.conftest import UnitOfWork
from tests.racing import race
from tests.stock.test_service import level, movements
from tests.unchanged import unchanged

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def reservations(session: Session, order_id: UUID) -> list[tuple[str, int]]:
    rows = session.exec(
        select(Reservation).where(Reservation.order_id == order_id).execution_options(populate_existing=True)
    ).all()
    return sorted((row.status, row.quantity) for row in rows)


def reserved_order(session: Session, *, milk: int = 5, curd: int = 3) -> tuple[UUID, UUID, UUID]:
    """An order that holds all of its milk and curd."""
    order = make_order(session)
    ids = make_variant(session, stock_quantity=milk).id, make_variant(session, stock_quantity=curd).id
    service.reserve_many(session, order.id, dict(zip(ids, (milk, curd), strict=True)), NOW + timedelta(hours=1), NOW, SYSTEM)
    return order.id, *ids


def test_a_part_is_given_back_and_the_rest_stays_held(session: Session) -> None:
    order, milk, curd = reserved_order(session)
    given = service.release_some(session, order, {milk: 2, curd: 3}, cause="lines cancelled", actor=SYSTEM, now=NOW)
    assert given == {milk: 2, curd: 3}
    assert (level(session, milk), level(session, curd)) == ((5, 3), (3, 0))
    assert reservations(session, order) == [("held", 3), ("released", 2), ("released", 3)]
    assert movements(session, milk)[-1] == ("release", 2, 5, 3)
    assert service.release_many(session, order, cause="cancelled", actor=SYSTEM, now=NOW) == {milk: 3}
    entries = session.exec(select(AuditEntry).where(AuditEntry.action == "stock.released", AuditEntry.object_id == order))
    assert sorted(len(entry.changes["quantities"]) for entry in entries) == [1, 2]


def test_two_shipments_take_what_the_order_holds_and_all_of_it_stays_readable(session: Session) -> None:
    order, milk, curd = reserved_order(session)
    service.deduct_some(session, order, {milk: 2}, cause="packed", actor=SYSTEM, now=NOW)
    assert (level(session, milk), level(session, curd)) == ((3, 3), (3, 3))
    service.deduct_some(session, order, {milk: 1, curd: 3}, cause="packed", actor=SYSTEM, now=NOW)
    assert (level(session, milk), level(session, curd)) == ((2, 2), (0, 0))
    assert reservations(session, order) == [("deducted", 1), ("deducted", 2), ("deducted", 3), ("held", 2)]
    assert service.deduct_many(session, order, cause="packed", actor=SYSTEM, now=NOW) == {milk: 2}
    assert [move[:2] for move in movements(session, milk)[2:]] == [("deduct", 2), ("deduct", 1), ("deduct", 2)]


def test_what_comes_back_is_on_the_shelf_for_anybody_and_never_more_than_left(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        order, milk, curd = reserved_order(session)
        service.deduct_some(session, order, {milk: 4}, cause="packed", actor=SYSTEM, now=NOW)
        assert service.restock(session, order, {milk: 3}, cause="returned", actor=SYSTEM, now=NOW) == {milk: 3}
        assert (level(session, milk), movements(session, milk)[-1]) == ((4, 1), ("restock", 3, 4, 1))
    for too_much in ({milk: 2}, {milk: 1, curd: 1}):
        with unchanged(store), pytest.raises(ValueError, match="has out"), uow() as session:
            service.restock(session, order, too_much, cause="returned", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("act", [service.release_some, service.deduct_some])
def test_more_than_is_held_is_a_mistake_and_moves_nothing(uow: UnitOfWork, store: Store, act: object) -> None:
    with uow() as session:
        order, milk, curd = reserved_order(session)
        other, tea, _ = reserved_order(session)
    for too_much in ({milk: 1, curd: 4}, {tea: 1}):
        with unchanged(store), pytest.raises(ValueError, match="the order holds"), uow() as session:
            act(session, order, too_much, cause="mistake", actor=SYSTEM, now=NOW)  # type: ignore[operator]
    with uow() as session:
        assert reservations(session, other) == [("held", 3), ("held", 5)]


def test_an_order_revived_after_its_expiry_holds_its_goods_anew(session: Session) -> None:
    order, milk, curd = reserved_order(session)
    service.release_many(session, order, cause="not paid in time", actor=SYSTEM, now=NOW)
    service.reserve_many(session, order, {milk: 5, curd: 3}, None, NOW, SYSTEM)
    assert reservations(session, order) == [("held", 3), ("held", 5), ("released", 3), ("released", 5)]
    assert service.deduct_many(session, order, cause="packed", actor=SYSTEM, now=NOW) == {milk: 5, curd: 3}
    assert level(session, milk) == (0, 0)


def test_parts_taken_at_the_same_moment_add_up_and_the_last_is_refused(uow: UnitOfWork) -> None:
    with uow() as session:
        order, milk, curd = reserved_order(session)

    def part(number: int) -> bool:
        act = service.deduct_some if number % 2 else service.release_some
        try:
            with uow() as session:
                act(session, order, {curd: 1, milk: 1}, cause="part", actor=SYSTEM, now=NOW)
        except ValueError:
            return False
        return True

    taken = race(6, part)
    assert sum(taken) == 3  # as many as there is curd
    with uow() as session:
        deducted = sum(taken[1::2])
        assert (level(session, milk), level(session, curd)) == ((5 - deducted, 2), (3 - deducted, 0))
