"""The ticks of an installation without a beat: the API sends them, from whichever of its processes holds a lock.

The lock (an advisory one, on a connection of its own) only saves work: were two to tick, each slot would still take effect
once. The connection must reach PostgreSQL itself: a pooler that changes servers between transactions would lose the lock.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import make_engine
from app.core.logging import get_logger

log = get_logger(__name__)

LOCK_KEY = 7_250_131_602  # any number that nothing else in this database uses

_LOCK, _ALIVE = text("SELECT pg_try_advisory_lock(:key)"), text("SELECT true")


class Leadership:
    """Held by one process at a time, for as long as its connection lives."""

    def __init__(self, database_url: str) -> None:
        self._engine = make_engine(database_url, 1)
        self._connection: Connection | None = None
        self._asking = threading.Lock()  # ticks of several kinds come at once

    def is_ours(self) -> bool:
        """Ask the database, taking the lock if it is free. False while the database is away."""
        with self._asking:
            try:
                if self._connection is not None:
                    return bool(self._connection.execute(_ALIVE).scalar_one())
                connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                if connection.execute(_LOCK, {"key": LOCK_KEY}).scalar_one():
                    self._connection = connection
                else:
                    connection.close()
            except SQLAlchemyError as error:
                log.warning("embedded_beat_not_leading", error=type(error).__name__, then="the next tick asks again")
                self._let_go()
            return self._connection is not None

    def give_up(self) -> None:
        with self._asking:
            self._let_go()
            self._engine.dispose()

    def _let_go(self) -> None:
        """Not back into the pool: the lock ends with the connection."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class EmbeddedBeat:
    """Calls `send(name)` every so many seconds for each of `ticks`, while this process leads."""

    def __init__(self, database_url: str, ticks: Mapping[str, float], send: Callable[[str], None]) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every tick
        self.leadership = Leadership(database_url)
        self._send = send
        # A tick that comes late is sent once: what it looks for has no lower bound.
        one_at_a_time = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        self.scheduler = BackgroundScheduler(timezone="UTC", job_defaults=one_at_a_time)
        for name, seconds in ticks.items():
            self.scheduler.add_job(self._tick, "interval", seconds=seconds, args=[name], name=name)

    def start(self) -> None:
        self.scheduler.start()

    def stop(self) -> None:
        """Waits for a tick that is under way; another process may lead at once."""
        self.scheduler.shutdown()
        self.leadership.give_up()

    def _tick(self, name: str) -> None:
        if self.leadership.is_ours():
            self._send(name)
