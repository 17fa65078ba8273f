"""A household that goes away, a store that closes, and all that comes to a household by date."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event

from app.accounts import service as accounts
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.notifications.models import Message
from app.stores.models import Store
from app.subscriptions import calendar_queries, calendars, viewing
from app.subscriptions.models import Holiday, Vacation
from app.subscriptions.planning import Calendar
from tests.api.asking import Body, calendar, change, iso, on, start, without
from tests.subscribing import Subscriber, bill, cycles, days, local, make_subscriber, rows, set_now, subscribe, today
from tests.unchanged import unchanged

DAILY = {"kind": "daily"}


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def ask(
    client: TestClient, headers: dict[str, str], method: str, path: str, body: Body | None = None, **query: Any
) -> Response:
    return client.request(method, f"/api/v1/{path}", json=body, params=query, headers=headers)


def do(client: TestClient, store: Store, headers: dict[str, str], method: str, path: str, body: Body | None = None) -> Body:
    """Rehearsed first."""
    with unchanged(store, path):
        rehearsed = ask(client, headers, method, path, body, dry_run="true")
    real = ask(client, headers | {"Idempotency-Key": str(new_id())}, method, path, body)
    assert real.status_code == rehearsed.status_code == 200, (rehearsed.text, real.text)
    told: Body = real.json()
    assert without(told, {"id"}) == without(rehearsed.json(), {"id"})
    return told


def test_ac26_ac27_a_vacation_leaves_out_what_is_no_order_yet_of_all_subscriptions(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    begin = today(store) + days(2)
    daily = start(client, asha, begin, rule=DAILY)["subscription"]["id"]
    third = start(client, asha, begin + days(2), rule={"kind": "every_n_days", "every": 3})["subscription"]["id"]
    set_now(store, local(begin - days(1), 18))
    assert bill(store)["created"] == 1
    before = [calendar(client, asha, one) for one in (daily, third)]
    away = {"first_on": iso(begin), "last_on": iso(begin + days(3))}
    headers = {"Authorization": asha.headers["Authorization"]}
    told = do(client, store, headers, "POST", "vacations", away)
    assert [(one["subscription_id"], one["delivers_on"]) for one in told["deliveries"]] == [
        (daily, iso(begin + days(1))), (daily, iso(begin + days(2))), (third, iso(begin + days(2))),
        (daily, iso(begin + days(3))),
    ]  # fmt: skip
    assert [(one["subscription_id"], one["delivers_on"], one["outcome"]) for one in told["open_orders"]] == [
        (daily, iso(begin), "kept")
    ]
    assert on(told["upcoming"]) == [iso(begin), iso(begin + days(4)), iso(begin + days(5))]
    with unchanged(store):
        again = ask(client, headers, "POST", "vacations", away).json()
    assert again == told
    after = [calendar(client, asha, one) for one in (daily, third)]
    assert [on(one) for one in after] == [on(one) for one in before]
    assert [one["reason"] for one in after[0]][:6] == ["", "vacation", "vacation", "vacation", "", ""]
    household = ask(client, headers, "GET", "calendar", days=9).json()["items"]
    assert [(one["subscription_id"], one["delivers_on"]) for one in household] == sorted(
        [(name, day) for name, one in zip((daily, third), after, strict=True) for day in on(one) if day < iso(begin + days(8))],
        key=lambda pair: (pair[1], pair[0] != daily),
    )
    set_now(store, local(begin, 18))
    assert bill(store)["skipped"] == 1
    (vacation,) = ask(client, headers, "GET", "vacations").json()["items"]
    back = do(client, store, headers, "DELETE", f"vacations/{vacation['id']}")
    assert [one["delivers_on"] for one in back["deliveries"]] == [
        iso(begin + days(2)), iso(begin + days(2)), iso(begin + days(3)),
    ]  # fmt: skip
    assert rows(store, Vacation) == []
    assert [one["reason"] for one in calendar(client, asha, daily)][:3] == ["", "vacation", ""]


def test_a_vacation_that_cannot_be_meant_is_refused(client: TestClient, store: Store, asha: Subscriber) -> None:
    day = today(store)
    with unchanged(store):
        for first, last in ((1, 0), (-9, -1), (1, 400)):
            body = {"first_on": iso(day + days(first)), "last_on": iso(day + days(last))}
            answer = ask(client, asha.headers, "POST", "vacations", body)
            assert (answer.status_code, answer.json()["code"]) == (422, "vacation_invalid")
        answer = ask(client, asha.headers, "DELETE", f"vacations/{new_id()}")
        assert (answer.status_code, answer.json()["code"]) == (404, "vacation_not_found")


def test_ac27_a_holiday_counts_what_it_leaves_out_and_its_customers_hear_of_it(
    client: TestClient, store: Store, asha: Subscriber
) -> None:
    begin = today(store) + days(2)
    first = start(client, asha, begin, rule=DAILY)["subscription"]["id"]
    start(client, asha, begin, rule={"kind": "every_n_days", "every": 2})
    paused = start(client, asha, begin, rule=DAILY)["subscription"]["id"]
    change(client, asha, paused, "pause")
    with unit_of_work(store.id) as session:
        manager = accounts.add_staff(session, "manager@example.in", "a long password", "manager", SYSTEM)
    claims = {"sub": str(manager.id), "kind": "staff", "role": "manager", "store": str(store.id), "sid": str(new_id())}
    headers = {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}
    url = f"holidays/{iso(begin)}"
    told = do(client, store, headers, "PUT", url, {"name": "Diwali"})
    assert (told["deliveries"], told["orders"], len(told["subscription_ids"])) == (2, 0, 2)
    assert do(client, store, headers, "DELETE", url)["deliveries"] == 2
    assert rows(store, Holiday) == []
    told = do(client, store, headers, "PUT", f"holidays/{iso(begin + days(1))}", {"name": "Pongal"})
    assert (told["deliveries"], told["subscription_ids"]) == (1, [first])
    set_now(store, local(begin, 18))
    assert bill(store)["skipped"] == 3  # of the first day none was prepared in time
    assert {(cycle.delivers_on, cycle.reason) for cycle in cycles(store)} == {
        (begin, "missed"), (begin + days(1), "holiday"),
    }  # fmt: skip
    told_of = [one for one in rows(store, Message) if one.template == "delivery_skipped" and one.channel == "email"]
    assert len(told_of) == 3
    with unchanged(store):
        answer = ask(client, headers, "PUT", f"holidays/{iso(begin - days(1))}", {"name": "Past"})
        assert (answer.status_code, answer.json()["code"]) == (422, "holiday_in_past")


def test_a_calendar_of_a_household_costs_as_many_statements_however_much_comes(store: Store, asha: Subscriber) -> None:
    def statements() -> int:
        counted: list[str] = []
        with unit_of_work(store.id) as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *given: counted.append(given[2]))
            found = calendar_queries.of_customer(session, asha.customer.id)
            views = viewing.view_many(session, found, today=today(store))
            calendars.household(session, views, Calendar.of(store, local(today(store), 12)), 60)
        return len(counted)

    subscribe(asha, today(store) + days(2))
    one = statements()
    for _ in range(4):
        subscribe(asha, today(store) + days(2), DAILY)
    assert statements() == one
