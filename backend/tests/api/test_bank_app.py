"""A customer pauses, resumes and revokes her mandate in the bank's app: the subscription follows, and nothing is debited."""

import random
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.work import unit_of_work
from app.notifications.models import Message
from app.payments.mandate_models import Mandate
from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.tasks import subscriptions
from tests.api.asking import calendar, change, look, start
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    days,
    debits,
    is_notified,
    local,
    make_subscriber,
    orders,
    rows,
    set_now,
    settle_events,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

ACTION_NEEDED = "subscription_action_needed"


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def is_seen(client: TestClient, who: Subscriber, subscription: Subscription, wanted: tuple[str, str]) -> bool:
    """The subscription's and its mandate's state, as far as the bank's events have told."""
    settle_events(who.store)
    subscriptions.drain_mandates(str(who.store.id))
    shown = look(client, who, str(subscription.id))
    return (shown["status"], shown["mandate"]["status"]) == wanted


def told(store: Store, template: str = ACTION_NEEDED) -> list[tuple[str, Any]]:
    """By which channel the customer was told, and of which state of the mandate."""
    found = [message for message in rows(store, Message) if message.template == template]
    return sorted((message.channel, message.context.get("mandate_status")) for message in found)


def test_ac14_the_subscription_follows_what_happens_in_the_bank_app_and_tells_each_time_once(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    assert told(store, "subscription_started") == [("email", None), ("sms", None)]
    (token,) = sandbox.tokens()
    sandbox.webhooks("send", duplicate=2, shuffle=True)

    sandbox.token(token["id"], "pause")
    eventually(lambda: is_seen(client, asha, subscription, ("action_needed", "paused")))
    assert calendar(client, asha, str(subscription.id)) == []
    set_now(store, local(friday - days(4), 6), sandbox)
    assert (bill(store)["created"], orders(store)) == (0, [])

    sandbox.token(token["id"], "resume")
    eventually(lambda: is_seen(client, asha, subscription, ("active", "confirmed")))
    (first, *_) = calendar(client, asha, str(subscription.id))
    assert first["delivers_on"] == (friday + days(7)).isoformat()  # friday's could not be announced any more
    assert told(store) == [("email", "paused"), ("sms", "paused")]
    assert told(store, "subscription_started") == [("email", None), ("sms", None)]  # not again

    sandbox.token(token["id"], "cancel")
    eventually(lambda: is_seen(client, asha, subscription, ("action_needed", "cancelled")))
    set_now(store, local(friday + days(7), 6), sandbox)
    assert bill(store)["created"] == 0
    work_off(store)
    assert calendar(client, asha, str(subscription.id)) == []
    assert told(store) == [("email", "cancelled"), ("email", "paused"), ("sms", "cancelled"), ("sms", "paused")]
    assert debits(store) == []
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [100]


@pytest.mark.parametrize(("act", "seen"), [("pause", "paused"), ("cancel", "cancelled")])
def test_ac14_a_delivery_that_is_announced_is_not_debited_once_the_mandate_is_gone(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber, act: str, seen: str
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    assert bill(store)["created"] == 1
    work_off(store)
    eventually(lambda: is_notified(store))
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], act)
    eventually(lambda: is_seen(client, asha, subscription, ("action_needed", seen)))
    for hours in (0, 1, 8, 24):
        set_now(store, local(friday - days(2), 6) + timedelta(hours=hours), sandbox)
        work_off(store)
    assert debits(store) == []
    assert sandbox.calls("payments.create_recurring") == []
    (order,) = orders(store)
    assert (order.status, order.payment_status) == ("pending_payment", "unpaid")


