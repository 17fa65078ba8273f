"""A nudge costs its caller nothing, whatever the broker does; and comes back by itself."""

import base64
import json
import queue
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
import redis

from app.core.celery_app import celery_app, route
from app.core.logging import request_id
from app.core.nudge import NUDGES, Nudger
from tests.conftest import Servers
from tests.racing import race
from tests.workers import eventually


@pytest.fixture
def nudger() -> Nudger:
    return Nudger()


@pytest.fixture
def broker(servers: Servers) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(servers.valkey.url) as broker:
        broker.flushall()
        yield broker
        broker.flushall()


def waiting(broker: "redis.Redis") -> int:
    return sum(int(broker.llen(key)) for key in broker.keys("rozana:*") if broker.type(key) == b"list")


def test_the_first_nudges_of_many_threads_all_leave(broker: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    make, nudger, others = queue.Queue, Nudger(), Barrier(2)

    def make_among_others(size: int) -> "queue.Queue[object]":
        with suppress(BrokenBarrierError):
            others.wait(0.05)  # goes on at once when a second thread starts too, which is what must not happen
        return make(size)

    monkeypatch.setattr(queue, "Queue", make_among_others)
    race(20, lambda number: nudger.send("apply_event", "store", str(number)))
    nudger.flush(5)
    assert (nudger.sent, nudger.dropped) == (20, 0)


def test_every_nudge_names_a_registered_task() -> None:
    celery_app.loader.import_default_modules()
    assert {nudge.task for nudge in NUDGES.values()} <= set(celery_app.tasks)


def test_a_nudge_arrives_on_its_tasks_queue_at_its_priority(nudger: Nudger, broker: "redis.Redis") -> None:
    nudger.send("deliver_urgent_message", "store", "message")
    nudger.send("deliver_message", "store", "message")
    nudger.flush(5)
    assert (nudger.sent, nudger.dropped) == (2, 0)
    assert broker.llen("rozana:notifications") == 1, "priority 9 of ours is Redis' first level"
    assert broker.llen("rozana:notifications\x06\x163") == 1


def test_nudges_of_one_moment_travel_together_each_with_its_request(nudger: Nudger, broker: "redis.Redis") -> None:
    """But for those of another store, of another kind, and those that wait for nobody."""
    for number in range(3):
        request_id.set(f"request-{number}")
        nudger.send("apply_event", "store", f"event-{number}")
    nudger.send("apply_event", "elsewhere", "event")
    nudger.send("deliver_urgent_message", "store", "message-1")
    nudger.send("deliver_urgent_message", "store", "message-2")
    nudger.flush(5)
    assert (nudger.sent, broker.llen("rozana:default"), broker.llen("rozana:notifications")) == (6, 2, 2)
    sent = [json.loads(raw) for raw in broker.lrange("rozana:default", 0, -1)]
    joined = next(message for message in sent if "more" in message["headers"]["kwargsrepr"])
    args, kwargs, _ = json.loads(base64.b64decode(joined["body"]))
    assert (args, joined["headers"]["request_id"]) == (["store", "event-0"], "request-0")
    assert kwargs == {"more": [["event-1", "request-1"], ["event-2", "request-2"]]}


@pytest.mark.parametrize(("ours", "redis_level"), [(9, 0), (6, 3), (3, 6), (0, 9), (10, 0)])
def test_our_most_urgent_priority_is_what_redis_serves_first(ours: int, redis_level: int) -> None:
    options = {"priority": ours}
    route("app.tasks.notifications.deliver", (), {}, options)
    assert options["priority"] == redis_level


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("app.tasks.notifications.send_email_task", "notifications"),
        ("app.tasks.subscriptions.process_due_subscriptions", "subscriptions"),
        ("app.tasks.cleanup.cleanup_expired_carts", "default"),
        ("app.tasks.work.sweep", "default"),
    ],
)
def test_tasks_go_to_the_documented_queues(task: str, queue: str) -> None:
    assert route(task, (), {}, {})["queue"] == queue


def test_ac23_a_silent_broker_costs_the_caller_nothing_and_heals_by_itself(
    servers: Servers, nudger: Nudger, broker: "redis.Redis"
) -> None:
    nudger.open_seconds = 0.2
    nudger.send("apply_event", "before")
    nudger.flush(5)
    servers.valkey.pause()
    try:
        started = time.perf_counter()
        for _ in range(200):
            nudger.send("apply_event", "meanwhile")
        assert time.perf_counter() - started < 1, "200 nudges into a black hole; one blocking publish alone takes longer"
        eventually(lambda: nudger.dropped, why="the breaker opens and nudges are dropped")
    finally:
        servers.valkey.resume()

    def heals() -> bool:
        nudger.send("apply_event", "after")
        nudger.flush(2)
        return nudger.sent >= 2

    eventually(heals, why="publishing works again without a restart")
    assert waiting(broker) >= 1


def test_a_broker_that_is_down_is_no_error(servers: Servers, nudger: Nudger) -> None:
    servers.valkey.kill()
    try:
        nudger.send("apply_event", "x")
        nudger.flush(5)
        assert (nudger.sent, nudger.dropped) == (0, 1)
    finally:
        servers.valkey.restart()


def test_ac21_the_visibility_timeout_is_above_the_hard_limit() -> None:
    options = celery_app.conf.broker_transport_options
    assert options["visibility_timeout"] > celery_app.conf.task_time_limit > celery_app.conf.task_soft_time_limit


def test_the_documented_settings() -> None:
    conf = celery_app.conf
    assert (conf.task_serializer, conf.result_serializer, conf.accept_content, conf.timezone) == (
        "json",
        "json",
        ["json"],
        "UTC",
    )
    assert (conf.task_time_limit, conf.task_soft_time_limit) == (1800, 1500)
    assert (conf.worker_prefetch_multiplier, conf.worker_max_tasks_per_child, conf.task_acks_late) == (4, 1000, True)
    assert {queue.name for queue in conf.task_queues} == {"default", "notifications", "subscriptions"}
