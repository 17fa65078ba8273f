"""The database: one engine a process, least rights, and the columns every business table has.

A connection logs in as the owner and at once becomes `rozana_app`, which cannot bypass row-level security; every policy
compares `store_id` with the setting `app.store_id` and raises where it is unset, so a query without a store fails
instead of seeing everything. Only `rozana_sweep` may look across stores, and only at which of them have something due.
"""

import functools
import select as readiness
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import psycopg
from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    ExceptionContext,
    ForeignKeyConstraint,
    MetaData,
    create_engine,
    delete,
    event,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.sql.dml import Insert, ReturningInsert
from sqlmodel import Field, Session, SQLModel, col

from app.core.clock import machine_now
from app.core.config import settings
from app.core.ids import new_id

APP_ROLE, SWEEP_ROLE = "rozana_app", "rozana_sweep"
CONNECT_SECONDS = 3
SESSION_OPTIONS = {
    "role": APP_ROLE,
    "timezone": "UTC",
    "statement_timeout": "30s",  # longer work is cut into slices
    "lock_timeout": "5s",  # a request that waits longer has met a stuck holder
    "idle_in_transaction_session_timeout": "60s",
}

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
R = TypeVar("R", bound="Row")


class Row(SQLModel):
    """A business row. The key is (store_id, id): foreign keys carry both, so a row can never point into another store."""

    store_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=machine_now)

    if not TYPE_CHECKING:  # a visible __init__ would end mypy's check of the arguments

        def __init__(self, **values: Any) -> None:
            """SQLModel lets unknown and missing keywords of a table pass in silence; this does not.

            Nor does it ask pydantic about every value, which validates no table anyhow: that took most of the time.
            """
            shape = _shape(type(self))
            if not shape.required <= values.keys() <= shape.fields:
                unknown, missing = values.keys() - shape.fields, [name for name in shape.required if name not in values]
                raise TypeError(f"{type(self).__name__}: unknown {sorted(unknown)}, missing {sorted(missing)}")
            self.__dict__.update(shape.defaults)
            self.__dict__.update({name: make() for name, make in shape.makers.items() if name not in values})
            self.__dict__.update(values)
            object.__setattr__(self, "__pydantic_fields_set__", set(values))

        def __setattr__(self, name: str, value: Any) -> None:
            """A column is set as SQLAlchemy does it, and once; SQLModel would set it a second time through pydantic."""
            if name in _shape(type(self)).fields:
                object.__setattr__(self, name, value)
            else:
                super().__setattr__(name, value)


@dataclass(frozen=True)
class _Shape:
    """What the fields of a table are, worked out once."""

    fields: Set[str]
    filled: Set[str]  # by the database, where we give nothing
    omitted: Set[str]  # those, and JSON: what is None is left out of an INSERT, where it would be a JSON null
    required: Set[str]
    defaults: Mapping[str, Any]  # immutable values, shared by all rows
    makers: Mapping[str, Callable[[], Any]]  # of a value for each row


@functools.cache
def _shape(model: type[Row]) -> _Shape:
    fields = model.model_fields
    optional = {name: field for name, field in fields.items() if not field.is_required()}
    shared = {name for name, field in optional.items() if field.default_factory is None and isinstance(field.default, Hashable)}
    columns = metadata.tables[str(model.__tablename__)].c
    filled = {column.name for column in columns if column.default is not None or column.server_default is not None}
    return _Shape(
        fields=fields.keys(),
        filled=filled,
        omitted=filled | {column.name for column in columns if isinstance(column.type, JSON)},
        required=fields.keys() - optional.keys(),
        defaults={name: optional[name].default for name in shared},
        makers={
            name: cast("Callable[[], Any] | None", field.default_factory) or functools.partial(deepcopy, field.default)
            for name, field in optional.items()
            if name not in shared
        },
    )


def by_the_stores_clock() -> Any:
    """A column that the database fills with the store's own now, test clock and all; null in rows older than the column."""
    return Field(default=None, sa_column_kwargs={"server_default": text("store_now()")})


def belongs_to(table: str, column: str | None = None, **options: Any) -> ForeignKeyConstraint:
    """A foreign key (store_id, column) → table; `column` defaults to the singular, `orders` → `order_id`."""
    return ForeignKeyConstraint(
        ["store_id", column or f"{table.removesuffix('s')}_id"], [f"{table}.store_id", f"{table}.id"], **options
    )


def add_once(session: Session, row: Row, *key: str) -> bool:
    """Insert the row unless its store has one with the same `key` columns (none named: any unique key). Whether it went in.

    A racing twin is waited for. What is None in the row takes the column's default.
    """
    session.flush()  # what the row refers to goes first
    return session.connection().execute(_insert_once(type(row), key), _values(row)).first() is not None


