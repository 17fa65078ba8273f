"""Messages through a real Celery worker: nudged, called raw and retried."""

import base64
import json
from uuid import uuid4

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
from tests.notifications.sending import EMAIL, PHONE
from tests.sandbox_control import Sandbox
from tests.shopping import rows
from tests.workers import Worker, eventually


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
