"""The same rows by plain SQL: what a chunk of a billing run costs when nothing but the database is asked for anything.

One chunk goes through the service, and what it wrote is read back. From that the floor is made: for another chunk of
households one INSERT for each table and one UPDATE for each table that changed, in one transaction of the same store and role.
What differs from household to household (ids, numbers) is put in before the clock runs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import psycopg

from app.core.ids import new_id
from benchmarks import rows
from benchmarks.rows import Table

Connection = psycopg.Connection[Any]

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|att_[0-9a-f]{32}|ORD-\d\d-\d+")
SHARED = ("stock_levels", "number_series")
_serial = count(1)


@dataclass(frozen=True)
class Model:
    """What a chunk wrote: new rows by table, and changed ones with the columns that differ; as text, ids and all."""

    made: Mapping[str, str]
    changed: Mapping[str, tuple[tuple[str, ...], str]]
    own: frozenset[str]  # ids of rows that the chunk made, and numbers it took

    @classmethod
    def of(cls, before: Mapping[str, Table], after: Mapping[str, Table]) -> "Model":
        made, changed = rows.differences(before, after)
        new = {table: [row.values for row in made if row.table == table] for table in dict.fromkeys(row.table for row in made)}
        old = {
            table: [row for row in changed if row.table == table]
            for table in dict.fromkeys(row.table for row in changed)
            if table not in SHARED
        }
        columns = {table: tuple(sorted({name for row in some for name in row.columns})) for table, some in old.items()}
        updates = {
            table: [
                {"store_id": row.before["store_id"], "id": row.before["id"]}
                | {name: row.columns[name][1] if name in row.columns else row.before[name] for name in columns[table]}
                for row in some
            ]
            for table, some in old.items()
        }
        text = {table: orjson.dumps(some, default=str).decode() for table, some in new.items()}
        own = {str(row["id"]) for some in new.values() for row in some}
        own |= {found for some in text.values() for found in UUIDS.findall(some) if found.startswith(("att_", "ORD-"))}
        return cls(
            text,
            {table: (columns[table], orjson.dumps(some, default=str).decode()) for table, some in updates.items()},
            frozenset(own),
        )

    def for_others(self, others: Mapping[str, str]) -> "Ready":
        """The same for other households: `others` maps an id of the model's to theirs."""
        fresh = {old: _fresh(old) for old in self.own} | dict(others)

        def put_in(text: str) -> str:
            return UUIDS.sub(lambda found: fresh.get(found[0], found[0]), text)

        return Ready(
            {table: put_in(text) for table, text in self.made.items()},
            {table: (columns, put_in(text)) for table, (columns, text) in self.changed.items()},
        )


@dataclass(frozen=True)
class Ready:
    """Statements' values for one chunk, made before the clock runs."""

    made: Mapping[str, str]
    changed: Mapping[str, tuple[tuple[str, ...], str]]

    def write(self, connection: Connection, store_id: UUID, levels: Mapping[UUID, int]) -> None:
        """One transaction; what others wait for comes last."""
        with connection.transaction():
            connection.execute("SELECT set_config('app.store_id', %s, true)", [str(store_id)])
            for text, values in self._statements():
                connection.execute(text, [values])
            for variant_id, quantity in sorted(levels.items()):
                connection.execute(
                    "UPDATE stock_levels SET reserved = reserved + %s WHERE variant_id = %s", [quantity, variant_id]
                )

    def _statements(self) -> Iterator[tuple[str, str]]:
        for table, values in self.made.items():
            yield (
                f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s::json)",  # noqa: S608
                values,
            )
        for table, (columns, values) in self.changed.items():
            changes = ", ".join(f"{column} = made.{column}" for column in columns)
            yield (
                f"UPDATE {table} AS old SET {changes} FROM json_populate_recordset(NULL::{table}, %s::json) AS made "  # noqa: S608
                "WHERE old.store_id = made.store_id AND old.id = made.id",
                values,
            )


def _fresh(old: str) -> str:
    if old.startswith("ORD-"):
        return f"FLR-{next(_serial)}"
    return f"att_{new_id().hex}" if old.startswith("att_") else str(new_id())


def pairs(model: Sequence[Mapping[str, UUID]], others: Sequence[Mapping[str, UUID]]) -> dict[str, str]:
    """Whose id stands for whose, household by household."""
    return {str(mine[name]): str(theirs[name]) for mine, theirs in zip(model, others, strict=True) for name in mine}
