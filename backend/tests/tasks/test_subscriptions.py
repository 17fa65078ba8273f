"""The documented subscription tasks, called as written: what they do, what they answer, and that a repeat finds it done."""

import inspect
from typing import Any
from uuid import UUID

import pytest

from app.core.celery_app import celery_app
from app.core.errors import Invalid
from app.core.ids import new_id
from app.jobs.models import Slot
from app.notifications.models import Message
from app.stores.models import Store
from app.subscriptions.errors import SubscriptionNotFound
from app.tasks import notifications, subscriptions
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    bill,
    cycles,
    days,
    local,
    make_subscriber,
    orders,
    rows,
    set_now,
    subscribe,
    today,
)
from tests.workers import Worker

DOCUMENTED = {
    "app.tasks.subscriptions.process_due_subscriptions": "()",
    "app.tasks.subscriptions.process_single_subscription": "(subscription_id)",
    "app.tasks.subscriptions.send_subscription_renewal_reminders": "()",
    "app.tasks.notifications.send_subscription_renewal_reminder_task": "(subscription_id, cycle_id=None)",
}
REMINDER = "subscription_renewal_reminder"


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


@pytest.fixture(autouse=True)
def hold_receipts(sandbox: Sandbox) -> None:
    sandbox.receipts("hold")


def reminders(store: Store) -> list[Message]:
    return [message for message in rows(store, Message) if message.template == REMINDER]


def remind(store: Store) -> dict[str, Any]:
    result: dict[str, Any] = subscriptions.send_subscription_renewal_reminders(store_id=str(store.id))
    return result


def single(store: Store, subscription_id: object) -> dict[str, Any]:
    result: dict[str, Any] = subscriptions.process_single_subscription(str(subscription_id), store_id=str(store.id))
    return result


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_documented_tasks_take_the_documented_arguments(name: str) -> None:
    celery_app.loader.import_default_modules()
    signature = celery_app.tasks[name].documented_signature
    parameters = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    assert str(inspect.Signature(parameters)) == DOCUMENTED[name]


