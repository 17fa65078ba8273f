"""Where no beat runs, one process ticks; when it dies or loses its connection, another does."""

import threading
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from redis import Redis
from sqlalchemy import text

from app.api import ticking
from app.cli.doctor.running import judge_beat
from app.core.checks.scheduling import judge_beat_process, who_ticks
from app.core.clock import machine_now
from app.core.config import settings
from app.core.db import make_engine
from app.core.embedded_beat import LOCK_KEY, EmbeddedBeat
from app.main import create_app
from tests.cli.sound import settings_with
from tests.conftest import Servers
from tests.workers import eventually

TICK_SECONDS = 0.1


class Process:
    """One of several that could tick."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.beat = EmbeddedBeat(settings.database_url, {"sweep": TICK_SECONDS, "open_slots": TICK_SECONDS}, self.sent.append)
        self.beat.start()

    def ticks(self) -> bool:
        """Whether it has ticked since it was asked last."""
        had = bool(self.sent)
        self.sent.clear()
        return had


@pytest.fixture
def start() -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def one_more() -> Process:
        started.append(Process())
        return started[-1]

    yield one_more
    for process in started:
        if process.beat.scheduler.running:
            process.beat.stop()
    assert "APScheduler" not in {thread.name for thread in threading.enumerate()}


def cut_the_leader_off(servers: Servers) -> int:
    """The server ends the connection that holds the lock; how many there were."""
    engine = make_engine(servers.postgres.admin_url, 1, role="postgres")
    holders = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted AND {key}"
    key = f"((classid::bigint << 32) | objid::bigint) = {LOCK_KEY}"
    with engine.connect() as connection:
        ended = int(connection.execute(text(holders.format(key=key))).scalar_one())
    engine.dispose()
    return ended


def test_one_of_two_ticks_and_sends_both_ticks(start: Callable[[], Process]) -> None:
    first = start()
    eventually(lambda: {"sweep", "open_slots"} <= set(first.sent))
    second = start()
    first.sent.clear()
    eventually(lambda: len(first.sent) > 10)
    assert second.sent == []


def test_when_the_leader_stops_the_other_goes_on(start: Callable[[], Process]) -> None:
    first, second = start(), None
    eventually(first.ticks)
    second = start()
    first.beat.stop()
    eventually(second.ticks, why="the lock is free, and taken")
    first.sent.clear()
    eventually(second.ticks)
    assert first.sent == []


def test_a_leader_whose_connection_is_cut_loses_the_lead_and_somebody_ticks_on(
    servers: Servers, start: Callable[[], Process]
) -> None:
    processes = [start(), start()]
    eventually(lambda: any(process.ticks() for process in processes))
    for _ in range(3):
        eventually(lambda: cut_the_leader_off(servers) == 1, why="one leads")
        eventually(lambda: any(process.ticks() for process in processes), why="one of them took the lock again")
    eventually(lambda: [process.ticks() for process in processes].count(True) == 1)


def test_without_a_database_nobody_ticks_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    beat = EmbeddedBeat("postgresql://nobody@127.0.0.1:1/none", {"sweep": 0.05}, sent.append)
    beat.start()
    asked = threading.Event()
    monkeypatch.setattr(beat.leadership, "_let_go", asked.set)
    assert asked.wait(10), "the tick came and could not ask"
    beat.stop()
    assert sent == []


@pytest.mark.parametrize(("scheduler", "ticks"), [("embedded", True), ("beat", False)])
def test_the_api_ticks_only_where_it_is_told_to(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, scheduler: str, ticks: bool
) -> None:
    changes = {"scheduler": scheduler, "sweep_seconds": TICK_SECONDS, "tick_seconds": TICK_SECONDS}
    monkeypatch.setattr(ticking, "settings", settings.model_copy(update=changes))
    with Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
        with TestClient(create_app()) as client:
            assert client.get("/healthz").status_code == 200
            if ticks:
                eventually(lambda: waiting(broker) >= {"app.tasks.work.sweep", "app.tasks.work.open_slots"})
        assert bool(waiting(broker)) == ticks
        broker.flushall()


def waiting(broker: "Redis") -> set[str]:
    """The names of the tasks that wait in the broker."""
    import json

    lists = [key for key in broker.keys("rozana:default*") if broker.type(key) == b"list"]
    return {json.loads(message)["headers"]["task"] for key in lists for message in broker.lrange(key, 0, -1)}


@pytest.mark.parametrize(
    ("scheduler", "who"), [("embedded", "SCHEDULER=embedded"), ("beat", "celery -A app.core.celery_app beat")]
)
def test_doctor_knows_who_should_tick(scheduler: str, who: str) -> None:
    (finding,) = judge_beat(None, machine_now(), 15, who_ticks(settings_with(scheduler=scheduler)))
    assert who in finding.remedy


def test_a_beat_beside_the_embedded_one_is_told_that_it_is_not_needed() -> None:
    (finding,) = judge_beat_process(settings_with(scheduler="embedded"))
    assert finding.level == "warning"
    assert list(judge_beat_process(settings_with(scheduler="beat"))) == []
