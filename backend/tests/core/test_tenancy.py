"""The second wall: the database itself keeps stores apart."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlmodel import select

from app.core.db import engine
from app.core.work import across_stores, unit_of_work
from app.stores.models import ProviderAccount, Store
from app.tables import metadata


def test_a_store_sees_only_itself(make_store: Callable[[], Store]) -> None:
    first, second = make_store(), make_store()
    with unit_of_work(first.id) as session:
        assert session.exec(select(Store.id)).all() == [first.id]
        assert {row.store_id for row in session.exec(select(ProviderAccount))} == {first.id}
    assert first.id != second.id


@pytest.mark.parametrize("table", sorted(metadata.tables.keys() - {"heartbeats"}))  # says nothing about any store
def test_the_application_without_a_store_sees_nothing_but_an_error(table: str) -> None:
    with engine().connect() as connection, pytest.raises(DBAPIError, match=r"app\.store_id|invalid input syntax for type uuid"):
        connection.execute(text(f"SELECT 1 FROM {table}"))  # noqa: S608 - our own table names


def test_a_pooled_connection_forgets_the_last_store(make_store: Callable[[], Store]) -> None:
    with unit_of_work(make_store().id) as session:
        session.exec(select(Store)).one()
    for _ in range(20):
        with engine().connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1 FROM stores"))


def test_writing_into_another_store_is_refused(make_store: Callable[[], Store]) -> None:
    mine, theirs = make_store(), make_store()
    with pytest.raises(ProgrammingError, match="row-level security"), unit_of_work(mine.id) as session:
        session.add(ProviderAccount(store_id=theirs.id, provider="razorpay", is_active=False))
    with unit_of_work(theirs.id) as session:
        assert len(session.exec(select(ProviderAccount)).all()) == 3


def test_the_sweep_sees_that_something_is_due_but_not_what(store: Store) -> None:
    with across_stores() as session:
        assert session.execute(text("SELECT 1 FROM stores WHERE id = :id"), {"id": store.id}).one()
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("SELECT name FROM stores"))
    with across_stores() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("SELECT credentials FROM provider_accounts"))


def test_audit_entries_cannot_be_changed(store: Store) -> None:
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError, match=r"permission denied|append-only"), unit_of_work(store.id) as session:
            session.execute(text(statement))