def add_all_once(session: Session, rows: Sequence[R], *key: str) -> list[R]:
    """The same for several rows of a table, in one statement. Those that went in: the session knows them as if it read them."""
    session.flush()
    new: dict[UUID, R] = {}
    for _, group in groupby(rows, key=lambda row: _values(row).keys()):
        alike = {row.id: row for row in group}
        found = session.connection().execute(_insert_once(type(rows[0]), key), [_values(row) for row in alike.values()])
        for filled in found.mappings():
            new[filled["id"]] = alike[filled["id"]]
            alike[filled["id"]].__dict__.update(filled)
    for row in new.values():
        _attach(session, row)
    return list(new.values())


def insert_now(session: Session, *rows: Row) -> None:
    """Write new rows at once, in the order given (what others refer to goes first), and whatever else the session has later.

    A flush would take three times as long. From here on the session knows them as if it had read them. ValueError for a row
    that the database is to complete: nobody would read back what it filled in.
    """
    for (model, names), group in groupby(rows, key=lambda row: (type(row), _values(row).keys())):
        alike = list(group)
        if missing := _shape(model).filled - names:
            raise ValueError(f"{model.__name__}: the database would fill in {sorted(missing)}")
        session.connection().execute(_insert(model), [_values(row) for row in alike])
        for row in alike:
            _attach(session, row)


def _values(row: Row) -> dict[str, Any]:
    """What an INSERT is to say of the row."""
    shape = _shape(type(row))
    values = {name: row.__dict__[name] for name in shape.fields}
    for name in shape.omitted:
        if values[name] is None:
            del values[name]
    return values


def _attach(session: Session, row: Row) -> None:
    make_transient_to_detached(row)
    session.add(row)
    session.info.setdefault("made", []).append(row)  # the session itself would forget what nobody else refers to


@functools.cache
def _insert(model: type[Row]) -> Insert:
    """One statement for all rows of a table: to build and compare a new one with its values costs more than to run it."""
    return insert(metadata.tables[str(model.__tablename__)])


@functools.cache
def _insert_once(model: type[Row], key: tuple[str, ...]) -> ReturningInsert[tuple[UUID, *tuple[Any, ...]]]:
    """Returning what the database filled in."""
    table = metadata.tables[str(model.__tablename__)]
    statement = insert(table).on_conflict_do_nothing(index_elements=["store_id", *key] if key else None)
    return statement.returning(table.c.id, *(table.c[name] for name in sorted(_shape(model).filled)))


def delete_some(session: Session, model: type[Row], which: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` rows, skipping those somebody holds; how many went. Call again until none did."""
    some = select(col(model.store_id), col(model.id)).where(which).limit(limit).with_for_update(skip_locked=True)
    doomed = some.cte("doomed").prefix_with("MATERIALIZED")  # else it may be run per row, and the limit limits nothing
    statement = delete(model).where(col(model.store_id) == doomed.c.store_id, col(model.id) == doomed.c.id)
    return int(session.execute(statement, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]


def _options(**overrides: str) -> str:
    return " ".join(f"-c {key}={value}" for key, value in {**SESSION_OPTIONS, **overrides}.items())


def make_engine(url: str, pool_size: int, *, role: str = APP_ROLE) -> Engine:
    """An engine whose connections act as `role`. RuntimeError when no URL is set."""
    if not url:
        raise RuntimeError("DATABASE_URL is not set; `scripts/run` starts a database for development, see .env.example")
    made = create_engine(
        url,
        hide_parameters=True,  # an error that is logged must not tell whose name or number it was about
        pool_size=pool_size,
        max_overflow=2,
        connect_args={"connect_timeout": CONNECT_SECONDS, "options": _options(role=role)},
    )
    event.listen(made, "handle_error", _forget_values)
    event.listen(made, "checkout", _replace_dead)
    return made


def _replace_dead(connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
    """A pooled connection whose server went away is replaced by a new one.

    Such a server has closed its end, so there is something to read although nothing was asked: to look costs a hundredth of
    what a ping does, which is a transaction of its own.
    """
    if connection.closed or _has_news(connection.fileno()):
        raise DisconnectionError


def _forget_values(context: ExceptionContext) -> None:
    """Where a constraint is broken, PostgreSQL's DETAIL quotes the row: the error keeps the constraint's name only."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(original, psycopg.IntegrityError):
        original.args = (original.diag.message_primary or type(original).__name__,)
        if wrapped is not None:
            wrapped.args = original.args


def _has_news(descriptor: int) -> bool:
    if sys.platform == "win32":  # which has no poll; sockets there are few
        return bool(readiness.select([descriptor], [], [], 0)[0])
    waiting = readiness.poll()
    waiting.register(descriptor, readiness.POLLIN)
    return bool(waiting.poll(0))


@functools.lru_cache(maxsize=1)
def engine() -> Engine:
    """This process's engine, made at first use (in a worker: after the fork)."""
    return make_engine(settings.database_url, settings.db_pool_size)
