"""Which days a subscription shows: decided, skipped, paused, and to come."""

from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from app.core.work import unit_of_work
from app.stores.models import Store
from app.subscriptions import queries, viewing
from app.subscriptions.models import Subscription
from tests.api.asking import SUBSCRIPTIONS, Body, calendar, change, iso, look, on, start
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


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


@pytest.mark.parametrize("rule", [
    {"kind": "daily"}, {"kind": "every_n_days", "every": 3}, {"kind": "weekdays", "weekdays": ["mon", "wed", "fri"]},
    {"kind": "weekly", "every": 2}, {"kind": "monthly", "day": 31},
], ids=lambda rule: rule["kind"])  # fmt: skip
def test_ac27_a_skip_moves_no_other_date(client: TestClient, store: Store, asha: Subscriber, rule: Body) -> None:
    subscription_id = start(client, asha, rule=rule)["subscription"]["id"]
    before = on(calendar(client, asha, subscription_id, 366))
    for skipped in (before[0], before[4]):
        change(client, asha, subscription_id, "skips", {"delivers_on": skipped})
    after = calendar(client, asha, subscription_id, 366)
    assert on(after) == before
    assert [one["delivers_on"] for one in after if one["status"] == "skipped"] == [before[0], before[4]]
    assert [one["reason"] for one in after if one["status"] == "skipped"] == ["by_customer"] * 2
    upcoming = change(client, asha, subscription_id, "resumption")["upcoming"]
    assert on(upcoming) == before[1:4]
    assert [str(one.next_on) for one in rows(store, Subscription)] == [before[0]]  # left out, and to be decided so


def test_ac27_a_skip_passes_over_no_delivery_that_is_due_and_not_planned_yet(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    set_now(store, local(begin - days(1), 18))  # the cut-off of the first one; the run has not come to it yet
    change(client, asha, subscription_id, "skips", {"delivers_on": iso(begin + days(3))})
    assert bill(store)["created"] == 1
    set_now(store, local(begin + days(2), 18))
    assert bill(store)["skipped"] == 3
    assert [(one.delivers_on - begin).days for one in cycles(store)] == [0, 1, 2, 3]
    assert [(one.status, one.reason) for one in cycles(store)] == [
        ("created", ""), ("skipped", "missed"), ("skipped", "missed"), ("skipped", "by_customer"),
    ]  # fmt: skip


def test_the_calendar_shows_what_was_decided_and_what_is_to_come(client: TestClient, store: Store, asha: Subscriber) -> None:
    begin = today(store) + days(2)
    subscription_id = start(client, asha, begin, rule={"kind": "daily"})["subscription"]["id"]
    change(client, asha, subscription_id, "skips", {"delivers_on": iso(begin + days(1))})
    set_now(store, local(begin - days(1), 18))
    assert bill(store)["created"] == 1
    (order,) = orders(store)
    found = calendar(client, asha, subscription_id, 5)  # tomorrow, today's cut-off being the first one's, to the fourth day
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


def test_the_calendar_has_the_deliveries_of_as_many_days_as_were_asked_for(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    """A daily delivery by mandate is announced days ahead: the first days can no longer come."""
    made = start(client, asha, today(store), rule={"kind": "daily"}, payment_method="mandate")
    first = date.fromisoformat(made["upcoming"][0]["delivers_on"])
    for length in (1, 7, 60, 366):
        found = calendar(client, asha, made["subscription"]["id"], length)
        assert on(found) == [iso(first + days(day)) for day in range(length - (first - today(store)).days)]
    for wrong in ("0", "367", "-1", "x", ""):
        url = f"{SUBSCRIPTIONS}/{made['subscription']['id']}/calendar"
        answer = client.get(url, params={"days": wrong}, headers=asha.headers)
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
    assert on(calendar(client, asha, subscription_id, 14)) == on(paused["upcoming"])[:2]
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


def test_what_is_no_longer_sold_has_no_price_and_is_left_out_with_word_of_it(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    friday = today(store) + days(7)
    subscription_id = start(client, asha, friday)["subscription"]["id"]
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE variants SET is_active = false"))
    shown = look(client, asha, subscription_id)
    assert (shown["price"], len(shown["lines"]), shown["status"]) == (None, 1, "active")
    assert {one["total"] for one in calendar(client, asha, subscription_id)} == {None}
    set_now(store, local(friday - days(1), 18))
    assert bill(store)["skipped"] == 1
    assert orders(store) == []
    (first, *_) = calendar(client, asha, subscription_id)
    assert (first["delivers_on"], first["status"], first["reason"]) == (iso(friday), "skipped", "not_on_sale")


def test_a_page_costs_as_many_statements_however_long_it_is(store: Store, asha: Subscriber) -> None:
    def statements_of(count: int) -> int:
        with unit_of_work(store.id) as session:
            page = queries.page(session, asha.customer.id, count, None)
            assert len(page) == count
            counted: list[str] = []
            event.listen(session.connection(), "before_cursor_execute", lambda *given: counted.append(given[2]))
            viewing.view_many(session, page, today=today(store))
        return len(counted)

    for _ in range(6):
        subscribe(asha, today(store) + days(2))
    assert statements_of(6) == statements_of(1)
