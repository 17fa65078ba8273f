"""The sandbox's memory: one SQLite file, one connection, one lock.

Every access goes through `transaction`, which holds the lock from BEGIN to COMMIT; a process killed at any point leaves
the last committed state (WAL), so owed webhooks survive it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")

Db = sqlite3.Connection


class StoreClosed(Exception):
    """The sandbox is stopping."""


class Store:
    """Opens (or makes) the state file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """All or nothing; must not be nested (the lock is not re-entrant, on purpose)."""
        with self._lock:
            if self._closed:
                raise StoreClosed
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._db.close()


def get_setting(db: Db, account: str, name: str, default: Any) -> Any:
    row = db.execute("SELECT value FROM settings WHERE account = ? AND name = ?", (account, name)).fetchone()
    return default if row is None else json.loads(row["value"])


def put_setting(db: Db, account: str, name: str, value: Any) -> None:
    db.execute("INSERT OR REPLACE INTO settings (account, name, value) VALUES (?, ?, ?)", (account, name, json.dumps(value)))
