"""What a customer may not ask of a subscription: told with a code, and nothing has changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from app.core.ids import new_id
from app.core.work import unit_of_work
from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.tasks import subscriptions
from tests.builders import make_variant
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    days,
    local,
    make_subscriber,
    orders,
    reload,
    set_now,
    settle_events,
    subscribe,
    today,
)
from tests.unchanged import unchanged
from tests.workers import eventually

SUBSCRIPTIONS = "/api/v1/subscriptions"
Body = dict[str, Any]
UPI: Body = {"payment_method": "mandate"}
HUGE = 10**30


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def refused(answer: Response, status: int, code: str, **facts: Any) -> Body:
    """It is a problem document that says just this."""
    told: Body = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (told["status"], bool(told["detail"]), bool(told["request_id"])) == (status, True, True)
    assert {name: told.get(name) for name in facts} == facts
    return told


def mandate(max_amount: Any) -> Body:
    return {**UPI, "mandate": {"method": "upi", "max_amount": max_amount}}


def rule(kind: str, **members: Any) -> Body:
    return {"rule": {"kind": kind, **members}}


def line_of(variant_id: UUID) -> Body:
    return {"variant_id": str(variant_id), "quantity": 1}


RULES: list[tuple[Body, str]] = [  # the rule, and which part of it is wrong
    (rule("every_n_days", every=0), "every"), (rule("every_n_days"), "every"), (rule("every_n_days", every=-3), "every"),
    (rule("every_n_days", every=366), "every"), (rule("every_n_days", every=HUGE), "every"),
    (rule("weekly", every=0), "every"), (rule("daily", every=2), "every"), (rule("weekdays"), "weekdays"),
    (rule("weekdays", weekdays=[]), "weekdays"), (rule("weekdays", weekdays=["mon", "mon"]), "weekdays"),
    (rule("weekdays", weekdays=["mon"], day=3), "day"), (rule("monthly"), "day"), (rule("monthly", day=0), "day"),
    (rule("monthly", day=32), "day"), (rule("monthly", day=31, every=2), "every"),
]  # fmt: skip


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_an_impossible_rhythm_is_refused_and_says_which_part_of_it(
    client: TestClient, store: Store, asha: Subscriber, dry_run: str
) -> None:
    for wrong, field in RULES:
        with unchanged(store, wrong):
            wish = asha.wish(today(store) + days(7)) | wrong
            answer = client.post(SUBSCRIPTIONS, params={"dry_run": dry_run}, json=wish, headers=asha.headers)
            told = refused(answer, 422, "rule_invalid", field=field)
            assert "allowed" in told


MALFORMED: list[tuple[Body, str]] = [  # what no subscription could mean, and where it stands in the body
    ({"starts_on": "2026-02-31"}, "/starts_on"), ({"starts_on": "tomorrow"}, "/starts_on"), ({"starts_on": None}, "/starts_on"),
    ({"starts_on": 1796169600}, "/starts_on"), ({"starts_on": "1796169600"}, "/starts_on"),
    ({"starts_on": "2026-12-03T00:00:00Z"}, "/starts_on"), ({"starts_on": "2026-12-3"}, "/starts_on"),
    ({"lines": []}, "/lines"), ({"lines": None}, "/lines"),
    ({"quantity": -2}, "/lines/0/quantity"), ({"quantity": 100}, "/lines/0/quantity"),
    ({"quantity": HUGE}, "/lines/0/quantity"), ({"quantity": 1.5}, "/lines/0/quantity"),
    ({"quantity": True}, "/lines/0/quantity"), (rule("every_n_days", every=True), "/rule/every"),
    (rule("monthly", day="31"), "/rule/day"), ({"quantity": "two"}, "/lines/0/quantity"),
    (rule("yearly"), "/rule/kind"), (rule("weekdays", weekdays=["Mon"]), "/rule"),
    (rule("weekdays", weekdays=["mon"] * 8), "/rule/weekdays"), (rule("monthly", day="last"), "/rule/day"),
    (rule("daily", at="06:00"), "/rule/at"), ({"rule": "daily"}, "/rule"), ({"rule": None}, "/rule"),
    ({"payment_method": "card"}, "/payment_method"), ({"address_id": "home"}, "/address_id"),
    (mandate(0), "/mandate/max_amount"), (mandate(-100), "/mandate/max_amount"), (mandate(HUGE), "/mandate/max_amount"),
    ({**UPI, "mandate": {"method": "emandate"}}, "/mandate/method"), ({**UPI, "mandate": {"limit": 1}}, "/mandate/limit"),
    ({"price": 1}, "/price"), ({"status": "active"}, "/status"), ({"customer_id": str(new_id())}, "/customer_id"),
]  # fmt: skip


def test_a_body_that_cannot_be_meant_is_refused_and_says_where(client: TestClient, store: Store, asha: Subscriber) -> None:
    for wrong, field in MALFORMED:
        wish = asha.wish(today(store) + days(7))
        (wish["lines"][0] if "quantity" in wrong else wish).update(wrong)
        with unchanged(store, wrong):
            told = refused(client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers), 422, "invalid")
            assert any(error["field"].startswith(field) for error in told["errors"]), (wrong, told)


def test_a_start_that_is_not_possible_is_refused_with_what_would_be(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    earliest = today(store)
    line = line_of(asha.variant_id)
    with unit_of_work(store.id) as session:
        dear = [line_of(make_variant(session, amount=1_500_001).id)]
        withdrawn = make_variant(session, is_active=False).id
    unknown = new_id()
    cases: list[tuple[Body, int, str, Body]] = [
        ({"starts_on": str(earliest - days(1))}, 422, "start_in_past", {"field": "starts_on", "earliest": str(earliest)}),
        ({"starts_on": "0001-01-01"}, 422, "start_in_past", {"field": "starts_on"}),
        ({"starts_on": str(earliest + days(367))}, 422, "start_too_far", {"field": "starts_on"}),
        ({"lines": [line | {"quantity": 0}]}, 422, "ends_before_start", {}),
        ({"starts_on": "9999-12-31"}, 422, "start_too_far", {"field": "starts_on"}),
        ({"lines": [line, line]}, 422, "lines_invalid", {"field": "lines"}),
        ({"lines": [line, line_of(withdrawn)]}, 409, "not_on_sale", {"variant_ids": [str(withdrawn)]}),
        ({"lines": [line_of(unknown)]}, 409, "not_on_sale", {"variant_ids": [str(unknown)]}),
        ({"address_id": str(unknown)}, 404, "address_not_found", {}),
        (mandate(11_999), 422, "mandate_limit_too_low", {"field": "mandate.max_amount", "minimum": 12_000}),
        (mandate(1_500_001), 422, "mandate_limit_too_high", {"field": "mandate.max_amount", "maximum": 1_500_000}),
        ({**UPI, "lines": dear}, 422, "mandate_limit_too_high", {"field": "lines", "price": 1_500_001}),
        ({"mandate": {"method": "upi"}}, 422, "mandate_not_taken", {"field": "mandate"}),
    ]  # fmt: skip
    for wrong, status, code, facts in cases:
        wish = asha.wish(earliest + days(7)) | wrong
        for query in ({}, {"dry_run": "true"}):
            with unchanged(store, wrong):
                refused(client.post(SUBSCRIPTIONS, params=query, json=wish, headers=asha.headers), status, code, **facts)
    assert sandbox.calls("orders.create") == sandbox.calls("customers.create") == []


def test_a_body_of_101_lines_is_refused_and_one_of_a_hundred_is_not(client: TestClient, store: Store, asha: Subscriber) -> None:
    with unit_of_work(store.id) as session:
        variants = [make_variant(session, stock_quantity=0).id for _ in range(100)]
    lines = [line_of(one) for one in variants]
    wish = asha.wish(today(store) + days(7), lines=[*lines, line_of(asha.variant_id)])
    with unchanged(store):
        refused(client.post(SUBSCRIPTIONS, json=wish, headers=asha.headers), 422, "invalid")
    answer = client.post(SUBSCRIPTIONS, json=wish | {"lines": lines}, headers=asha.headers)
    assert (answer.status_code, len(answer.json()["subscription"]["lines"])) == (201, 100)


def test_ac42_somebody_elses_goods_address_and_subscription_do_not_exist(
    client: TestClient, store: Store, make_store: Callable[[], Store], asha: Subscriber
) -> None:
    neighbour, foreigner = make_subscriber(store), make_subscriber(make_store())
    friday = today(store) + days(7)
    wish = asha.wish(friday)
    with unchanged(store), unchanged(foreigner.store):
        for address_id in (neighbour.address_id, foreigner.address_id):
            answer = client.post(SUBSCRIPTIONS, json=wish | {"address_id": str(address_id)}, headers=asha.headers)
            refused(answer, 404, "address_not_found")
        lines = {"lines": [line_of(foreigner.variant_id)]}
        answer = client.post(SUBSCRIPTIONS, json=wish | lines, headers=asha.headers)
        refused(answer, 409, "not_on_sale", variant_ids=[str(foreigner.variant_id)])
    theirs = [subscribe(one, friday, method="upi").id for one in (neighbour, foreigner)]
    routes = [
        ("GET", "", None), ("GET", "/calendar", None), ("GET", "/explain", None), ("POST", "/mandate", None),
        ("POST", "/pause", {}), ("POST", "/pause?dry_run=true", {}), ("POST", "/resumption", None),
        ("POST", "/skips", {"delivers_on": str(friday)}), ("POST", "/cancellation", {}),
        ("POST", "/cancellation?dry_run=true", {}),
    ]  # fmt: skip
    with unchanged(store), unchanged(foreigner.store):
        for one in (*theirs, new_id()):
            for method, path, body in routes:
                answer = client.request(method, f"{SUBSCRIPTIONS}/{one}{path}", json=body, headers=asha.headers)
                refused(answer, 404, "subscription_not_found")
        assert client.get(SUBSCRIPTIONS, headers=asha.headers).json() == {"items": [], "next": None}
        page = client.get(SUBSCRIPTIONS, params={"after": str(theirs[0])}, headers=asha.headers)
        assert page.json() == {"items": [], "next": None}


def test_a_mandate_needs_a_phone_and_payment_on_delivery_does_not(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE customers SET phone = NULL"))
    friday = today(store) + days(7)
    with unchanged(store):
        for query in ({}, {"dry_run": "true"}):
            answer = client.post(SUBSCRIPTIONS, params=query, json=asha.wish(friday, **UPI), headers=asha.headers)
            refused(answer, 409, "phone_needed")
    assert sandbox.calls("customers.create") == []
    assert client.post(SUBSCRIPTIONS, json=asha.wish(friday), headers=asha.headers).status_code == 201


@pytest.mark.parametrize("method", [None, "upi"])
def test_a_delivery_can_be_skipped_until_its_cut_off_and_the_refusal_names_it(
    client: TestClient, store: Store, asha: Subscriber, method: Any
) -> None:
    friday = today(store) + days(7)
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, friday, method=method).id}/skips"
    edit_until = local(friday - days(1), 18) if method is None else local(friday - days(4), 6)
    set_now(store, edit_until)
    for query in ({}, {"dry_run": "true"}):
        with unchanged(store):
            answer = client.post(url, params=query, json={"delivers_on": str(friday)}, headers=asha.headers)
            told = refused(answer, 409, "cut_off_passed", field="delivers_on")
            assert datetime.fromisoformat(told["edit_until"]) == edit_until
    set_now(store, edit_until - timedelta(minutes=1))
    assert client.post(url, json={"delivers_on": str(friday)}, headers=asha.headers).status_code == 200


def test_a_delivery_that_is_an_order_cannot_be_skipped_any_more(client: TestClient, store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, friday).id}/skips"
    set_now(store, local(friday - days(1), 18))
    assert bill(store)["created"] == 1
    with unchanged(store):
        answer = client.post(url, json={"delivers_on": str(friday)}, headers=asha.headers)
        refused(answer, 409, "cut_off_passed")
    assert [order.status for order in orders(store)] == ["confirmed"]


def test_only_a_day_on_which_it_delivers_can_be_skipped(client: TestClient, store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, friday).id}/skips"
    for day in (friday + days(1), friday - days(7), friday - days(700), "0001-01-01", "9999-12-31"):
        with unchanged(store, day):
            answer = client.post(url, json={"delivers_on": str(day)}, headers=asha.headers)
            refused(answer, 422, "not_a_delivery_day", field="delivers_on")
    for body in ({}, {"delivers_on": None}, {"delivers_on": "2026-02-31"}, {"delivers_on": [str(friday)]},
                 {"delivers_on": str(friday), "reason": "away"}):  # fmt: skip
        with unchanged(store, body):
            refused(client.post(url, json=body, headers=asha.headers), 422, "invalid")


def test_a_pause_ends_later_than_today(client: TestClient, store: Store, asha: Subscriber) -> None:
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, today(store) + days(7)).id}/pause"
    tomorrow = str(today(store) + days(1))
    for day in (today(store), today(store) - days(1), "0001-01-01"):
        for query in ({}, {"dry_run": "true"}):
            with unchanged(store, day):
                answer = client.post(url, params=query, json={"until": str(day)}, headers=asha.headers)
                refused(answer, 422, "pause_until_past", field="until", earliest=tomorrow)
    for body in (
        {"until": "2026-02-31"},
        {"until": 1796169600},
        {"until": f"{tomorrow}T00:00:00Z"},
        {"from": tomorrow},
        {"until": "soon"},
    ):
        with unchanged(store, body):
            refused(client.post(url, json=body, headers=asha.headers), 422, "invalid")
    assert client.post(url, json={"until": tomorrow}, headers=asha.headers).status_code == 200
    last = client.post(url, json={"until": "9999-12-31"}, headers=asha.headers)
    assert (last.status_code, last.json()["upcoming"]) == (200, [])


def test_what_is_over_stays_over(client: TestClient, store: Store, asha: Subscriber) -> None:
    friday = today(store) + days(7)
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, friday).id}"
    assert client.post(f"{url}/cancellation", json={}, headers=asha.headers).status_code == 200
    for path, body in (("/resumption", None), ("/pause", {}), ("/skips", {"delivers_on": str(friday)})):
        with unchanged(store, path):
            answer = client.post(f"{url}{path}", json=body, headers=asha.headers)
            refused(answer, 409, "subscription_move_not_allowed", present="cancelled", allowed=["active", "awaiting_mandate"])
    with unchanged(store):
        refused(client.post(f"{url}/mandate", headers=asha.headers), 409, "no_mandate")


def test_what_awaits_its_mandate_can_be_skipped_and_ended_and_not_paused(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    url = f"{SUBSCRIPTIONS}/{subscribe(asha, friday, method='upi').id}"
    for path, body in (("/resumption", None), ("/pause", {})):
        with unchanged(store, path):
            told = refused(client.post(f"{url}{path}", json=body, headers=asha.headers), 409, "subscription_move_not_allowed")
            assert (told["present"], told["allowed"]) == ("awaiting_mandate", ["active", "cancelled"])
    skipped = client.post(f"{url}/skips", json={"delivers_on": str(friday)}, headers=asha.headers)
    assert [one["delivers_on"] for one in skipped.json()["upcoming"]] == [str(friday + days(7 * week)) for week in (1, 2, 3)]
    assert client.post(f"{url}/cancellation", json={}, headers=asha.headers).json()["subscription"]["status"] == "cancelled"


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_paused_one_is_not_resumed_while_its_mandate_allows_nothing(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber, verb: str
) -> None:
    subscription = approve(asha, subscribe(asha, today(store) + days(7), method="upi"), sandbox)
    url = f"{SUBSCRIPTIONS}/{subscription.id}"
    refused(client.post(f"{url}/mandate", headers=asha.headers), 409, "mandate_settled", mandate_status="confirmed")
    assert client.post(f"{url}/pause", json={}, headers=asha.headers).status_code == 200
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], verb)
    seen = {"pause": "paused", "cancel": "cancelled"}[verb]
    eventually(lambda: settle_and_see(client, asha, subscription) == seen)
    with unchanged(store):
        for query in ({}, {"dry_run": "true"}):
            answer = client.post(f"{url}/resumption", params=query, headers=asha.headers)
            refused(answer, 409, "mandate_not_confirmed")
    assert reload(store, subscription).status == "paused"
    if verb == "pause":
        with unchanged(store):
            refused(client.post(f"{url}/mandate", headers=asha.headers), 409, "mandate_settled", mandate_status="paused")


def settle_and_see(client: TestClient, who: Subscriber, subscription: Subscription) -> str:
    """What the bank's events have told of the mandate."""
    settle_events(who.store)
    subscriptions.drain_mandates(str(who.store.id))
    shown = client.get(f"{SUBSCRIPTIONS}/{subscription.id}", headers=who.headers).json()
    return str(shown["mandate"]["status"])


def test_a_key_that_is_none_starts_nothing(client: TestClient, store: Store, asha: Subscriber) -> None:
    for key in ("", "x" * 256):
        with unchanged(store):
            headers = asha.headers | {"Idempotency-Key": key}
            answer = client.post(SUBSCRIPTIONS, json=asha.wish(today(store) + days(7)), headers=headers)
            refused(answer, 422, "invalid", field="Idempotency-Key")
