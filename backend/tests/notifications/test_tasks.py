"""The documented tasks in this process: the row first, JSON only, one message per call, results and refusals."""

import base64
import inspect
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from celery.exceptions import Retry
from sqlmodel import select

from app.checkout import confirming
from app.core.actor import SYSTEM
from app.core.celery_app import celery_app
from app.core.clock import machine_now
from app.core.config import settings
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.notifications.errors import ContextIncomplete, UnknownTemplate
from app.notifications.models import Message
from app.providers import registry
from app.stores.errors import StoreNotNamed
from app.stores.models import Store
from app.tasks import notifications as tasks
from app.tasks.base import DocumentedTask, NotJson
from tests.builders import make_customer
from tests.notifications.sending import EMAIL, PHONE
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start, rows, work_off

DOCUMENTED = {
    "send_email_task": "(to_email, subject, body)",
    "send_sms_task": "(to_phone, message)",
    "send_templated_email_task": "(to_email, template_name, context)",
    "send_templated_sms_task": "(to_phone, template_name, context)",
    "send_order_confirmation_task": "(order_id)",
    "send_order_shipped_task": "(order_id, shipment_id=None)",
    "send_payment_failed_task": "(order_id, payment_id=None)",
    "send_notification_email": "(recipient_email, subject, template_name, context)",
    "send_bulk_notification_emails": "(recipient_emails, subject, template_name, context)",
    "send_welcome_email": "(user_id=None, user_type='user', admin_id=None)",
}


@pytest.fixture(autouse=True)
def hold_receipts(sandbox: Sandbox) -> None:
    sandbox.receipts("hold")


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    """Redis, empty, with nobody consuming."""
    with redis.Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
        yield broker


def waiting(broker: "redis.Redis") -> list[tuple[bytes, bytes]]:
    """(list, raw message) of everything on the queue `notifications`."""
    lists = [key for key in broker.scan_iter("rozana:notifications*", _type="list") if isinstance(key, bytes)]
    return [(key, bytes(raw)) for key in lists for raw in broker.lrange(key, 0, -1) if isinstance(raw, bytes)]


def published(broker: "redis.Redis", task: str) -> list[tuple[bytes, dict[str, Any], list[Any]]]:
    """(list, headers, [args, kwargs, …]) of every waiting message of the task."""
    found = [(key, json.loads(raw)) for key, raw in waiting(broker)]
    return [
        (key, message["headers"], json.loads(base64.b64decode(message["body"])))
        for key, message in found
        if message["headers"]["task"] == f"app.tasks.notifications.{task}"
    ]


def messages(store: Store) -> list[Message]:
    return rows(store, Message)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_documented_tasks_take_the_documented_arguments(name: str) -> None:
    task = celery_app.tasks[f"app.tasks.notifications.{name}"]
    assert isinstance(task, DocumentedTask)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in task.documented_signature.parameters.values()
    ]
    assert str(inspect.Signature(parameters)) == DOCUMENTED[name]
    assert task.__doc__


def test_a_direct_call_sends(store: Store, sandbox: Sandbox) -> None:
    result = tasks.send_email_task(EMAIL, "Hello", "How are you?\n\nBye", store_id=str(store.id))
    [message] = messages(store)
    assert result == {"status": "success", "message_id": str(message.id)}
    [arrived] = sandbox.inbox()
    assert (arrived["to"], arrived["subject"]) == (EMAIL, "Hello")
    assert "How are you?" in arrived["text"]
    assert arrived["custom_args"]["message_id"] == str(message.id)


def test_delay_writes_the_row_and_publishes_only_its_place(store: Store, broker: "redis.Redis") -> None:
    answer = tasks.send_sms_task.delay(PHONE, "Your milk is at the door", store_id=str(store.id))
    [message] = messages(store)
    assert (message.event_key, message.status) == (f"task:{answer.id}", "queued")
    [(queue, headers, (args, kwargs, _))] = published(broker, "send_sms_task")
    assert args == []
    assert kwargs == {"store_id": str(store.id), "recorded": {"message_id": str(message.id)}}
    assert headers["id"] == answer.id
    assert queue == b"rozana:notifications\x06\x163", "6 is Redis' second of four levels"
    assert all(PHONE.encode() not in base64.b64decode(json.loads(raw)["body"]) + raw for _, raw in waiting(broker))


