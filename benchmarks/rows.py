"""What a transaction wrote, read back from the database: every table of a store before and after, and what differs.

So the floor of a benchmark is always made of the very rows that the service writes today; nobody keeps a second list of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from app.core.db import APP_ROLE, SESSION_OPTIONS
from app.tables import metadata

Values = dict[str, Any]
Table = dict[UUID, Values]  # by id

# In an order that no foreign key objects to.
TABLES = tuple(table.name for table in metadata.sorted_tables if "store_id" in table.c and "id" in table.c)


@dataclass(frozen=True)
class Made:
    """A row that was not there before."""

    table: str
    values: Values


@dataclass(frozen=True)
class Changed:
    """A row that was there, and the columns that differ: (before, after)."""

    table: str
    before: Values
    columns: Mapping[str, tuple[Any, Any]]


def connect(url: str, store_id: UUID) -> psycopg.Connection[Any]:
    """A connection as the application's: same role, same limits. The store is set by each transaction."""
    options = " ".join(f"-c {name}={value}" for name, value in {**SESSION_OPTIONS, "role": APP_ROLE}.items())
    connection = psycopg.connect(url, options=options, autocommit=True)
    connection.execute("SELECT set_config('app.store_id', %s, false)", [str(store_id)])
    return connection


def read(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Every row of the connection's store: row-level security leaves out the others'."""
    found: dict[str, Table] = {}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        for name in TABLES:
            rows = cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall()
            found[name] = {row["id"]: row for row in rows}
    return found


def count(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows the connection's store has in each table."""
    with connection.transaction():
        return {name: _count(connection, name) for name in TABLES}


def differences(before: Mapping[str, Table], after: Mapping[str, Table]) -> tuple[list[Made], list[Changed]]:
    """What was made, parents first, and what was changed, in the order of tables."""
    made, changed = list[Made](), list[Changed]()
    for table in TABLES:
        for row_id, row in after[table].items():
            old = before[table].get(row_id)
            if old is None:
                made.append(Made(table, row))
            elif differing := {name: (old[name], value) for name, value in row.items() if value != old[name]}:
                changed.append(Changed(table, old, differing))
    return made, changed


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(found[0]) if found else 0
