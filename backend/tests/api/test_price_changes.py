"""A dearer price: announced in time, told to subscribers, in force on its day, and never beyond what a mandate allows."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event, text

from app.accounts import service as accounts
from app.catalog import service as catalog
from app.catalog.price_models import PriceChange
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.notifications.models import Message
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import calendar_queries, calendars, price_news, viewing
from app.subscriptions.planning import Calendar
from tests.api.asking import Body, calendar, iso, start
from tests.subscribing import Subscriber, bill, days, local, make_subscriber, orders, rows, set_now, subscribe, today
from tests.unchanged import unchanged

DAILY = {"kind": "daily"}


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store, mrp_amount=9000)


@pytest.fixture
def manager(store: Store) -> dict[str, str]:
    with unit_of_work(store.id) as session:
        member = accounts.add_staff(session, "manager@example.in", "a long password", "manager", SYSTEM)
    claims = {"sub": str(member.id), "kind": "staff", "role": "manager", "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


def ask(
    client: TestClient,
    store: Store,
    headers: dict[str, str],
    method: str,
    body: Body | None = None,
    path: str = "",
    **query: Any,
) -> Response:
    with unit_of_work(store.id) as session:
        slug = session.execute(text("SELECT slug FROM products")).scalar_one()
    return client.request(method, f"/api/v1/products/{slug}/price-changes{path}", json=body, params=query, headers=headers)


def notices(store: Store) -> list[str]:
    return [one.context["body"] for one in rows(store, Message) if one.template == "notice" and one.channel == "email"]


def tell(store: Store) -> None:
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        while price_news.notice_due(session, Calendar.of(row, local(today(store), 12))) is not None:
            pass


def test_ac26_a_dearer_price_is_told_in_time_and_holds_on_its_day(
    client: TestClient, store: Store, asha: Subscriber, manager: dict[str, str]
) -> None:
    begin = today(store) + days(2)
    daily = start(client, asha, begin, rule=DAILY)["subscription"]["id"]
    subscribe(asha, begin, DAILY, method="upi")  # ₹120, and so up to ₹240
    milk = str(asha.variant_id)
    body = {"variant_id": milk, "amount": 8000, "effective_on": iso(begin + days(1))}
    with unchanged(store):
        early = ask(client, store, manager, "POST", body)
        assert (early.status_code, early.json()["code"]) == (422, "price_change_too_soon")
        assert early.json()["earliest"] == iso(today(store) + days(8))
        above = ask(client, store, manager, "POST", {**body, "amount": 9001, "effective_on": iso(begin + days(9))})
        assert (above.status_code, above.json()["code"]) == (422, "price_invalid")
    day = today(store) + days(8)
    body |= {"effective_on": iso(day)}
    with unchanged(store):
        rehearsed = ask(client, store, manager, "POST", {**body, "amount": 12500, "mrp_amount": 13000}, dry_run="true").json()
    assert (rehearsed["subscriptions"], rehearsed["consents"]) == (2, 1)
    (needing,) = rehearsed["needing_consent"]
    assert (needing["delivery"]["amount"], needing["limit"]["amount"]) == (25000, 24000)
    real = ask(client, store, manager, "POST", body).json()
    assert (real["subscriptions"], real["consents"], real["change"]["price"]["amount"]) == (2, 0, 8000)
    with unchanged(store):
        assert ask(client, store, manager, "POST", body).json() == real
    tell(store)
    tell(store)
    assert len(notices(store)) == 2
    assert all("₹80.00 instead of ₹60.00" in told and "₹160.00" in told for told in notices(store))
    assert [one.noticed_at is not None for one in rows(store, PriceChange)] == [True]
    shown = {one["delivers_on"]: one["total"]["amount"] for one in calendar(client, asha, daily)}
    assert {one: amount for one, amount in shown.items() if amount == 12000}.keys() == {
        iso(begin + days(n)) for n in range((day - begin).days)
    }
    assert set(shown.values()) == {12000, 16000}
    set_now(store, local(day - days(2), 18))
    bill(store)
    set_now(store, local(day - days(1), 18))
    bill(store)
    by_hand = [one.total_amount for one in orders(store) if one.payment_method == "cash_on_delivery"]
    assert by_hand == [12000, 16000]  # of the last day before it, and of its first
    with unit_of_work(store.id) as session:
        at = {n: catalog.sellable(session, [asha.variant_id], day + days(n))[0].amount for n in (-1, 0)}
    assert at == {-1: 6000, 0: 8000}


def test_a_price_is_taken_back_before_its_day_and_not_after(
    client: TestClient, store: Store, asha: Subscriber, manager: dict[str, str]
) -> None:
    milk, day = str(asha.variant_id), today(store)
    tomorrow = ask(client, store, manager, "POST", {"variant_id": milk, "amount": 5000, "effective_on": iso(day + days(1))})
    cheaper = tomorrow.json()["change"]["id"]
    other = ask(client, store, manager, "POST", {"variant_id": milk, "amount": 5500, "effective_on": iso(day + days(1))})
    assert (other.status_code, other.json()["code"]) == (409, "price_change_taken")
    assert len(ask(client, store, manager, "GET").json()["items"]) == 1
    for _ in range(2):
        assert ask(client, store, manager, "DELETE", path=f"/{cheaper}").status_code == 200
    assert ask(client, store, manager, "GET").json()["items"] == []
    today_on = ask(client, store, manager, "POST", {"variant_id": milk, "amount": 5000, "effective_on": iso(day)}).json()
    with unchanged(store):
        late = ask(client, store, manager, "DELETE", path=f"/{today_on['change']['id']}")
        assert (late.status_code, late.json()["code"]) == (409, "price_change_in_force")
        assert ask(client, store, manager, "DELETE", path=f"/{new_id()}").status_code == 404


def test_a_calendar_with_many_prices_reads_each_of_them_once(store: Store, asha: Subscriber) -> None:
    subscribe(asha, today(store) + days(2), DAILY)

    def statements(length: int) -> int:
        counted: list[str] = []
        with unit_of_work(store.id) as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *given: counted.append(given[2]))
            views = viewing.view_many(session, calendar_queries.of_customer(session, asha.customer.id), today=today(store))
            calendars.household(session, views, Calendar.of(store, local(today(store), 12)), length)
        return len(counted)

    assert statements(300) == statements(3)
    with unit_of_work(store.id) as session:
        for n in (10, 20):
            change = PriceChange(
                store_id=store.id, price_list_id=catalog.default_price_list(session).id, variant_id=asha.variant_id,
                amount=6000 + n, mrp_amount=9000, effective_on=today(store) + days(n),
            )  # fmt: skip
            session.add(change)
    assert statements(300) == statements(3) + 2
