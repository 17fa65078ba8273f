"""Subscriptions through their door: what a change answers, rehearsed and real, and what it leaves alone."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from app.core.ids import new_id
from app.stores.models import Store
from tests.api.asking import SUBSCRIPTIONS, Body, ask, body_of, calendar, change, iso, look, on, start, without
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    cycles,
    days,
    debits,
    local,
    make_subscriber,
    orders,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.unchanged import unchanged

OF_THE_MOMENT = {"started_at", "cancelled_at", "expires_at"}  # when the call was made: two calls, two instants


CHANGES: dict[str, tuple[str, Body]] = {
    "pause": ("pause", {}),
    "pause until": ("pause", {"until": 20}),
    "skip the next": ("skips", {"delivers_on": 14}),
    "skip a later one": ("skips", {"delivers_on": 28}),
    "resume": ("resumption", {}),
    "cancel": ("cancellation", {"reason": "moving away"}),
}
TWICE: list[tuple[str, Body]] = [
    ("pause", {}), ("pause", {"until": 20}), ("skips", {"delivers_on": 7}), ("cancellation", {}), ("resumption", {}),
]  # fmt: skip


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


@pytest.mark.parametrize("before", ["active", "paused", "paused until", "with an order"])
def test_ac26_a_rehearsed_change_answers_what_the_call_would_and_changes_nothing(
    client: TestClient, store: Store, asha: Subscriber, before: str
) -> None:
    friday = today(store) + days(7)
    made = {name: start(client, asha, friday)["subscription"]["id"] for name in CHANGES}
    for subscription_id in made.values():
        if before.startswith("paused"):
            change(client, asha, subscription_id, "pause", body_of({"until": 10} if "until" in before else {}, store))
    bodies = {name: body_of(body, store) for name, (_, body) in CHANGES.items()}
    if before == "with an order":
        set_now(store, local(friday - days(1), 18))
        assert bill(store)["created"] == len(made)
    for name, subscription_id in made.items():
        verb = CHANGES[name][0]
        with unchanged(store, name, besides={"heartbeats"}):
            rehearsed = change(client, asha, subscription_id, verb, bodies[name], dry_run="true")
        real = change(client, asha, subscription_id, verb, bodies[name])
        assert without(real, OF_THE_MOMENT) == without(rehearsed, OF_THE_MOMENT)
        assert real["charged_now"] is None
        assert [one["outcome"] for one in real["open_orders"]] == ["kept"] * (before == "with an order")
        assert without(look(client, asha, subscription_id), OF_THE_MOMENT) == without(real["subscription"], OF_THE_MOMENT)


@pytest.mark.parametrize(
    "way", [{}, {"payment_method": "mandate"}, {"payment_method": "mandate", "mandate": {"method": "card"}}]
)
def test_ac26_a_rehearsed_start_answers_what_the_call_would_and_changes_nothing(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber, way: Body
) -> None:
    wish = asha.wish(today(store) + days(7), **way)
    keyless = {"Authorization": asha.headers["Authorization"]}  # nothing is kept of a rehearsal, no key either
    with unchanged(store, besides={"heartbeats"}):
        answer = client.post(SUBSCRIPTIONS, params={"dry_run": "true"}, json=wish, headers=keyless)
    assert answer.status_code == 201, answer.text
    assert sandbox.calls("orders.create") == sandbox.calls("customers.create") == []
    rehearsed, real = answer.json(), start(client, asha, **way)
    assert rehearsed["payment"] is None
    assert (real["payment"] is not None) == bool(way)
    apart = OF_THE_MOMENT | {"id", "payment"}
    assert without(rehearsed, apart) == without(real, apart)
    assert (real["charged_now"], real["open_orders"]) == (None, [])
    assert rehearsed["subscription"]["id"] != real["subscription"]["id"]


def test_ac26_a_change_names_the_next_three_days_with_until_when_they_change_and_when_they_are_charged(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    upcoming = start(client, asha, friday, payment_method="mandate")["upcoming"]
    assert on(upcoming) == [iso(friday + days(7 * week)) for week in range(3)]
    for week, one in enumerate(upcoming):
        charge_at = local(friday + days(7 * week - 2), 6)
        notify_at = charge_at - timedelta(hours=48)
        assert (one["status"], one["total"]) == ("planned", {"amount": 12000, "currency": "INR"})
        for name, at in (("edit_until", notify_at), ("notify_at", notify_at), ("charge_at", charge_at)):
            assert datetime.fromisoformat(one[name]) == at, name


def test_ac26_resuming_charges_nothing_now_and_keeps_the_old_rhythm(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    change(client, asha, str(subscription.id), "pause")
    set_now(store, local(friday + days(3), 12), sandbox)
    captured = sandbox.ledger()["captures"]
    resumed = change(client, asha, str(subscription.id), "resumption")
    assert resumed["charged_now"] is None
    assert on(resumed["upcoming"]) == [iso(friday + days(7 * week)) for week in (2, 3, 4)]  # in 4 days: too late to announce
    assert bill(store)["created"] == 0
    work_off(store)
    assert (orders(store), debits(store), sandbox.ledger()["captures"]) == ([], [], captured)
    set_now(store, local(friday + days(14 - 4), 6), sandbox)
    assert bill(store)["created"] == 1
    assert [cycle.delivers_on for cycle in cycles(store)] == [friday + days(14)]


def test_ac26_a_cancellation_says_what_happens_to_the_order_that_waits_for_its_debit(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    assert bill(store)["created"] == 1
    work_off(store)
    (order,) = orders(store)
    with unchanged(store):
        rehearsed = change(client, asha, str(subscription.id), "cancellation", dry_run="true")
    assert orders(store)[0].status == "pending_payment"
    real = change(client, asha, str(subscription.id), "cancellation")
    assert without(real, OF_THE_MOMENT) == without(rehearsed, OF_THE_MOMENT)
    assert real["open_orders"] == [
        {"order_id": str(order.id), "number": order.number, "delivers_on": iso(friday), "outcome": "cancelled"}
    ]
    assert real["upcoming"] == []
    assert [(one["delivers_on"], one["status"]) for one in calendar(client, asha, str(subscription.id))] == [
        (iso(friday), "cancelled")
    ]
    set_now(store, local(friday, 6), sandbox)
    work_off(store)
    assert debits(store) == []
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [100]


def test_a_change_made_twice_is_made_once(client: TestClient, store: Store, asha: Subscriber) -> None:
    for verb, body in TWICE:
        subscription_id = start(client, asha)["subscription"]["id"]
        if verb == "resumption":
            change(client, asha, subscription_id, "pause")
        first = change(client, asha, subscription_id, verb, body_of(body, store))
        with unchanged(store, verb):
            assert change(client, asha, subscription_id, verb, body_of(body, store)) == first


def test_a_repeat_with_the_same_key_is_given_the_first_answer(client: TestClient, store: Store, asha: Subscriber) -> None:
    for verb, body in TWICE:
        subscription_id = start(client, asha)["subscription"]["id"]
        url, headers, sent = f"{SUBSCRIPTIONS}/{subscription_id}/{verb}", asha.headers, body_of(body, store)
        first = client.post(url, json=sent, headers=headers)
        ask(client, asha, subscription_id, "cancellation")  # what came between is not in the answer that is kept
        with unchanged(store, verb):
            again = client.post(url, json=sent, headers=headers)
            assert (again.status_code, again.json()) == (200, first.json())
            assert again.headers["Idempotent-Replay"] == "true"
            other = client.post(url, json=other_of(verb, store), headers=headers)
            assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def other_of(verb: str, store: Store) -> Body:
    return {"skips": {"delivers_on": iso(today(store) + days(14))}, "cancellation": {"reason": "another"}}.get(
        verb, {"until": None}
    )


def test_a_subscription_without_a_key_of_its_own_can_be_changed_too(client: TestClient, store: Store, asha: Subscriber) -> None:
    """A change says what shall be: made again, it is as it was. Only a start would make another one."""
    subscription_id = start(client, asha)["subscription"]["id"]
    keyless = {"Authorization": asha.headers["Authorization"]}
    answer = client.post(f"{SUBSCRIPTIONS}/{subscription_id}/pause", json={}, headers=keyless)
    assert (answer.status_code, answer.json()["subscription"]["status"]) == (200, "paused")
    answer = client.get(f"{SUBSCRIPTIONS}/{new_id()}/calendar", headers=keyless)
    assert (answer.status_code, answer.json()["code"]) == (404, "subscription_not_found")
