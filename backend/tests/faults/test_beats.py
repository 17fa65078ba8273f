"""Several beats, a broker that comes and goes, workers killed at random: every slot takes effect once and none is missing."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from app.core.clock import machine_now
from app.core.slots import every, slots
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.stores.models import Store
from tests.conftest import Servers, UnitOfWork
from tests.ticking import NAME, add_schedule, effects_of, slots_of
from tests.workers import Beat, Worker, eventually

APP = "tests.ticking"
BEATS = 3
WORKERS = 2
LEASE_SECONDS = 3.0  # the workers', so that a test need not wait two minutes for a dead one's slots
SETTLE_SECONDS = 90  # far below the five minutes promised, with leases of 120 s there and 3 s here
STORES = 4
STEPS = 3  # transactions of a slot, so that kills meet one between them


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that look for work all the time."""
    for name, value in {"TICK_SECONDS": "0.5", "SWEEP_SECONDS": "0.5", "LEASE_SECONDS": str(LEASE_SECONDS)}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def worker(servers: Servers, quick: None) -> Iterator[Worker]:
    with Worker(servers.state / "ticked.log", app=APP) as worker:
        yield worker


@pytest.mark.parametrize(
    ("seconds", "cuts"), [(15, 2), pytest.param(600, 5, marks=[pytest.mark.proof, pytest.mark.timeout(900)])]
)
def test_ac19_every_slot_takes_effect_once_and_none_is_missing(
    servers: Servers, quick: None, make_store: Callable[[], Store], seconds: int, cuts: int
) -> None:
    """A slot a second in each of four stores, so sixty in the short run."""
    shops = [make_store() for _ in range(STORES)]
    since = machine_now()
    for store in shops:
        with unit_of_work(store.id) as session:
            add_schedule(session, interval_seconds=1, opened_until=since, arguments={"steps": STEPS})
    with ExitStack() as processes:
        workers = [processes.enter_context(Worker(servers.state / f"worker-{n}.log", app=APP)) for n in range(WORKERS)]
        beats = [processes.enter_context(Beat(servers.state / f"beat-{n}.log", app=APP)) for n in range(BEATS)]
        disturb(servers, workers, beats, seconds, cuts)
        until = switch_off(shops)
        for store in shops:
            eventually(partial(is_settled, store), SETTLE_SECONDS, "every slot is done")
    for store in shops:
        check(store, since, until)
    assert sum(len(slots_of(store)) for store in shops) >= 4 * seconds


def disturb(servers: Servers, workers: list[Worker], beats: list[Beat], seconds: int, cuts: int) -> None:
    """Cut Redis off, and kill workers and a beat, at random moments; everything comes back."""
    begun = time.monotonic()
    moments = sorted(random.uniform(4, seconds - 4) for _ in range(cuts))
    for number, moment in enumerate(moments):
        eventually(lambda at=begun + moment: time.monotonic() >= at, seconds)  # type: ignore[misc]
        servers.valkey.kill()
        try:
            (workers if number % 2 else beats)[0].restart()
            eventually(lambda at=time.monotonic() + 1: time.monotonic() >= at, 5)  # type: ignore[misc]
        finally:
            servers.valkey.restart()
        random.choice(workers).restart()
    eventually(lambda: time.monotonic() >= begun + seconds, seconds + 5)


def switch_off(shops: list[Store]) -> datetime:
    """Nothing is opened after the instant returned, and everything up to it is."""
    now = machine_now()
    for store in shops:
        with unit_of_work(store.id) as session:
            jobs.open_due(session, now)
            jobs.set_enabled(session, NAME, now, is_enabled=False)
    return now


def is_settled(store: Store) -> bool:
    with unit_of_work(store.id) as session:
        open_rows = text("SELECT count(*) FROM slots WHERE work_status NOT IN ('done', 'dead')")
        return int(session.execute(open_rows).scalar_one()) == 0


def check(store: Store, since: datetime, until: datetime) -> None:
    rows = slots_of(store)
    last = max(row.due_at for row in rows)
    assert last >= until - timedelta(seconds=1.5), "the last slots were not opened"
    assert [row.key for row in rows] == [due.key for due in slots(every(1), since, last)], "a slot is missing, or one too many"
    assert Counter(row.work_status for row in rows) == {"done": len(rows)}
    assert Counter(effects_of(store)) == {row.key: STEPS for row in rows}, "an effect is missing, or made twice"


def test_ac16_a_slot_whose_worker_is_killed_is_finished_by_another(
    servers: Servers, store: Store, uow: UnitOfWork, worker: Worker
) -> None:
    with uow() as session:
        now = machine_now()
        add_schedule(session, opened_until=now - timedelta(hours=1), arguments={"hangs": True, "steps": 2})
        (slot,) = jobs.open_due(session, now)
    eventually(lambda: slots_of(store)[0].work_status == "working", 30, "a worker has it")
    worker.kill()
    killed = time.monotonic()
    with Worker(servers.state / "other.log", app=APP), Beat(servers.state / "beat.log", app=APP):
        eventually(lambda: slots_of(store)[0].work_status == "done", 60, "another worker finishes it")
    assert time.monotonic() - killed < 60, "a lease of 3 s, a sweep, a back-off and the start of a worker"
    assert effects_of(store) == [slot.key] * 2, "what the dead one had begun is undone, and done once"


def test_the_beat_of_the_documents_is_enough_and_finds_slots_whose_nudge_was_lost(
    servers: Servers, store: Store, uow: UnitOfWork, quick: None
) -> None:
    """`celery worker --beat` on its own, as the smallest installation of the documents runs it."""
    with uow() as session:
        now = machine_now()
        add_schedule(session, interval_seconds=2, opened_until=now)
        add_schedule(session, name="lost", opened_until=now - timedelta(hours=1))
        (lost,) = jobs.open_due(session, now, "lost")
        session.info["nudges"].clear()
    with Worker(servers.state / "alone.log", app=APP, beat=True):
        eventually(lambda: len(effects_of(store)) >= 3, 40, "slots are opened and done")
    assert lost.key in effects_of(store)