def test_a_confirmation_goes_before_other_messages(store: Store, broker: "redis.Redis", paid_order: UUID) -> None:
    broker.flushall()
    tasks.send_order_confirmation_task.delay(str(paid_order), store_id=str(store.id))
    [(queue, *_)] = published(broker, "send_order_confirmation_task")
    assert queue == b"rozana:notifications"


def test_a_message_that_comes_twice_is_sent_once(store: Store, sandbox: Sandbox) -> None:
    task_id, arguments = str(uuid4()), (PHONE, "Hello")
    options = {"task_id": task_id, "kwargs": {"store_id": str(store.id)}}
    first = tasks.send_sms_task.apply(arguments, **options).get()
    assert tasks.send_sms_task.apply(arguments, **options).get() == first
    assert first["status"] == "success"
    assert len(sandbox.inbox()) == 1
    tasks.send_sms_task.apply(arguments, kwargs={"store_id": str(store.id)})
    assert len(sandbox.inbox()) == 2, "another call is another message"


def test_objects_are_refused_before_anything_is_written(store: Store) -> None:
    context, of_store = {"user": Store(slug="x", name="x", state_code="29")}, {"store_id": str(store.id)}
    with pytest.raises(NotJson, match=r"context\['user'\] is a Store: tasks take JSON only, pass its id"):
        tasks.send_templated_email_task.delay(EMAIL, "welcome_user", context, **of_store)
    with pytest.raises(NotJson):
        tasks.send_templated_email_task.apply_async((EMAIL, "welcome_user"), {"context": context, **of_store})
    assert messages(store) == []


def test_a_person_named_by_id_becomes_a_frozen_fact(store: Store, sandbox: Sandbox) -> None:
    with unit_of_work(store.id) as session:
        customer = make_customer(session, name="Asha Rao")
    context = {"user_id": str(customer.id)}
    result = tasks.send_templated_email_task(EMAIL, "welcome_user", context, store_id=str(store.id))
    assert result["status"] == "success"
    assert messages(store)[0].context["user"] == {"name": "Asha Rao"}
    assert "Welcome, Asha Rao!" in sandbox.inbox()[0]["text"]


def test_a_templated_code_is_a_secret(store: Store, sandbox: Sandbox) -> None:
    tasks.send_templated_sms_task(PHONE, "otp", {"code": "482913", "minutes": 5}, store_id=str(store.id))
    assert "482913" in sandbox.inbox()[0]["text"]
    assert "482913" not in str([message.model_dump() for message in messages(store)])


def test_a_subject_of_ones_own(store: Store, sandbox: Sandbox) -> None:
    context = {"user": {"name": "Asha"}}
    result = tasks.send_notification_email(EMAIL, "A word of welcome", "welcome_user", context, store_id=str(store.id))
    assert result["status"] == "success"
    assert sandbox.inbox()[0]["subject"] == "A word of welcome"


def test_refusals_reach_the_caller_of_delay_and_the_result_of_a_raw_call(store: Store) -> None:
    of_store = {"store_id": str(store.id)}
    with pytest.raises(UnknownTemplate):
        tasks.send_templated_email_task.delay(EMAIL, "love_letter", {}, **of_store)
    with pytest.raises(ContextIncomplete):
        tasks.send_templated_email_task.delay(EMAIL, "welcome_user", {}, **of_store)
    with pytest.raises(NotFound):
        tasks.send_order_confirmation_task.delay(str(new_id()), **of_store)
    with pytest.raises(TypeError, match="subject"):
        tasks.send_email_task.delay(EMAIL, **of_store)
    raw = tasks.send_templated_email_task.apply((EMAIL, "love_letter", {}), kwargs=of_store).get()
    assert raw == {"status": "failed", "reason": "template_unknown"}
    assert messages(store) == []