def test_a_billing_run_says_what_it_made_and_which_run_it_was(store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    subscribe(asha, friday)
    subscribe(make_subscriber(store, stock_quantity=1), friday)  # two are wanted
    subscribe(asha, friday + days(1))
    set_now(store, local(friday - days(1), 18))
    result = bill(store)
    run_id = result.pop("billing_run_id")
    assert result == {"status": "success", "created": 1, "skipped": 1, "failed": 0}
    assert {cycle.slot_id for cycle in cycles(store)} == {UUID(run_id)}
    (slot,) = [slot for slot in rows(store, Slot) if slot.id == UUID(run_id)]
    assert (slot.schedule, slot.work_status) == ("process-due-subscriptions", "done")
    again = bill(store)
    assert again.pop("billing_run_id") != run_id
    assert again == {"status": "success", "created": 0, "skipped": 0, "failed": 0}
    assert len(orders(store)) == 1


def test_ac15_a_run_that_was_missed_is_made_up_for_by_the_next(store: Store, asha: Subscriber) -> None:
    """Due has no lower bound: what was planned for yesterday evening is ordered today, once."""
    friday = today(store) + days(7)
    subscribe(asha, friday)
    set_now(store, local(friday - days(1), 23, 59))
    assert bill(store)["created"] == 1
    assert [cycle.delivers_on for cycle in cycles(store)] == [friday]


def test_one_subscription_is_billed_by_its_id_and_a_repeat_finds_its_delivery(store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    subscription, other = subscribe(asha, friday), subscribe(asha, friday)
    nothing = {"status": "skipped", "reason": "not_due", "cycle_id": None, "order_id": None}
    assert single(store, subscription.id) == nothing
    set_now(store, local(friday - days(1), 18))
    first = single(store, subscription.id)
    (cycle,), (order,) = cycles(store), orders(store)
    assert first == {"status": "success", "cycle_id": str(cycle.id), "order_id": str(order.id)}
    assert cycle.subscription_id == subscription.id
    assert single(store, subscription.id) == first
    assert bill(store)["created"] == 1  # the other one
    assert sorted(one.subscription_id for one in cycles(store)) == sorted([subscription.id, other.id])


def test_what_is_no_subscription_is_refused_and_nothing_is_billed(store: Store, make_store: Any, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    foreign = subscribe(make_subscriber(make_store()), friday)
    for wrong, reason in ((new_id(), "subscription_not_found"), (foreign.id, "subscription_not_found"), ("123", "invalid")):
        assert single(store, wrong) == {"status": "failed", "reason": reason}
    named = {"store_id": str(store.id)}
    with pytest.raises(SubscriptionNotFound):
        subscriptions.process_single_subscription.delay(str(foreign.id), **named)
    with pytest.raises(Invalid):
        notifications.send_subscription_renewal_reminder_task.delay("123", **named)
    with pytest.raises(TypeError):
        subscriptions.process_single_subscription.delay(**named)
    with pytest.raises(TypeError):
        subscriptions.process_due_subscriptions("2026-12-04", **named)
    assert cycles(store) == []


def test_reminders_go_out_once_for_each_delivery_that_became_an_order(store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    subscribe(asha, friday)
    subscribe(make_subscriber(store, stock_quantity=1), friday)
    assert remind(store) == {"status": "success", "count": 0}
    set_now(store, local(friday - days(1), 18))
    bill(store)
    assert remind(store) == {"status": "success", "count": 1}
    (order,) = orders(store)
    assert sorted((message.channel, message.subject_id) for message in reminders(store)) == [
        ("email", order.id),
        ("sms", order.id),
    ]
    assert remind(store) == {"status": "success", "count": 0}
    assert len(reminders(store)) == 2


def test_a_reminder_that_comes_after_its_delivery_is_left_out_for_good(store: Store, asha: Subscriber) -> None:
    day = today(store) + days(2)
    subscribe(asha, day)
    set_now(store, local(day - days(1), 18))
    bill(store)
    set_now(store, local(day, 0, 1))
    assert remind(store) == {"status": "success", "count": 1}
    assert reminders(store) == []
    assert remind(store) == {"status": "success", "count": 0}


def test_a_reminder_by_hand_is_of_the_newest_delivery_or_the_named_one_and_a_repeat_finds_it(
    store: Store, asha: Subscriber, sandbox: Sandbox
) -> None:
    friday = today(store) + days(7)
    subscription, other = subscribe(asha, friday), subscribe(asha, friday)
    named = {"store_id": str(store.id)}
    task = notifications.send_subscription_renewal_reminder_task
    assert task(str(subscription.id), **named)["message_ids"] == []
    assert reminders(store) == []
    set_now(store, local(friday - days(1), 18))
    bill(store)
    (cycle,) = [cycle for cycle in cycles(store) if cycle.subscription_id == subscription.id]
    first = task(str(subscription.id), **named)
    assert (first["status"], len(first["message_ids"])) == ("success", 2)
    assert task(str(subscription.id), str(cycle.id), **named) == first
    assert task(str(other.id), str(cycle.id), **named) == {"status": "failed", "reason": "subscription_not_found"}
    assert remind(store)["count"] == 1  # the other one's
    assert len(reminders(store)) == 4
    assert {message.id for message in reminders(store)} >= {UUID(one) for one in first["message_ids"]}
    assert sorted(message["channel"] for message in sandbox.inbox()) == ["email", "sms"]


def test_a_worker_does_what_the_documents_call(store: Store, asha: Subscriber, worker: Worker) -> None:
    friday = today(store) + days(7)
    subscription = subscribe(asha, friday)
    set_now(store, local(friday - days(1), 18))
    named = {"store_id": str(store.id)}
    billed = subscriptions.process_single_subscription.delay(subscription_id=str(subscription.id), **named).get(timeout=30)
    assert (billed["status"], billed["order_id"]) == ("success", str(orders(store)[0].id))
    run = subscriptions.process_due_subscriptions.apply_async(kwargs=named).get(timeout=30)
    assert (run["status"], run["created"]) == ("success", 0)
    told = subscriptions.send_subscription_renewal_reminders.delay(**named).get(timeout=30)
    assert told == {"status": "success", "count": 1}
    task = notifications.send_subscription_renewal_reminder_task
    assert len(task.delay(str(subscription.id), **named).get(timeout=30)["message_ids"]) == 2
    assert len(reminders(store)) == 2
