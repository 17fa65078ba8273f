"""Stock-takes: what people found, beside what the books said at that moment; booked once."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import Session

from app.catalog.errors import VariantNotFound
from app.core.actor import SYSTEM
from app.core.errors import Refusal
from app.core.ids import new_id
from app.stock import count_queries, counting, service
from app.stock.errors import BeingCounted, CountClosed, CountNotFound, NothingToCount, NotInCount, NotOnShelf, StockReserved
from app.stores.models import Store
from tests.builders import make_order, make_product, make_variant
from tests.conftest import UnitOfWork
from tests.racing import race
from tests.stock.test_service import level, movements
from tests.unchanged import unchanged

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def open_count(session: Session, *variant_ids: UUID) -> UUID:
    return counting.open_count(session, list(variant_ids), actor=SYSTEM, now=NOW).id


def enter(session: Session, count: UUID, variant_id: UUID, counted: int | None) -> int:
    return counting.enter(session, count, variant_id, counted, actor=SYSTEM, now=NOW).difference


def close(session: Session, count: UUID) -> str:
    return counting.close(session, count, actor=SYSTEM, now=NOW).status


def test_differences_are_booked_once_and_what_nobody_counted_stays(session: Session) -> None:
    milk, curd, ghee, tea = (make_variant(session).id for _ in range(4))
    new = make_variant(session, stock_quantity=0).id
    count = open_count(session, milk, curd, ghee, tea, new)
    entered = [
        enter(session, count, variant_id, pieces) for variant_id, pieces in ((milk, 8), (curd, 11), (ghee, 10), (new, 3))
    ]
    assert entered == [-2, 1, 0, 3]
    assert count_queries.tally(session, count) == (5, 4, 3, 4, 2)
    assert [close(session, count), close(session, count)] == ["closed", "closed"]
    assert [level(session, one)[0] for one in (milk, curd, ghee, tea, new)] == [8, 11, 10, 10, 3]
    assert movements(session, milk)[1:] == [("count", -2, 8, 0)]
    assert (len(movements(session, ghee)), len(movements(session, tea))) == (1, 1)


def test_what_moves_while_people_count_distorts_nothing(session: Session) -> None:
    """Twelve are there, two of them promised; the books say ten. All that is found is two more, whatever happens around it."""
    milk, order, later = make_variant(session).id, make_order(session).id, make_order(session).id
    service.reserve_many(session, order, {milk: 2}, None, NOW, SYSTEM)
    count = open_count(session, milk)
    assert enter(session, count, milk, 12) == 2
    service.deduct_many(session, order, cause="packed", actor=SYSTEM, now=NOW)
    service.reserve_many(session, later, {milk: 5}, None, NOW, SYSTEM)
    service.receive(session, {milk: 20}, cause="van", actor=SYSTEM, now=NOW)
    close(session, count)
    assert level(session, milk) == (10 - 2 + 20 + 2, 5)


def test_entered_again_the_last_entry_counts_and_one_can_be_taken_back(session: Session) -> None:
    milk, curd = make_variant(session).id, make_variant(session).id
    count = open_count(session, milk, curd)
    assert [enter(session, count, milk, pieces) for pieces in (3, 9)] == [-7, -1]
    assert [enter(session, count, curd, pieces) for pieces in (0, None)] == [-10, 0]
    assert [(line.counted_quantity, line.difference) for line in _lines(session, count, "counted")] == [(9, -1)]
    assert [line.variant_id for line in _lines(session, count, "uncounted")] == [curd]
    close(session, count)
    assert (level(session, milk), level(session, curd)) == ((9, 0), (10, 0))


def _lines(session: Session, count: UUID, which: count_queries.Which) -> list[count_queries.CountedLine]:
    return count_queries.lines(session, count, which=which, after_sku=None, limit=10)


def test_less_than_is_promised_is_refused_with_the_orders_and_nothing_of_the_count_is_booked(
    uow: UnitOfWork, store: Store
) -> None:
    with uow() as session:
        milk, curd, order = make_variant(session).id, make_variant(session).id, make_order(session).id
        service.reserve_many(session, order, {milk: 6}, None, NOW, SYSTEM)
        count = open_count(session, milk, curd)
        enter(session, count, milk, 5)
        enter(session, count, curd, 12)
    with unchanged(store), pytest.raises(StockReserved) as refused, uow() as session:
        close(session, count)
    assert refused.value.facts["variants"][0]["orders"] == [{"order_id": str(order), "quantity": 6}]
    with uow() as session:
        service.release_some(session, order, {milk: 1}, cause="line cancelled", actor=SYSTEM, now=NOW)
        close(session, count)
        assert (level(session, milk), level(session, curd)) == ((5, 5), (12, 0))


def test_what_was_missing_and_packed_all_the_same_is_to_be_counted_again(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        milk, order = make_variant(session).id, make_order(session).id
        count = open_count(session, milk)
        enter(session, count, milk, 0)
        service.reserve_many(session, order, {milk: 10}, None, NOW, SYSTEM)
        service.deduct_many(session, order, cause="packed", actor=SYSTEM, now=NOW)
    with unchanged(store), pytest.raises(NotOnShelf), uow() as session:
        close(session, count)


def test_a_variant_is_in_one_open_count_at_most(uow: UnitOfWork) -> None:
    """Two would book the same difference twice."""
    with uow() as session:
        milk, curd = make_variant(session).id, make_variant(session).id

    def begin(_: int) -> UUID | None:
        try:
            with uow() as session:
                return open_count(session, milk, curd)
        except BeingCounted as refused:
            assert len(refused.facts["variants"]) == 2
            return None

    (count,) = [found for found in race(6, begin) if found]
    with uow() as session:
        enter(session, count, milk, 9)
        close(session, count)
        assert open_count(session, milk) != count


def test_closed_by_many_at_once_it_is_booked_once(uow: UnitOfWork) -> None:
    with uow() as session:
        milk = make_variant(session).id
        count = open_count(session, milk)
        enter(session, count, milk, 4)

    def shut(_: int) -> str:
        with uow() as session:
            return close(session, count)

    assert set(race(6, shut)) == {"closed"}
    with uow() as session:
        assert (level(session, milk), len(movements(session, milk))) == ((4, 0), 2)


def test_a_category_or_everything_that_is_sold_or_still_there(session: Session) -> None:
    dairy, gone = make_product(session, category="Dairy"), make_product(session, category="Dairy", is_active=False)
    milk, tea = make_variant(session, product=dairy).id, make_variant(session).id
    left_over = make_variant(session, product=gone, stock_quantity=1).id
    make_variant(session, product=gone, stock_quantity=0)
    count = counting.open_count(session, category="Dairy", actor=SYSTEM, now=NOW)
    assert {line.variant_id for line in _lines(session, count.id, "all")} == {milk, left_over}
    close(session, count.id)
    count = counting.open_count(session, actor=SYSTEM, now=NOW)
    assert {line.variant_id for line in _lines(session, count.id, "all")} == {milk, left_over, tea}


def test_refusals_leave_everything_as_it_was(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        milk, curd = make_variant(session).id, make_variant(session).id
        count, closed = open_count(session, milk), open_count(session, curd)
        close(session, closed)

    def refused(refusal: type[Refusal], act: object) -> None:
        with unchanged(store), pytest.raises(refusal), uow() as session:
            act(session)  # type: ignore[operator]

    refused(NotInCount, lambda session: enter(session, count, curd, 1))
    refused(CountClosed, lambda session: enter(session, closed, curd, 1))
    refused(CountNotFound, lambda session: close(session, new_id()))
    refused(VariantNotFound, lambda session: open_count(session, curd, new_id()))
    refused(NothingToCount, lambda session: counting.open_count(session, category="Spaceships", actor=SYSTEM, now=NOW))
    refused(BeingCounted, lambda session: counting.open_count(session, actor=SYSTEM, now=NOW))
