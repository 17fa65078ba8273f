"""Fifty issuers at once, of which some are refused, roll back or lose their connection: no number is missing or given twice."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from app.core.work import unit_of_work
from app.invoices import queries
from app.invoices.errors import CreditExceedsDocument, HsnMissing
from app.invoices.models import Document
from app.stores.models import Store
from tests.invoices.selling import GHEE, credit, reduce, sell
from tests.racing import race

ISSUERS, TWINS = 50, 4
UnitOfWork = Callable[[], AbstractContextManager[Session]]


class ChangedItsMind(Exception):
    """Whoever dispatched did something else in the same transaction that failed."""


def numbers(store: Store, series: str) -> list[int]:
    with unit_of_work(store.id) as session:
        return sorted(session.exec(select(Document.serial).where(Document.series == series)))


def test_ac46_numbers_are_gapless_under_fifty_parallel_issuers_of_which_some_crash(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        all_sold = [sell(session, GHEE) for _ in range(ISSUERS)]

    def issue(number: int) -> str | None:
        with suppress(ChangedItsMind, DBAPIError, HsnMissing), uow() as session:
            document = all_sold[number].issue(session)
            if number % 5 == 1:
                raise ChangedItsMind
            if number % 5 == 2:
                session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # as if the process were killed
            if number % 5 == 3:
                raise HsnMissing
            return document.number
        return None

    issued = [number for number in race(ISSUERS, issue) if number]
    survivors = ISSUERS * 2 // 5
    assert len(set(issued)) == len(issued) == survivors
    assert numbers(store, "INV") == list(range(1, survivors + 1))


def test_ac46_twins_get_the_same_document(store: Store, uow: UnitOfWork) -> None:
    """Two holders of one shipment, and two of one reduction: one document each, and no number is used up."""
    with uow() as session:
        sold = sell(session, GHEE)

    def issue(_: int) -> str:
        with uow() as session:
            return sold.issue(session).number

    assert set(race(TWINS, issue)) == {"INV/26-27/000001"}
    with uow() as session:
        original = queries.of_order(session, sold.order.id)[0]
        reduction = reduce(session, original, sold.items)

    def take_back(_: int) -> str:
        with uow() as session:
            return credit(session, original, sold.items, reduction_id=reduction.id).number

    assert set(race(TWINS, take_back)) == {"CRN/26-27/000001"}
    assert numbers(store, "INV") == numbers(store, "CRN") == [1]


def test_ac46_what_is_left_to_credit_is_not_credited_twice_at_once(store: Store, uow: UnitOfWork) -> None:
    """Two reductions of the same line, each of all of it: the order's lock lets one through."""
    with uow() as session:
        sold = sell(session, GHEE)
        original = sold.issue(session)
        reductions = [reduce(session, original, sold.items) for _ in range(TWINS)]

    def take_back(number: int) -> bool:
        with suppress(CreditExceedsDocument), uow() as session:
            credit(session, original, sold.items, reduction_id=reductions[number].id)
            return True
        return False

    assert sum(race(TWINS, take_back)) == 1
    assert numbers(store, "CRN") == [1]
