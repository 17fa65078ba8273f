"""What a customer wishes for one day, changes from a day on, and takes back: rehearsed, real, and too late."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.audit.models import AuditEntry
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.stores.models import Store
from app.subscriptions.models import DeliveryChange, SubscriptionTerms
from tests.api.asking import SUBSCRIPTIONS, Body, calendar, iso, on, start, without
from tests.builders import make_variant
from tests.subscribing import Subscriber, bill, days, local, make_subscriber, orders, rows, set_now, subscribe, today
from tests.unchanged import unchanged

OF_THE_MOMENT = {"started_at", "cancelled_at", "expires_at"}
OTHER = "the other variant"


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


@pytest.fixture
def other(store: Store) -> UUID:
    with unit_of_work(store.id) as session:
        return make_variant(session, amount=1000, stock_quantity=1000).id


def call(client: TestClient, who: Subscriber, method: str, path: str, body: Body | None = None, **query: Any) -> Response:
    return client.request(method, f"{SUBSCRIPTIONS}/{path}", json=body, params=query, headers=who.headers)


def do(client: TestClient, store: Store, who: Subscriber, method: str, path: str, body: Body | None = None) -> Body:
    """Rehearsed first: that changes nothing and answers the same."""
    with unchanged(store, path):
        rehearsed = call(client, who, method, path, body, dry_run="true")
    real = call(client, who, method, path, body)
    assert real.status_code == rehearsed.status_code == 200, (rehearsed.text, real.text)
    assert without(real.json(), OF_THE_MOMENT) == without(rehearsed.json(), OF_THE_MOMENT)
    with unchanged(store, path):
        again = call(client, who, method, path, body)
        assert again.status_code in (200, 409)
    told: Body = real.json()
    assert told["charged_now"] is None
    return told


def test_ac26_ac27_a_day_with_other_wishes_is_the_only_one_that_changes(
    client: TestClient, store: Store, asha: Subscriber, other: UUID
) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    milk, ghee = str(asha.variant_id), str(other)
    before = calendar(client, asha, subscription_id)
    day = f"{subscription_id}/deliveries/{iso(begin)}"

    def first() -> Body:
        found = calendar(client, asha, subscription_id)
        assert found[1:] == before[1:]
        assert found[0]["delivers_on"] == iso(begin)
        return {"quantities": found[0]["quantities"], "total": (found[0]["total"] or {}).get("amount")} | (
            {"reason": found[0]["reason"]} if found[0]["reason"] else {}
        )

    do(client, store, asha, "PUT", f"{day}/lines/{milk}", {"quantity": 3})
    assert first() == {"quantities": {milk: 3}, "total": 18000}
    do(client, store, asha, "PUT", f"{day}/lines/{ghee}", {"quantity": 1})
    assert first() == {"quantities": {milk: 3, ghee: 1}, "total": 19000}
    do(client, store, asha, "POST", f"{subscription_id}/skips", {"delivers_on": iso(begin), "variant_id": milk})
    assert first() == {"quantities": {ghee: 1}, "total": 1000}
    do(client, store, asha, "DELETE", f"{day}/lines")
    assert first() == {"quantities": {milk: 2}, "total": 12000}
    do(client, store, asha, "POST", f"{day}/swap", {"variant_id": milk, "with_variant_id": ghee})
    assert first() == {"quantities": {ghee: 2}, "total": 2000}
    do(client, store, asha, "POST", f"{subscription_id}/skips", {"delivers_on": iso(begin)})
    assert first() == {"quantities": {ghee: 2}, "total": None, "reason": "by_customer"}
    do(client, store, asha, "DELETE", f"{subscription_id}/skips/{iso(begin)}")
    assert first() == {"quantities": {ghee: 2}, "total": 2000}
    set_now(store, local(begin - days(1), 17))
    assert bill(store)["created"] == 0
    set_now(store, local(begin - days(1), 18))
    assert bill(store)["created"] == 1
    assert [order.total_amount for order in orders(store)] == [2000]
    told = [entry.action for entry in rows(store, AuditEntry) if entry.action.startswith("subscription.")]
    assert (told.count("subscription.delivery_changed"), told.count("subscription.wish_taken_back")) == (3, 2)


def test_ac27_after_the_cut_off_every_verb_for_the_day_is_refused_and_says_until_when(
    client: TestClient, store: Store, asha: Subscriber, other: UUID
) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    do(client, store, asha, "PUT", f"{subscription_id}/deliveries/{iso(begin)}/lines/{asha.variant_id}", {"quantity": 3})
    set_now(store, local(begin - days(1), 18))
    day, milk = f"{subscription_id}/deliveries/{iso(begin)}", str(asha.variant_id)
    late: list[tuple[str, str, Body | None]] = [
        ("PUT", f"{day}/lines/{milk}", {"quantity": 1}),
        ("DELETE", f"{day}/lines", None),
        ("POST", f"{day}/swap", {"variant_id": milk, "with_variant_id": str(other)}),
        ("POST", f"{subscription_id}/skips", {"delivers_on": iso(begin), "variant_id": milk}),
        ("POST", f"{subscription_id}/skips", {"delivers_on": iso(begin)}),
        ("POST", f"{subscription_id}/changes", {"from_on": iso(begin), "shift": "evening"}),
        ("POST", f"{subscription_id}/changes", {"from_on": iso(today(store)), "lines": [{"variant_id": milk, "quantity": 9}]}),
    ]
    for planned in (False, True):
        assert not planned or bill(store)["created"] == 1
        with unchanged(store, planned):
            for method, path, body in late:
                answer = call(client, asha, method, path, body)
                told = answer.json()
                assert (answer.status_code, told["code"]) == (409, "cut_off_passed"), (path, answer.text)
                assert datetime.fromisoformat(told["edit_until"]) == local(begin - days(1), 18)
                if path.endswith("changes"):
                    assert told["earliest"] == iso(begin + days(1))
    unknown = call(client, asha, "PUT", f"{day}/lines/{new_id()}", {"quantity": 1})
    assert unknown.status_code == 409
    with unchanged(store):
        tomorrow = f"{subscription_id}/deliveries/{iso(begin + days(1))}"
        answer = call(client, asha, "PUT", f"{tomorrow}/lines/{new_id()}", {"quantity": 1})
        assert (answer.status_code, answer.json()["code"]) == (409, "not_on_sale")
        answer = call(client, asha, "POST", f"{tomorrow}/swap", {"variant_id": str(other), "with_variant_id": milk})
        assert (answer.status_code, answer.json()["code"]) == (422, "not_in_subscription")


def test_ac26_a_change_from_a_day_on_shows_in_the_calendar_and_is_taken_back(
    client: TestClient, store: Store, asha: Subscriber, other: UUID
) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    milk, ghee = str(asha.variant_id), str(other)
    before = calendar(client, asha, subscription_id)
    fifth, tenth = iso(begin + days(5)), iso(begin + days(10))
    changes = f"{subscription_id}/changes"
    told = do(client, store, asha, "POST", changes, {"from_on": tenth, "lines": [{"variant_id": milk, "quantity": 4}]})
    assert [(one["from_on"], one["text"].split(" ×")[0]) for one in told["subscription"]["changes"]] == [(tenth, "4")]
    told = do(client, store, asha, "POST", changes, {
        "from_on": fifth, "swap": {"variant_id": milk, "with_variant_id": ghee}, "shift": "evening",
    })  # fmt: skip
    assert [
        (one["from_on"], one["shift"], {line["variant_id"]: line["quantity"] for line in one["lines"]})
        for one in told["subscription"]["changes"]
    ] == [(fifth, "evening", {ghee: 2}), (tenth, "evening", {ghee: 4})]
    after = calendar(client, asha, subscription_id)
    assert on(after) == on(before)
    assert [one["quantities"] for one in after[4:6] + after[9:11]] == [{milk: 2}, {ghee: 2}, {ghee: 2}, {ghee: 4}]
    wish = f"{subscription_id}/deliveries/{iso(begin + days(3))}/lines/{milk}"
    do(client, store, asha, "PUT", wish, {"quantity": 7})
    do(client, store, asha, "POST", changes, {"from_on": iso(begin + days(2)), "swap": {
        "variant_id": milk, "with_variant_id": ghee, "quantity": 1,
    }})  # fmt: skip
    assert [one["quantities"] for one in calendar(client, asha, subscription_id)[1:4]] == [{milk: 2}, {ghee: 1}, {ghee: 1}]
    assert rows(store, DeliveryChange) == []
    for from_on in (iso(begin + days(2)), fifth, tenth):
        told = do(client, store, asha, "DELETE", f"{changes}/{from_on}")
    assert told["subscription"]["changes"] == []
    assert calendar(client, asha, subscription_id) == before
    assert len(rows(store, SubscriptionTerms)) == 1
    weekly = do(client, store, asha, "POST", changes, {"from_on": fifth, "rule": {"kind": "weekly"}})
    assert weekly["subscription"]["changes"][0]["anchor_on"] == fifth
    assert on(calendar(client, asha, subscription_id))[4:7] == [iso(begin + days(n)) for n in (4, 5, 12)]


def test_ac13_a_change_beyond_what_the_mandate_allows_waits_until_that_is_approved(
    client: TestClient, store: Store, asha: Subscriber, other: UUID
) -> None:
    friday = today(store) + days(7)
    subscription_id = str(subscribe(asha, friday, method="upi").id)  # ₹120, and so up to ₹240
    url, milk = f"{subscription_id}/deliveries/{iso(friday)}/lines/{asha.variant_id}", str(asha.variant_id)
    line = {"variant_id": milk, "quantity": 1, "by_weekday": {"sun": 5}}
    with unchanged(store):
        for answer in (
            call(client, asha, "PUT", url, {"quantity": 5}),
            call(client, asha, "POST", f"{subscription_id}/changes", {"from_on": iso(friday), "lines": [line]}),
        ):
            told = answer.json()
            assert (answer.status_code, told["code"]) == (409, "mandate_limit_exceeded"), answer.text
            assert (told["minimum"], told["max_amount"]) == (30000, 24000)
    do(client, store, asha, "PUT", url, {"quantity": 4})
    assert [one.quantity for one in rows(store, DeliveryChange)] == [4]


def test_the_end_is_moved_taken_back_and_begun_anew(client: TestClient, store: Store, asha: Subscriber) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "every_n_days", "every": 3})["subscription"]["id"]
    ended = do(client, store, asha, "PUT", f"{subscription_id}/end", {"ends_after": 2})
    assert on(ended["upcoming"]) == [iso(begin), iso(begin + days(3))]
    ended = do(client, store, asha, "PUT", f"{subscription_id}/end", {"ends_on": iso(begin + days(2))})
    assert on(ended["upcoming"]) == [iso(begin)]
    ended = do(client, store, asha, "PUT", f"{subscription_id}/end", {})
    assert len(ended["upcoming"]) == 3
    set_now(store, local(begin - days(1), 18))
    assert bill(store)["created"] == 1
    ended = do(client, store, asha, "POST", f"{subscription_id}/cancellation", {"when": "end_of_paid", "reason": "moving"})
    assert (ended["subscription"]["status"], ended["subscription"]["cancel_reason"]) == ("cancelled", "moving")
    assert [(one["delivers_on"], one["outcome"]) for one in ended["open_orders"]] == [(iso(begin), "kept")]
    assert [order.status for order in orders(store)] == ["confirmed"]
    assert call(client, asha, "DELETE", f"{subscription_id}/cancellation").json()["code"] == "nothing_to_take_back"
    set_now(store, local(begin + days(4), 12))
    again = do(client, store, asha, "POST", f"{subscription_id}/reactivation", {"ends_after": 2})
    assert (again["subscription"]["status"], again["subscription"]["ends_after"]) == ("active", 3)
    assert on(again["upcoming"]) == [iso(begin + days(6)), iso(begin + days(9))]
    assert again["subscription"]["anchor_on"] == iso(begin)


def test_a_mandate_that_was_never_approved_is_awaited_anew(client: TestClient, store: Store, asha: Subscriber) -> None:
    subscription_id = str(subscribe(asha, today(store) + days(7), method="upi").id)
    over = do(client, store, asha, "POST", f"{subscription_id}/cancellation", {"when": "end_of_paid"})
    assert over["subscription"]["status"] == "cancelled"
    again = do(client, store, asha, "POST", f"{subscription_id}/reactivation", {})
    assert again["subscription"]["status"] == "awaiting_mandate"
