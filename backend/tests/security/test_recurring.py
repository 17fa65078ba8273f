"""What somebody who wants goods for nothing, or another's trouble, tries with subscriptions, mandates and debits."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.callers import ACCESS_COOKIE
from app.api.policy import POLICY
from app.checkout import debiting as checkout
from app.core import clock
from app.core.errors import Invalid
from app.core.nudge import nudger
from app.core.work import unit_of_work
from app.core.work_waiting import bring_forward
from app.inbox.models import ProviderEvent
from app.jobs.models import Slot
from app.notifications.models import Message
from app.payments.mandate_models import Debit
from app.payments.models import Capture
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import beginning
from app.subscriptions.models import Subscription
from app.tasks import cleanup, debiting
from tests.api.asking import SUBSCRIPTIONS, ask, change, start
from tests.moving import staff
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    attempts_of_orders,
    bill,
    cycles,
    days,
    debits,
    is_notified,
    is_paid,
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
from tests.unchanged import unchanged
from tests.workers import eventually

CANCEL = "cancellation"


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def planned(who: Subscriber, sandbox: Sandbox) -> Subscription:
    """A weekly delivery by mandate that has just become an order; its provider order is not made yet."""
    friday = today(who.store) + days(7)
    subscription = approve(who, subscribe(who, friday, method="upi"), sandbox)
    set_now(who.store, local(friday - days(4), 6), sandbox)
    assert bill(who.store)["created"] == 1
    return subscription


def announced(who: Subscriber, sandbox: Sandbox) -> Subscription:
    """The same, its notice delivered and the clock at the instant of its debit."""
    subscription = planned(who, sandbox)
    work_off(who.store)
    eventually(lambda: is_notified(who.store))
    set_now(who.store, charge_at(who.store), sandbox)
    return subscription


def charge_at(store: Store) -> datetime:
    at = cycles(store)[0].charge_at
    assert at is not None
    return at


def decided(store: Store) -> Debit:
    assert debiting.charge_due(store.id) == 1
    return debits(store)[-1]


def test_who_cancels_while_the_debit_is_being_taken_up_is_told_that_it_is_on_its_way(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    subscription = announced(asha, sandbox)
    debit = decided(store)
    with unit_of_work(store.id) as worker:
        taken = checkout.claim(worker, debit.id, clock.now(stores.get(worker)))
        answer = change(client, asha, str(subscription.id), CANCEL)
    assert taken is not None
    assert [one["outcome"] for one in answer["open_orders"]] == ["kept"]
    assert [order.status for order in orders(store)] == ["pending_payment"]


def test_nobody_announces_a_debit_to_whoever_cancelled_before(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    subscription = planned(asha, sandbox)
    answer = change(client, asha, str(subscription.id), CANCEL)
    assert [one["outcome"] for one in answer["open_orders"]] == ["cancelled"]
    before = len(sandbox.calls("orders.create"))
    work_off(store)
    made = sandbox.calls("orders.create")[before:]
    assert [call for call in made if "notification" in str(call)] == []
    set_now(store, charge_at(store), sandbox)
    work_off(store)
    assert debits(store) == []


def test_a_payment_by_hand_that_fails_is_no_answer_to_a_debit_on_its_way(
    store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    announced(asha, sandbox)
    debit = decided(store)
    order_id = str(attempts_of_orders(store)[0].provider_order_id)
    sandbox.pay(order_id, outcome="failed")
    eventually(lambda: is_applied(store, "payment.failed"))
    assert [one.status for one in debits(store)] == ["due"]
    assert debiting.send(store.id, debit.id) == "pending"
    set_now(store, charge_at(store) + timedelta(hours=25), sandbox)
    eventually(lambda: is_paid(store))


def first_debit(store: Store) -> str:
    settle_events(store)
    return debits(store)[0].status


def is_applied(store: Store, event_type: str) -> bool:
    settle_events(store)
    return any(event.event_type == event_type and event.work_status == "done" for event in rows(store, ProviderEvent))


def test_the_lost_answer_of_a_second_try_is_not_taken_for_the_first_tries_failure(
    store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    sandbox.mandates(debit_seconds=600, outcomes=[{"failed": "insufficient_funds"}])
    announced(asha, sandbox)
    work_off(store)
    set_now(store, charge_at(store) + timedelta(minutes=11), sandbox)
    eventually(lambda: first_debit(store) == "failed")
    due = attempts_of_orders(store)[0].debit_at
    assert due is not None
    set_now(store, due, sandbox)
    second = decided(store)
    sandbox.fault("payments.create_recurring", "connection_reset")
    debiting.send(store.id, second.id)
    with unit_of_work(store.id) as session:
        bring_forward(session, Debit, 3600)
    debiting.send(store.id, second.id)
    assert [one.status for one in debits(store)] == ["failed", "pending"]


def test_paying_by_hand_beside_an_undecided_debit_is_paid_once_and_tells_nobody_to_pay(
    store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    announced(asha, sandbox)
    work_off(store)
    (debit,) = debits(store)
    assert debit.status == "pending"
    sandbox.pay(str(attempts_of_orders(store)[0].provider_order_id))
    eventually(lambda: is_paid(store))
    set_now(store, charge_at(store) + timedelta(hours=25), sandbox)
    eventually(lambda: first_debit(store) != "pending")
    work_off(store)
    counted = [one for one in rows(store, Capture) if one.amount == orders(store)[0].total_amount]
    assert len(counted) == 1
    assert "payment_due" not in {message.template for message in rows(store, Message)}
    assert attempts_of_orders(store)[0].debit_at is None


def test_a_return_played_again_and_again_asks_the_bank_nothing(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.webhooks("drop")
    made = start(client, asha, payment_method="mandate")
    paid = sandbox.approve(made["payment"]["provider_order_id"])
    form = {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
    url = f"/api/v1/mandate-returns/{made['subscription']['mandate']['id']}"
    places = {client.post(url, data=form).headers["location"] for _ in range(4)}
    assert places == {f"{store.frontend_url}/#/subscriptions/{made['subscription']['id']}"}
    assert len(sandbox.calls("payments.fetch")) == 1


def test_a_cookie_alone_changes_no_subscription_and_moves_no_clock(client: TestClient, store: Store, asha: Subscriber) -> None:
    ours = [path for (method, path), policy in POLICY.items() if method == "POST" and policy.reads_token]
    paths = [path for path in ours if path.startswith((SUBSCRIPTIONS, "/api/v1/test/clocks"))]
    assert len(paths) == 13
    with unchanged(store):
        for path in paths:
            for headers in (asha.headers, staff(store)):
                client.cookies.set(ACCESS_COOKIE, headers["Authorization"].removeprefix("Bearer "))
                url = path.format(subscription_id=store.id, clock_id=store.id, delivers_on="2026-12-04")
                answer = client.post(url, json={}, headers={"Idempotency-Key": "theirs"})
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf_token_missing"), path
                client.cookies.clear()


def test_a_rehearsal_wakes_nobody_takes_no_key_and_tells_nothing_of_others(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = announced(asha, sandbox)
    assert subscription.next_on is not None
    woken: list[Any] = []
    monkeypatch.setattr(type(nudger), "send", lambda _self, *nudge: woken.append(nudge))
    acts = {"pause": {}, "skips": {"delivers_on": (subscription.next_on + days(14)).isoformat()}, CANCEL: {"reason": "dear"}}
    key, other, calls = asha.headers, make_subscriber(store), len(sandbox.calls("orders.create"))
    wish = asha.wish(today(store) + days(3), payment_method="mandate")
    with unchanged(store, besides=("access_log", "heartbeats")):
        for verb, body in acts.items():
            url = f"{SUBSCRIPTIONS}/{subscription.id}/{verb}?dry_run=true"
            assert client.post(url, json=body, headers=key).status_code == 200
            assert client.post(url, json=body, headers=other.headers).status_code == 404
        url = f"{SUBSCRIPTIONS}?dry_run=true"
        assert client.post(url, json=wish, headers=key).status_code == 201
        assert client.post(url, json=wish, headers=other.headers).status_code == 404, "her address is no address of others"
    assert (woken, len(sandbox.calls("orders.create"))) == ([], calls)


def test_starts_at_once_are_no_way_around_the_most_that_a_customer_may_have(
    client: TestClient, store: Store, asha: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "MAX_LIVE", 3)
    wish = asha.wish(today(store) + days(7))
    answers = race(12, lambda _: client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers).status_code)
    assert sorted(answers) == [201] * 3 + [409] * 9
    assert len(rows(store, Subscription)) == 3


def test_starting_and_cancelling_over_and_over_is_no_way_to_flood_an_inbox(
    client: TestClient, store: Store, asha: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "MAX_LIVE", 3)
    for _ in range(3):
        change(client, asha, start(client, asha)["subscription"]["id"], CANCEL)
    answer = client.post(SUBSCRIPTIONS, json=asha.wish(today(store) + days(7)), headers=asha.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_subscriptions")
    set_now(store, clock.machine_now() + timedelta(days=1, minutes=1))
    start(client, asha)


def test_days_in_a_far_future_are_not_skipped_by_the_thousand(client: TestClient, store: Store, asha: Subscriber) -> None:
    subscription = start(client, asha, rule={"kind": "daily"})["subscription"]
    for day in (today(store) + days(500), today(store).replace(year=9999, month=12, day=31)):
        answer = ask(client, asha, subscription["id"], "skips", {"delivers_on": day.isoformat()})
        assert answer.status_code == 422, answer.text
    assert cycles(store) == []


def test_clean_ups_take_no_age_that_is_none(store: Store) -> None:
    ages: list[Any] = [0, -1, 10**9, 10**30, True, "30", 1.5, None, {}]
    for task in (cleanup.cleanup_abandoned_sessions, cleanup.cleanup_expired_carts, cleanup.cleanup_old_audit_logs):
        for days_old in ages:
            with pytest.raises(Invalid):
                task(days_old=days_old, store_id=str(store.id))
    assert rows(store, Slot) == []
