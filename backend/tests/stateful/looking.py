"""How a shop is looked at after every step, as cheaply as it can be: one statement, planned once; the provider in its file."""

import json
import sqlite3
from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg

from app.core.db import APP_ROLE
from tests.conftest import Servers

OPTIONS = {
    "role": APP_ROLE,  # rows of other shops are none of this one's business
    "plan_cache_mode": "force_generic_plan",  # to plan the statement takes five times as long as to run it
    "enable_seqscan": "off",  # it is planned while the tables are empty, and thousands of shops are to come
    "jit": "off",
}
LEDGER = "SELECT kind, payment_id, refund_id, amount FROM ledger WHERE account = ? ORDER BY seq"


class Onlooker:
    """Sees what is committed, in the database and at the provider. It sees the latter in its file: asking takes 3 ms."""

    def __init__(self, servers: Servers) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
        self.database = psycopg.connect(servers.postgres.url, autocommit=True, options=options, prepare_threshold=0)
        self.provider = sqlite3.connect(f"file:{servers.sandbox_state}?mode=ro", uri=True, isolation_level=None)
        self.store_id: UUID | None = None

    def close(self) -> None:
        self.database.close()
        self.provider.close()

    def look(self, store_id: UUID, statement: str) -> dict[str, list[Any]]:
        """Of a statement that answers names with rows as JSON: the rows of each name."""
        found = defaultdict(list)
        for name, row in self.ask(store_id, statement):
            found[name].append(json.loads(row))
        return found

    def ask(self, store_id: UUID, statement: str) -> list[tuple[Any, ...]]:
        if store_id != self.store_id:
            self.database.execute("SELECT set_config('app.store_id', %s, false)", [str(store_id)])
            self.store_id = store_id
        return self.database.execute(statement).fetchall()

    def ledger(self, account: str) -> list[tuple[Any, ...]]:
        return self.provider.execute(LEDGER, [account]).fetchall()
