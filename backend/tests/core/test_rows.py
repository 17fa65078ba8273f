"""Rows are made without pydantic's help, and connections are looked at before they are lent."""

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import select

from app.core.db import add_all_once, engine, insert_now
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.inbox.models import ProviderEvent
from app.stores.models import NumberSeries, Store
from tests.conftest import UnitOfWork

if TYPE_CHECKING:
    from tests.conftest import Servers


def event(**fields: Any) -> ProviderEvent:
    needed: dict[str, Any] = {
        "store_id": new_id(),
        "account_id": new_id(),
        "provider": "razorpay",
        "event_id": "e",
        "event_type": "t",
    }
    return ProviderEvent(**{**needed, "body": b"{}", **fields})


def test_defaults_that_can_change_are_nobody_elses() -> None:
    one, other = event(), event()
    one.headers["seen"] = True
    assert other.headers == {}
    assert one.id != other.id
    assert one.work_status == other.work_status == "queued"


def test_a_name_that_is_no_column_is_refused_whenever_it_is_set() -> None:
    with pytest.raises(TypeError, match=r"unknown \['colour'\]"):
        event(colour="red")
    with pytest.raises(ValueError, match="colour"):
        event().colour = "red"


def test_rows_written_at_once_are_known_as_if_they_were_read(store: Store, uow: UnitOfWork) -> None:
    """One INSERT for each table, and nothing is flushed for it; what is changed of them afterwards is written too."""
    with uow() as session:
        waiting = NumberSeries(store_id=store.id, series="waiting")
        session.add(waiting)
        rows = [NumberSeries(store_id=store.id, series=name) for name in "ab"]
        insert_now(session, *rows)
        assert waiting in session.new
        assert session.get(NumberSeries, (store.id, rows[0].id)) is rows[0]
        rows[0].last_number = 4
    with uow() as session:
        found = {row.series: row.last_number for row in session.exec(select(NumberSeries))}
        assert found == {"a": 4, "b": 0, "waiting": 0}
        with pytest.raises(ValueError, match="next_attempt_at"):
            insert_now(session, event(store_id=store.id))


def test_of_several_rows_those_that_are_new_go_in(store: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        insert_now(session, NumberSeries(store_id=store.id, series="a", last_number=7))
        again, new = (NumberSeries(store_id=store.id, series=name) for name in "ab")
        assert add_all_once(session, [again, new], "series") == [new]
        new.last_number = 1
    with uow() as session:
        found = {row.series: row.last_number for row in session.exec(select(NumberSeries))}
        assert found == {"a": 7, "b": 1}


def test_what_is_set_on_a_row_is_kept(store: Store, uow: UnitOfWork) -> None:
    """Before its first flush, after it, and in a later transaction."""
    with uow() as session:
        row = NumberSeries(store_id=store.id, series="a")
        row.series = "b"
        session.add(row)
        session.flush()
        row.last_number = 4
    with uow() as session:
        found = session.exec(select(NumberSeries)).one()
        assert (found.series, found.last_number) == ("b", 4)
        found.last_number = 5
    with uow() as session:
        assert session.exec(select(NumberSeries.last_number)).one() == 5


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(store: Store, servers: "Servers") -> None:
    with unit_of_work(store.id) as session:
        ended = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(servers.postgres.admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    for _ in range(engine().pool.checkedin() + 1):  # type: ignore[attr-defined]
        with unit_of_work(store.id) as session:
            assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != ended
