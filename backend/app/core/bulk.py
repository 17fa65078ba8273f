"""Many rows in one statement: what a run writes for hundreds of customers at once.

The rows travel as one JSON text that PostgreSQL takes apart: the statement is the same for any number of them, so it is
planned once, and row-level security, constraints and defaults hold as for any other INSERT or UPDATE.
"""

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, TextClause, any_, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from app.core.db import Row, metadata


def insert_many(session: Session, rows: Sequence[Row]) -> None:
    """Insert new rows of one table. The session does not know them afterwards; what they leave to the database it fills in."""
    if rows:
        names = _names(type(rows[0]))
        _run(session, _insert(type(rows[0])), [{name: row.__dict__[name] for name in names} for row in rows])


def update_many(session: Session, model: type[Row], changes: Sequence[Mapping[str, Any]]) -> None:
    """Set what the changes name, all of them the same columns; each row is found by its `store_id` and `id`.

    The session does not hear of it.
    """
    if changes:
        columns = tuple(name for name in changes[0] if name not in ("store_id", "id"))
        _run(session, _update(model, columns), changes)


def _run(session: Session, statement: TextClause, rows: Sequence[Mapping[str, Any]]) -> None:
    session.execute(statement, {"rows": orjson.dumps(rows, default=str).decode()})


@functools.cache
def _names(model: type[Row]) -> tuple[str, ...]:
    return tuple(column.name for column in metadata.tables[str(model.__tablename__)].columns)


@functools.cache
def _insert(model: type[Row]) -> TextClause:
    table = metadata.tables[str(model.__tablename__)]
    taken = {column.name: _taken(column) for column in table.columns}
    return text(
        f"INSERT INTO {table.name} ({', '.join(taken)}) SELECT {', '.join(taken.values())} "  # noqa: S608 - names of ours
        f"FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json)) AS made"
    )


def _taken(column: Column[Any]) -> str:
    """The value given, or for want of one what the database makes of it."""
    value, given = column.default, column.server_default
    if value is not None and value.is_clause_element:
        return f"coalesce(made.{column.name}, {value.arg})"  # type: ignore[attr-defined]
    if given is not None:
        made = given.arg if isinstance(given.arg, str) else given.arg.text  # type: ignore[attr-defined]
        return f"coalesce(made.{column.name}, {made})" if "(" in made else f"made.{column.name}"
    return f"made.{column.name}"


@functools.cache
def _update(model: type[Row], columns: tuple[str, ...]) -> TextClause:
    name = str(model.__tablename__)
    changes = ", ".join(f"{column} = made.{column}" for column in columns)
    return text(
        f"UPDATE {name} AS old SET {changes} "  # noqa: S608 - names of ours
        f"FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json)) AS made "
        "WHERE old.store_id = made.store_id AND old.id = made.id"
    )


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """The column is one of these, however many: one parameter, where `in_` writes another statement for each number of them."""
    return col(column) == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