def test_several_stores_and_none_named_is_refused(store: Store, make_store: Any) -> None:
    make_store()
    with pytest.raises(StoreNotNamed):
        tasks.send_sms_task.delay(PHONE, "Hello")
    assert tasks.send_sms_task(PHONE, "Hello") == {"status": "failed", "reason": StoreNotNamed.code}


def test_what_is_rejected_shows_as_failed(store: Store, sandbox: Sandbox) -> None:
    sandbox.fault("messages.create", "rejected", code="21610")
    result = tasks.send_sms_task(PHONE, "Hello", store_id=str(store.id))
    assert (result["status"], result["reason"]) == ("failed", "21610")
    assert tasks.send_sms_task("12", "Hello", store_id=str(store.id))["reason"] == "invalid_recipient"


def test_a_transient_failure_is_a_retry_that_records_nothing_again(
    store: Store, sandbox: Sandbox, broker: "redis.Redis"
) -> None:
    sandbox.fault("messages.create", "rate_limited")
    with pytest.raises(Retry):
        tasks.send_sms_task(PHONE, "Hello", store_id=str(store.id))
    [message] = messages(store)
    assert (message.status, message.attempts) == ("queued", 0)


def test_a_broker_that_is_away_loses_nothing(store: Store, sandbox: Sandbox) -> None:
    with celery_app.connection_for_write("redis://127.0.0.1:1/0", transport_options={"max_retries": 0}) as nowhere:
        producer = celery_app.amqp.Producer(nowhere, auto_declare=False)
        answer = tasks.send_sms_task.apply_async(
            (PHONE, "Hello"), {"store_id": str(store.id)}, producer=producer, retry=False, ignore_result=True
        )
    [message] = messages(store)
    assert message.event_key == f"task:{answer.id}"
    work_off(store)
    assert len(sandbox.inbox()) == 1


def test_a_countdown_and_an_expiry_are_kept_in_the_row(store: Store, sandbox: Sandbox, broker: "redis.Redis") -> None:
    tasks.send_sms_task.apply_async((PHONE, "Later"), {"store_id": str(store.id)}, countdown=7200, expires=90_000)
    [message] = messages(store)
    assert message.next_attempt_at is not None
    assert timedelta(seconds=7100) < message.next_attempt_at - machine_now() <= timedelta(seconds=7200)
    assert message.expires_at - machine_now() <= timedelta(seconds=90_000)
    work_off(store)
    assert sandbox.inbox() == []


@pytest.fixture
def paid_order(store: Store, sandbox: Sandbox) -> UUID:
    """An order that is paid and confirmed, its messages sent."""
    order_id = confirm_order(store, sandbox)
    work_off(store)
    return order_id


def confirm_order(store: Store, sandbox: Sandbox) -> UUID:
    """An order that is paid and confirmed, its messages queued."""
    sandbox.webhooks("drop")
    order, provider_order_id = place_and_start(make_shopper(store))
    sandbox.pay(provider_order_id)
    [facts] = registry.razorpay(sandbox.razorpay).order_payments(provider_order_id)
    with unit_of_work(store.id) as session:
        confirming.confirm(session, facts, actor=SYSTEM, cause="test", now=machine_now())
    return order.id


def test_a_later_call_does_not_hold_back_what_was_queued_before_it(
    store: Store, sandbox: Sandbox, broker: "redis.Redis"
) -> None:
    order_id = confirm_order(store, sandbox)

    def times() -> list[tuple[object, object]]:
        return [(message.next_attempt_at, message.expires_at) for message in messages(store)]

    before = times()
    assert len(before) == 2
    tasks.send_order_confirmation_task.apply_async((str(order_id),), {"store_id": str(store.id)}, countdown=3600, expires=60)
    assert times() == before


