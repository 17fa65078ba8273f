"""What a refusal, or a rehearsal, must leave as it was: every row of a store, as one digest per table."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from app.core.work import unit_of_work
from app.stores.models import Store
from app.tables import metadata

NO_STATE = frozenset({"access_log", "idempotency_keys", "heartbeats"})


def state(store: Store, besides: Collection[str] = NO_STATE) -> dict[str, Any]:
    """How many rows each table has of the store, and what they say; audit entries included."""
    digests = " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"  # noqa: S608
        for table in sorted(metadata.tables.keys() - set(besides))
    )
    with unit_of_work(store.id) as session:
        return {table: tuple(digest) for table, *digest in session.execute(text(digests))}


@contextmanager
def unchanged(store: Store, why: object = "", besides: Collection[str] = NO_STATE) -> Iterator[None]:
    """Whatever happens inside leaves no trace in the store, but for these tables."""
    before = state(store, besides)
    yield
    after = state(store, besides)
    assert after == before, (why, {table for table in after if after[table] != before[table]})
