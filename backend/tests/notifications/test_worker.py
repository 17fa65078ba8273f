"""Messages through a real Celery worker: nudged, called raw, retried, and with workers killed and Redis emptied."""

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import redis
from celery.result import AsyncResult

from app.core.celery_app import celery_app
from app.core.config import settings
from app.core.work import unit_of_work
from app.notifications import service
from app.notifications.models import Message
from app.stores.models import Store
from app.tasks import notifications as tasks
from tests.conftest import Servers
from tests.notifications.sending import EMAIL, PHONE, let_lease_run_out
from tests.sandbox_control import Sandbox
from tests.shopping import rows
from tests.workers import Worker, eventually

MESSAGES, KILLS, CONCURRENCY = 60, 3, 2


@pytest.fixture(autouse=True)
def hold_receipts(sandbox: Sandbox) -> None:
    sandbox.receipts("hold")


def raw(task: str, *arguments: object, store: Store) -> AsyncResult:
    """As `celery call` sends it: the documented arguments, and nothing was recorded before."""
    name = f"app.tasks.notifications.{task}"
    return celery_app.send_task(name, args=arguments, kwargs={"store_id": str(store.id)}, task_id=str(uuid4()))


def test_a_queued_message_is_sent_by_a_worker(store: Store, sandbox: Sandbox, worker: Worker) -> None:
    with unit_of_work(store.id) as session:
        service.queue(session, "otp", PHONE, "sms", "otp:1", {"minutes": 5}, secrets={"code": "482913"})
        service.queue(session, "notice", EMAIL, "email", "event:1", {"body": "Hello"})
    eventually(lambda: len(sandbox.inbox()) == 2, why="both were delivered")
    eventually(lambda: {message.status for message in rows(store, Message)} == {"sent"})
    assert len(sandbox.calls("mail.send")) == len(sandbox.calls("messages.create")) == 1


def test_raw_calls_work_as_documented(store: Store, sandbox: Sandbox, worker: Worker) -> None:
    context = {"user": {"name": "Asha"}}
    answers = [
        raw("send_email_task", EMAIL, "Hello", "Words", store=store),
        raw("send_sms_task", PHONE, "Words", store=store),
        raw("send_templated_email_task", EMAIL, "welcome_user", context, store=store),
        raw("send_notification_email", EMAIL, "Hi", "welcome_user", context, store=store),
        tasks.send_sms_task.delay(PHONE, "Other words", store_id=str(store.id)),
    ]
    results = [answer.get(timeout=30) for answer in answers]
    assert {result["status"] for result in results} == {"success"}
    found = {str(message.id): message.event_key for message in rows(store, Message)}
    assert [found[result["message_id"]] for result in results] == [f"task:{answer.id}" for answer in answers]
    assert len(sandbox.inbox()) == 5


def test_a_transient_failure_shows_as_retry_and_keeps_its_urgency(store: Store, sandbox: Sandbox, worker: Worker) -> None:
    sandbox.fault("messages.create", "rate_limited", times=1)
    answer = raw("send_sms_task", PHONE, "Words", store=store)
    eventually(lambda: answer.state == "RETRY", why="the row says when to come again")
    [message] = rows(store, Message)
    assert (message.status, message.attempts) == ("queued", 0)

    def waiting() -> list[dict[str, object]]:
        with redis.Redis.from_url(settings.redis_url) as broker:
            return [json.loads(entry)[0] for entry in broker.hgetall("rozana:unacked").values()]

    [retried] = eventually(waiting, why="the retry waits in the worker")
    assert retried["properties"]["priority"] == 3, "our 6, as at first"  # type: ignore[index]
    body = json.loads(base64.b64decode(str(retried["body"])))
    assert body[:2] == [[], {"store_id": str(store.id), "recorded": {"message_id": str(message.id)}}]
    assert len(rows(store, Message)) == 1


@pytest.fixture
def swept_worker(servers: Servers) -> Iterator[Worker]:
    """A worker that beats and sweeps too."""
    with Worker(servers.state / "worker.log", beat=True, concurrency=CONCURRENCY) as worker:
        yield worker


def test_ac22_killed_workers_and_an_emptied_redis_lose_and_double_nothing(
    store: Store, sandbox: Sandbox, swept_worker: Worker
) -> None:
    """Each message arrives once, or is `unknown`; those are at most the ones in a call when their worker was killed."""
    ids = set()
    for number in range(MESSAGES):
        with unit_of_work(store.id) as session:
            channel, to = ("email", EMAIL) if number % 2 else ("sms", PHONE)
            ids.add(service.queue(session, "notice", to, channel, f"event:{number}", {"body": f"Number {number}"}).id)
    for kill in range(KILLS):
        enough = (kill + 1) * MESSAGES // (KILLS + 2) + random.randint(0, 2)
        eventually(lambda enough=enough: len(arrived(sandbox)) >= enough, seconds=40, why="the worker is at work")  # type: ignore[misc]
        swept_worker.kill()
        with redis.Redis.from_url(settings.redis_url) as broker:
            broker.flushall()
        with unit_of_work(store.id) as session:
            let_lease_run_out(session)  # as if two minutes had passed
        swept_worker.start()
    eventually(lambda: not owed(store), seconds=60, why="the sweep finds everything that was lost")

    found = {message.id: message.status for message in rows(store, Message)}
    assert found.keys() == ids
    unknown = {message_id for message_id, status in found.items() if status == "unknown"}
    assert set(found.values()) <= {"sent", "unknown"}
    assert len(unknown) <= KILLS * CONCURRENCY
    times = Counter(arrived(sandbox))
    assert max(times.values()) == 1, "nothing is doubled"
    assert ids - unknown <= times.keys(), "nothing is lost"


def arrived(sandbox: Sandbox) -> list[UUID]:
    """Our ids of the messages that the providers accepted, by the sandbox's own record."""
    found = []
    for message in sandbox.inbox(limit=10_000):
        ours = message["custom_args"].get("message_id") or message["callback_url"].rpartition("=")[2]
        found.append(UUID(ours))
    return found


def owed(store: Store) -> list[Message]:
    return [message for message in rows(store, Message) if message.work_status in ("queued", "working")]