def test_an_order_is_confirmed_by_every_channel_once(store: Store, sandbox: Sandbox, paid_order: UUID) -> None:
    before = {message.id for message in messages(store)}
    result = tasks.send_order_confirmation_task(str(paid_order), store_id=str(store.id))
    assert result["status"] == "success"
    assert {UUID(message_id) for message_id in result["message_ids"]} == before
    assert len(before) == 2
    assert sorted(message["channel"] for message in sandbox.inbox()) == ["email", "sms"]
    [email] = sandbox.inbox(channel="email")
    assert email["subject"].startswith("Your order ")
    assert "Total paid: ₹" in email["text"]


def test_what_is_not_true_of_an_order_is_not_said(store: Store, sandbox: Sandbox, paid_order: UUID) -> None:
    arrived = len(sandbox.inbox())
    for task in (tasks.send_order_shipped_task, tasks.send_payment_failed_task):
        result = task(str(paid_order), store_id=str(store.id))
        assert result == {"status": "skipped", "reason": "nobody_to_tell", "message_ids": []}
    assert tasks.send_order_shipped_task("123", store_id=str(store.id))["status"] == "failed"
    assert len(sandbox.inbox()) == arrived


def test_a_failed_payment_is_told_once(store: Store, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    order, provider_order_id = place_and_start(make_shopper(store))
    sandbox.pay(provider_order_id, "failed", error_reason="payment_cancelled")
    [facts] = registry.razorpay(sandbox.razorpay).order_payments(provider_order_id)
    with unit_of_work(store.id) as session:
        confirming.confirm(session, facts, actor=SYSTEM, cause="test", now=machine_now())
    results = [tasks.send_payment_failed_task(str(order.id), store_id=str(store.id)) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0]["status"] == "success"
    assert len(sandbox.inbox()) == 2


def test_a_welcome_goes_to_whom_the_id_and_the_type_name(store: Store, sandbox: Sandbox) -> None:
    of_store = {"store_id": str(store.id)}
    with unit_of_work(store.id) as session:
        customer = make_customer(session, name="Asha", email="asha@example.in")
        silent = make_customer(session, email=None)
    assert tasks.send_welcome_email(str(customer.id), "user", **of_store)["status"] == "success"
    assert tasks.send_welcome_email(str(customer.id), **of_store)["status"] == "success"
    assert len(sandbox.inbox()) == 1, "a person is welcomed once"
    assert tasks.send_welcome_email(str(silent.id), "user", **of_store)["reason"] == "nobody_to_tell"
    assert tasks.send_welcome_email(str(customer.id), "admin", **of_store)["status"] == "failed"
    for wrong in ({}, {"user_id": "1", "user_type": "robot"}, {"admin_id": str(customer.id), "user_type": "user"}):
        assert tasks.send_welcome_email(**wrong, **of_store) == {"status": "failed", "reason": "person_not_named"}


def test_a_bulk_is_a_row_each(store: Store, sandbox: Sandbox) -> None:
    recipients = [f"c{number}@example.in" for number in range(20)]
    arguments = ([*recipients, recipients[0], "nobody"], "News", "notice", {"body": "We are closed on Friday."})
    result = tasks.send_bulk_notification_emails(*arguments, store_id=str(store.id))
    assert result == {"status": "success", "queued": 20, "skipped": 2}
    work_off(store)
    assert sorted(message["to"] for message in sandbox.inbox(limit=100)) == sorted(recipients)


def test_a_bulk_is_bounded(store: Store) -> None:
    everybody = [f"c{number}@example.in" for number in range(1001)]
    result = tasks.send_bulk_notification_emails(everybody, "News", "notice", {"body": "x"}, store_id=str(store.id))
    assert result == {"status": "failed", "reason": "too_many_recipients"}
    with unit_of_work(store.id) as session:
        assert session.exec(select(Message)).all() == []