def test_one_that_its_customer_paused_stays_paused_whatever_the_bank_says(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    subscription = approve(asha, subscribe(asha, today(store) + days(7), method="upi"), sandbox)
    change(client, asha, str(subscription.id), "pause")
    (token,) = sandbox.tokens()
    for act, seen in (("pause", "paused"), ("resume", "confirmed")):
        sandbox.token(token["id"], act)
        eventually(lambda seen=seen: is_seen(client, asha, subscription, ("paused", seen)))  # type: ignore[misc]
    assert change(client, asha, str(subscription.id), "resumption")["subscription"]["status"] == "active"


def test_a_revoked_mandate_is_replaced_by_a_new_one_and_the_old_rhythm_goes_on(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], "cancel")
    eventually(lambda: is_seen(client, asha, subscription, ("action_needed", "cancelled")))
    answer = client.post(f"/api/v1/subscriptions/{subscription.id}/mandate", headers=asha.headers)
    assert answer.status_code == 200, answer.text
    assert look(client, asha, str(subscription.id))["status"] == "action_needed"
    set_now(store, local(friday + days(2), 12), sandbox)  # she takes her time
    sandbox.approve(answer.json()["provider_order_id"])
    eventually(lambda: is_seen(client, asha, subscription, ("active", "confirmed")))
    (first, *_) = calendar(client, asha, str(subscription.id))
    assert first["delivers_on"] == (friday + days(7)).isoformat()
    assert told(store, "subscription_started") == [("email", None), ("sms", None)]
    assert len(rows(store, Subscription)) == 1


def settle_all(store: Store) -> None:
    """Every event is applied or given up, whatever it waited for."""

    def is_settled() -> bool:
        with unit_of_work(store.id) as session:
            for table in ("provider_events", "mandates"):
                session.execute(text(f"UPDATE {table} SET next_attempt_at = now() WHERE work_status = 'queued'"))  # noqa: S608
            open_rows = session.scalar(text("SELECT count(*) FROM provider_events WHERE work_status NOT IN ('done', 'dead')"))
        settle_events(store)
        subscriptions.drain_mandates(str(store.id))
        return bool(open_rows == 0)

    eventually(is_settled)


@pytest.mark.parametrize("order", ["backwards", "shuffled", "each three times"])
def test_ac31_the_events_of_mandates_end_in_the_same_state_in_any_order_and_number(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, order: str
) -> None:
    """The token's may come before the payment's, which alone says whose token it is."""
    sandbox.webhooks("drop")
    ends = {
        "approved": ("active", "confirmed"), "paused": ("awaiting_mandate", "paused"),
        "resumed": ("active", "confirmed"), "revoked": ("awaiting_mandate", "cancelled"),
        "declined": ("awaiting_mandate", "rejected"),
    }  # fmt: skip
    people = {name: make_subscriber(store) for name in ends}
    made = {name: start(client, who, payment_method="mandate") for name, who in people.items()}
    for name, one in made.items():
        outcome = {"outcome": "failed"} if name == "declined" else {}
        token_id = sandbox.approve(one["payment"]["provider_order_id"], **outcome)["token_id"]
        for act in {"paused": ["pause"], "resumed": ["pause", "resume"], "revoked": ["cancel"]}.get(name, []):
            sandbox.token(token_id, act)
    events = [event["id"] for event in sandbox.events()]
    if order == "backwards":
        events.reverse()
    elif order == "each three times":
        events *= 3
    if order in ("shuffled", "each three times"):
        random.Random(7).shuffle(events)
    for event_id in events:
        assert sandbox.http.post(f"/control/events/{event_id}/deliver").is_success
    settle_all(store)
    found = {
        name: (shown["status"], shown["mandate"]["status"])
        for name, one in made.items()
        if (shown := look(client, people[name], one["subscription"]["id"]))
    }
    assert found == ends
    assert told(store) == sorted(
        (channel, state) for state in ("paused", "cancelled", "rejected") for channel in ("email", "sms")
    )
    assert sorted(mandate.status for mandate in rows(store, Mandate)) == sorted(state for _, state in ends.values())
    assert len(sandbox.ledger()["captures"]) == len(ends) - 1
