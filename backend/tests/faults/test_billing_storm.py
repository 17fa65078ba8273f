"""A run of many due subscriptions while processes are killed, Redis is flushed and PostgreSQL restarts: one outcome each.

`BILLING_STORM=5000:50` plays so many subscriptions and kills, whatever time they take.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import redis
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.config import settings
from app.core.db import engine
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.stores import service as stores
from app.stores.models import Store
from tests.conftest import Servers
from tests.faults.test_renewal_storm import QUICK, check, notified, paid, reached
from tests.households import move_in
from tests.sandbox_control import Sandbox
from tests.subscribing import cycles, days, debits, local, make_subscriber, set_now, today
from tests.workers import Worker, eventually

SUBSCRIPTIONS, KILLS = (int(word) for word in os.environ.get("BILLING_STORM", "100:6").split(":"))
FLUSHES, RESTARTS = 2, 1
SECONDS_EACH = 2  # far more than one takes: everything dies again and again meanwhile
CALM_SECONDS = (0.3, 3.0)
BANKS_TAKE = timedelta(hours=25)  # at the sandbox, to decide on a debit


@pytest.fixture
def storm_worker(servers: Servers, live_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    with Worker(servers.state / "billing-storm.log", beat=True) as worker:
        yield worker


@pytest.mark.proof
@pytest.mark.timeout(0)
def test_ac02_a_run_through_a_storm_gives_every_delivery_one_outcome_and_one_debit(
    store: Store, sandbox: Sandbox, servers: Servers, storm_worker: Worker
) -> None:
    with unit_of_work(store.id) as session:
        jobs.ensure_schedules(session, clock.now(stores.get(session)))
    day = today(store) + days(7)
    move_in(make_subscriber(store, stock_quantity=SUBSCRIPTIONS), store, sandbox, SUBSCRIPTIONS, day)
    storm = Storm(servers, storm_worker)
    for at, count, what in (
        (local(day - days(4), 6, 31), notified, "notices delivered"),
        (local(day - days(2), 6), accepted, "debits accepted"),
        (local(day - days(2), 6) + BANKS_TAKE, paid, "orders paid"),
    ):
        set_now(store, at, sandbox)
        storm.blow_until(partial(reached, count, store, SUBSCRIPTIONS), what)
    assert storm.is_over, "everything that was to die died while there was something to do"
    assert [cycle.status for cycle in cycles(store)] == ["created"] * SUBSCRIPTIONS
    check(store, sandbox)


def accepted(store: Store) -> int:
    return sum(debit.status != "due" for debit in debits(store))


class Storm:
    """What is still to happen, in a random order; a third of it in each of three stretches."""

    def __init__(self, servers: Servers, worker: Worker) -> None:
        self.servers, self.worker = servers, worker
        blows: list[Callable[[], None]] = [worker.restart] * KILLS + [self.flush] * FLUSHES + [self.restart] * RESTARTS
        random.shuffle(blows)
        self.stretches = [blows[part::3] for part in range(3)]

    @property
    def is_over(self) -> bool:
        return not self.stretches

    def blow_until(self, is_done: Callable[[], bool], what: str) -> None:
        """Every blow of this stretch, then calm until all is done."""
        for blow in self.stretches.pop(0):
            until = time.monotonic() + random.uniform(*CALM_SECONDS)
            eventually(lambda until=until: time.monotonic() > until, 10)  # type: ignore[misc]
            blow()
        eventually(partial(quietly, is_done), 120 + SECONDS_EACH * SUBSCRIPTIONS, f"{SUBSCRIPTIONS} {what}")

    def flush(self) -> None:
        with redis.Redis.from_url(settings.redis_url) as broker:
            broker.flushall()

    def restart(self) -> None:
        """Whoever was connected is cut off."""
        self.servers.postgres.restart()
        engine().dispose()


def quietly(is_done: Callable[[], bool]) -> bool:
    """Not while the database is away."""
    try:
        return is_done()
    except OperationalError:
        return False
