"""Subscriptions through their door: what a change answers, rehearsed and real, and what it leaves alone."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from app.core.ids import new_id
from app.core.work import unit_of_work
from app.stores.models import Store
from app.subscriptions.models import Subscription
from tests.racing import race
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
    rows,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.unchanged import state, unchanged

SUBSCRIPTIONS = "/api/v1/subscriptions"
OF_THE_MOMENT = {"started_at", "cancelled_at", "expires_at"}  # when the call was made: two calls, two instants
Body = dict[str, Any]


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def start(client: TestClient, who: Subscriber, starts_on: date | None = None, **more: Any) -> Body:
    """A new subscription, as it is answered."""
    answer = client.post(SUBSCRIPTIONS, json=who.wish(starts_on or today(who.store) + days(7), **more), headers=who.headers)
    assert answer.status_code == 201, answer.text
    found: Body = answer.json()
    return found


def change(
    client: TestClient, who: Subscriber, subscription_id: str, verb: str, body: Body | None = None, **query: Any
) -> Body:
    answer = ask(client, who, subscription_id, verb, body, **query)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def ask(
    client: TestClient, who: Subscriber, subscription_id: str, verb: str, body: Body | None = None, **query: Any
) -> Response:
    url = f"{SUBSCRIPTIONS}/{subscription_id}/{verb}"
    return client.post(url, json=body or {}, params=query, headers=who.headers)


def calendar(client: TestClient, who: Subscriber, subscription_id: str, limit: int = 12) -> list[Body]:
    answer = client.get(f"{SUBSCRIPTIONS}/{subscription_id}/calendar", params={"limit": limit}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: list[Body] = answer.json()["items"]
    return found


def look(client: TestClient, who: Subscriber, subscription_id: str) -> Body:
    answer = client.get(f"{SUBSCRIPTIONS}/{subscription_id}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def on(deliveries: list[Body]) -> list[str]:
    return [one["delivers_on"] for one in deliveries]


def without(body: Any, names: set[str]) -> Any:
    """The body without these members, at whatever depth."""
    if isinstance(body, dict):
        return {name: without(value, names) for name, value in body.items() if name not in names}
    return [without(item, names) for item in body] if isinstance(body, list) else body


def iso(day: date) -> str:
    return day.isoformat()


CHANGES: dict[str, tuple[str, Body]] = {
    "pause": ("pause", {}),
    "pause until": ("pause", {"until": 20}),
    "skip the next": ("skips", {"delivers_on": 14}),
    "skip a later one": ("skips", {"delivers_on": 28}),
    "resume": ("resumption", {}),
    "cancel": ("cancellation", {"reason": "moving away"}),
}


def body_of(body: Body, store: Store) -> Body:
    """Days from today are dates."""
    return {name: iso(today(store) + days(value)) if isinstance(value, int) else value for name, value in body.items()}


@pytest.mark.parametrize("before", ["active", "paused", "paused until", "with an order"])
@pytest.mark.parametrize("name", CHANGES)
def test_ac26_a_rehearsed_change_answers_what_the_call_would_and_changes_nothing(
    client: TestClient, store: Store, asha: Subscriber, name: str, before: str
) -> None:
    friday = today(store) + days(7)
    subscription_id = start(client, asha, friday)["subscription"]["id"]
    if before.startswith("paused"):
        change(client, asha, subscription_id, "pause", body_of({"until": 10} if "until" in before else {}, store))
    verb, wanted = CHANGES[name]
    body = body_of(wanted, store)
    if before == "with an order":
        set_now(store, local(friday - days(1), 18))
        assert bill(store)["created"] == 1
    before_it = state(store, without={"heartbeats"})
    rehearsed = change(client, asha, subscription_id, verb, body, dry_run="true")
    assert state(store, without={"heartbeats"}) == before_it
    real = change(client, asha, subscription_id, verb, body)
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
    before_it = state(store, without={"heartbeats"})
    keyless = {"Authorization": asha.headers["Authorization"]}  # nothing is kept of a rehearsal, no key either
    answer = client.post(SUBSCRIPTIONS, params={"dry_run": "true"}, json=wish, headers=keyless)
    assert answer.status_code == 201, answer.text
    assert state(store, without={"heartbeats"}) == before_it
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


@pytest.mark.parametrize("rule", [
    {"kind": "daily"}, {"kind": "every_n_days", "every": 3}, {"kind": "weekdays", "weekdays": ["mon", "wed", "fri"]},
    {"kind": "weekly", "every": 2}, {"kind": "monthly", "day": 31},
], ids=lambda rule: rule["kind"])  # fmt: skip
def test_ac27_a_skip_moves_no_other_date(client: TestClient, store: Store, asha: Subscriber, rule: Body) -> None:
    subscription_id = start(client, asha, rule=rule)["subscription"]["id"]
    before = on(calendar(client, asha, subscription_id))
    for skipped in (before[0], before[4]):
        change(client, asha, subscription_id, "skips", {"delivers_on": skipped})
    after = calendar(client, asha, subscription_id)
    assert on(after) == before
    assert [one["delivers_on"] for one in after if one["status"] == "skipped"] == [before[0], before[4]]
    assert [one["reason"] for one in after if one["status"] == "skipped"] == ["by_customer"] * 2
    upcoming = change(client, asha, subscription_id, "resumption")["upcoming"]
    assert on(upcoming) == before[1:4]
    assert [str(one.next_on) for one in rows(store, Subscription)] == [before[1]]


@pytest.mark.parametrize(("verb", "body"), [("pause", {}), ("pause", {"until": 20}), ("skips", {"delivers_on": 7}),
                                            ("cancellation", {}), ("resumption", {})])  # fmt: skip
def test_a_change_made_twice_is_made_once(client: TestClient, store: Store, asha: Subscriber, verb: str, body: Body) -> None:
    subscription_id = start(client, asha)["subscription"]["id"]
    if verb == "resumption":
        change(client, asha, subscription_id, "pause")
    first = change(client, asha, subscription_id, verb, body_of(body, store))
    with unchanged(store):
        assert change(client, asha, subscription_id, verb, body_of(body, store)) == first


@pytest.mark.parametrize(("verb", "body"), [("pause", {"until": 20}), ("skips", {"delivers_on": 7}), ("cancellation", {}),
                                            ("resumption", {})])  # fmt: skip
def test_a_repeat_with_the_same_key_is_given_the_first_answer(
    client: TestClient, store: Store, asha: Subscriber, verb: str, body: Body
) -> None:
    subscription_id = start(client, asha)["subscription"]["id"]
    url, headers, sent = f"{SUBSCRIPTIONS}/{subscription_id}/{verb}", asha.headers, body_of(body, store)
    first = client.post(url, json=sent, headers=headers)
    ask(client, asha, subscription_id, "cancellation")  # what came between is not in the answer that is kept
    with unchanged(store):
        again = client.post(url, json=sent, headers=headers)
        assert (again.status_code, again.json()) == (200, first.json())
        assert again.headers["Idempotent-Replay"] == "true"
        other = client.post(url, json=other_of(verb, store), headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def other_of(verb: str, store: Store) -> Body:
    return {"skips": {"delivers_on": iso(today(store) + days(14))}, "cancellation": {"reason": "another"}}.get(
        verb, {"until": None}
    )


def test_a_start_is_made_once_per_key_and_not_without_one(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    wish, headers = asha.wish(today(store) + days(7), payment_method="mandate"), asha.headers
    keyless = {"Authorization": headers["Authorization"]}
    with unchanged(store):
        refused = client.post(SUBSCRIPTIONS, json=wish, headers=keyless)
        assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")
    first = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
    assert first.json()["payment"]["recurring"] is True
    with unchanged(store):
        again = client.post(SUBSCRIPTIONS, json=wish, headers=headers)
        assert (again.status_code, again.json(), again.headers["Idempotent-Replay"]) == (201, first.json(), "true")
        other = client.post(SUBSCRIPTIONS, json=wish | {"payment_method": "pay_on_delivery"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(sandbox.calls("orders.create")) == 1


def test_ten_clicks_at_once_start_one_subscription(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    wish, headers = asha.wish(today(store) + days(7), payment_method="mandate"), asha.headers
    answers = race(10, lambda _: client.post(SUBSCRIPTIONS, json=wish, headers=headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["subscription"]["id"] for answer in answers}) == 1
    assert len(client.get(SUBSCRIPTIONS, headers=headers).json()["items"]) == 1
    assert len(sandbox.calls("orders.create")) == 1


def test_the_payment_that_approves_a_mandate_is_a_form_for_the_checkout(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    made = start(client, asha, payment_method="mandate", mandate={"method": "upi", "max_amount": 20000})
    mandate = made["subscription"]["mandate"]
    assert (mandate["status"], mandate["method"], mandate["max_amount"]["amount"]) == ("created", "upi", 20000)
    payment = made["payment"]
    (call,) = sandbox.calls("orders.create")
    assert (payment["amount"], payment["recurring"], payment["key_id"]) == (100, True, sandbox.key_id)
    assert payment["customer_id"] == call["body"]["customer_id"]
    assert payment["callback_url"].endswith(f"/api/v1/mandate-returns/{mandate['id']}")
    assert (call["body"]["method"], call["body"]["token"]["max_amount"]) == ("upi", 20000)
    assert call["body"]["token"]["frequency"] == "as_presented"
    again = client.post(f"{SUBSCRIPTIONS}/{made['subscription']['id']}/mandate", headers=asha.headers)
    assert (again.status_code, again.json()) == (200, payment)
    assert len(sandbox.calls("orders.create")) == 1


def test_without_a_limit_of_ones_own_a_mandate_allows_twice_the_price(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    made = start(client, asha, payment_method="mandate")
    assert made["subscription"]["mandate"]["max_amount"] == {"amount": 24000, "currency": "INR"}
    dear = make_subscriber(store, amount=700_000)
    assert start(client, dear, payment_method="mandate")["subscription"]["mandate"]["max_amount"]["amount"] == 1_500_000


def test_the_list_shows_ones_own_newest_first_page_by_page(client: TestClient, store: Store, asha: Subscriber) -> None:
    ids = [start(client, asha)["subscription"]["id"] for _ in range(3)]
    start(client, make_subscriber(store))
    first = client.get(SUBSCRIPTIONS, params={"limit": 2}, headers=asha.headers).json()
    assert [one["id"] for one in first["items"]] == ids[:0:-1]
    second = client.get(SUBSCRIPTIONS, params={"limit": 2, "after": first["next"]}, headers=asha.headers).json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (ids[:1], None)
    (one, *_) = first["items"]
    assert (one["rule_text"].split()[:2], one["price"]["amount"], one["lines"][0]["quantity"]) == (["every", "week"], 12000, 2)


def test_the_calendar_shows_what_was_decided_and_what_is_to_come(client: TestClient, store: Store, asha: Subscriber) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    change(client, asha, subscription_id, "skips", {"delivers_on": iso(begin + days(1))})
    set_now(store, local(begin - days(1), 18))
    assert bill(store)["created"] == 1
    (order,) = orders(store)
    found = calendar(client, asha, subscription_id, 4)
    assert on(found) == [iso(begin + days(day)) for day in range(4)]
    assert [(one["status"], one["reason"]) for one in found] == [
        ("created", ""), ("skipped", "by_customer"), ("planned", ""), ("planned", ""),
    ]  # fmt: skip
    assert (found[0]["order_id"], found[0]["order_status"], found[0]["payment_status"]) == (
        str(order.id), "confirmed", "unpaid",
    )  # fmt: skip
    assert [one["order_id"] for one in found[1:]] == [None] * 3
    assert [one["charge_at"] for one in found] == [None] * 4
    assert [(one["total"] or {}).get("amount") for one in found] == [12000, None, 12000, 12000]


@pytest.mark.parametrize("limit", [1, 3, 12, 60])
@pytest.mark.parametrize("method", ["mandate", "pay_on_delivery"])
def test_the_calendar_has_as_many_days_as_were_asked_for(
    client: TestClient, store: Store, asha: Subscriber, limit: int, method: str
) -> None:
    """A daily delivery by mandate is announced days ahead: the first days can no longer come, and are not counted."""
    made = start(client, asha, today(store), rule={"kind": "daily"}, payment_method=method)
    found = calendar(client, asha, made["subscription"]["id"], limit)
    assert len(found) == limit
    assert on(found)[:3] == on(made["upcoming"])[:limit]


@pytest.mark.parametrize("limit", ["0", "61", "-1", "x", ""])
def test_a_calendar_has_a_length(client: TestClient, asha: Subscriber, limit: str) -> None:
    subscription_id = start(client, asha)["subscription"]["id"]
    answer = client.get(f"{SUBSCRIPTIONS}/{subscription_id}/calendar", params={"limit": limit}, headers=asha.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_pause_with_an_end_shows_what_comes_after_it_and_one_without_shows_nothing(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    until = begin + days(10)
    paused = change(client, asha, subscription_id, "pause", {"until": iso(until)})
    assert (paused["subscription"]["status"], paused["subscription"]["paused_until"]) == ("paused", iso(until))
    assert on(paused["upcoming"]) == [iso(until + days(day)) for day in range(3)]
    assert on(calendar(client, asha, subscription_id, 2)) == on(paused["upcoming"])[:2]
    assert change(client, asha, subscription_id, "pause")["upcoming"] == []
    assert calendar(client, asha, subscription_id) == []
    resumed = change(client, asha, subscription_id, "resumption")
    assert (resumed["subscription"]["status"], resumed["subscription"]["paused_until"]) == ("active", None)
    assert on(resumed["upcoming"]) == [iso(begin + days(day)) for day in range(3)]


def test_a_pause_ends_by_itself_on_its_day(client: TestClient, store: Store, asha: Subscriber) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    until = begin + days(5)
    change(client, asha, subscription_id, "pause", {"until": iso(until)})
    set_now(store, local(until - days(1), 17))
    assert bill(store)["created"] == 0
    set_now(store, local(until - days(1), 18))
    assert bill(store)["created"] == 1
    assert [cycle.delivers_on for cycle in cycles(store)] == [until]
    assert look(client, asha, subscription_id)["status"] == "active"


def test_whoever_skips_a_month_of_days_still_sees_the_next_three(client: TestClient, store: Store, asha: Subscriber) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    for day in range(31):
        last = change(client, asha, subscription_id, "skips", {"delivers_on": iso(begin + days(day))})
    assert on(last["upcoming"]) == [iso(begin + days(31 + day)) for day in range(3)]


def test_a_subscription_without_a_key_of_its_own_can_be_changed_too(client: TestClient, store: Store, asha: Subscriber) -> None:
    """A change says what shall be: made again, it is as it was. Only a start would make another one."""
    subscription_id = start(client, asha)["subscription"]["id"]
    keyless = {"Authorization": asha.headers["Authorization"]}
    answer = client.post(f"{SUBSCRIPTIONS}/{subscription_id}/pause", json={}, headers=keyless)
    assert (answer.status_code, answer.json()["subscription"]["status"]) == (200, "paused")
    answer = client.get(f"{SUBSCRIPTIONS}/{new_id()}/calendar", headers=keyless)
    assert (answer.status_code, answer.json()["code"]) == (404, "subscription_not_found")


def test_what_is_no_longer_sold_has_no_price_and_is_left_out_with_word_of_it(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription_id = start(client, asha, friday)["subscription"]["id"]
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE variants SET is_active = false"))
    shown = look(client, asha, subscription_id)
    assert (shown["price"], len(shown["lines"]), shown["status"]) == (None, 1, "active")
    assert {one["total"] for one in calendar(client, asha, subscription_id, 3)} == {None}
    set_now(store, local(friday - days(1), 18))
    assert bill(store)["skipped"] == 1
    assert orders(store) == []
    (first, *_) = calendar(client, asha, subscription_id, 2)
    assert (first["delivers_on"], first["status"], first["reason"]) == (iso(friday), "skipped", "not_on_sale")
