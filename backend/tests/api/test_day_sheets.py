"""The sheets of a day: what is packed, where it goes, what comes to the store, and what has to be bought for it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import select

from app.accounts import service as accounts
from app.audit.models import AccessLogEntry
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.insight import day_sheets, forecast
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions.models import DeliveryChange, Holiday
from app.subscriptions.planning import Calendar
from tests.builders import make_product, make_variant
from tests.fulfilment import pack
from tests.shopping import make_shopper, place_by
from tests.subscribing import Subscriber, bill, local, make_subscriber, orders, set_now, subscribe, today

DAILY = {"kind": "daily"}


@pytest.fixture
def packer(store: Store) -> dict[str, str]:
    with unit_of_work(store.id) as session:
        member = accounts.add_staff(session, "ravi@example.in", "a long password", "packer", SYSTEM)
    claims = {"sub": str(member.id), "kind": "staff", "role": "packer", "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}"}


def ask(client: TestClient, headers: dict[str, str], path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def milk(store: Store) -> UUID:
    with unit_of_work(store.id) as session:
        return make_variant(session, product=make_product(session, name="Milk"), stock_quantity=9).id


def lives_elsewhere(who: Subscriber, pin: str) -> None:
    with unit_of_work(who.store.id) as session:
        address = accounts.get_address(session, who.address_id, who.customer.id)
        address.pin = pin
        session.add(address)


def begin(store: Store, days: int = 2) -> date:
    return today(store) + timedelta(days=days)


def test_a_day_is_packed_and_carried_area_by_area(client: TestClient, store: Store, packer: dict[str, str]) -> None:
    variant_id = milk(store)
    asha, ravi = make_subscriber(store, variant_id=variant_id), make_subscriber(store, variant_id=variant_id)
    lives_elsewhere(asha, "560042")
    day = begin(store)
    for who in (asha, ravi):
        subscribe(who, day)
    set_now(store, local(day - timedelta(days=1), 18))
    assert bill(store)["created"] == 2
    waiting = make_subscriber(store)
    subscribe(waiting, day, method="upi")  # not approved: nothing of it is on any sheet

    sheet = ask(client, packer, f"day-sheets/{day}/packing")
    assert [(one["name"], one["quantity"]) for one in sheet["goods"]] == [("Milk", 4)]
    assert [(bag["pin"], bag["shift"], bag["lines"][0]["quantity"]) for bag in sheet["bags"]] == [
        ("560001", "morning", 2), ("560042", "morning", 2),
    ]  # fmt: skip
    assert sheet["waiting"] == 0
    assert ask(client, packer, f"day-sheets/{day}/packing", shift="evening")["bags"] == []

    packed = next(one for one in orders(store) if one.number == sheet["bags"][0]["number"])
    pack(packed)
    assert [bag["pin"] for bag in ask(client, packer, f"day-sheets/{day}/packing")["bags"]] == ["560042"]
    routes = ask(client, packer, f"day-sheets/{day}/routes")["routes"]
    assert [(route["pin"], len(route["stops"]), route["collect"]["amount"]) for route in routes] == [
        ("560001", 1, 12000), ("560042", 1, 12000),
    ]  # fmt: skip
    stop = routes[0]["stops"][0]
    assert (stop["phone"], stop["pieces"], stop["collect"]["amount"], stop["status"]) == ("+919876543210", 2, 12000, "packed")
    with unit_of_work(store.id) as session:
        read = session.exec(select(AccessLogEntry.action).where(AccessLogEntry.actor_kind == "staff")).all()
    assert sorted(read) == ["packing_list.read"] * 3 + ["route_list.read"]


def test_what_was_ordered_in_the_shop_stands_on_the_sheets_of_today(
    client: TestClient, store: Store, packer: dict[str, str]
) -> None:
    with unit_of_work(store.id) as session:
        weighed = make_variant(session, weight_grams=500, sold_by_weight=True).id
    shopper = make_shopper(store, variant_id=weighed)
    with unit_of_work(store.id) as session:
        order, _ = place_by(session, shopper, "cash_on_delivery")
    sheet = ask(client, packer, f"day-sheets/{today(store)}/packing", shift="evening")
    assert [(bag["number"], bag["shift"]) for bag in sheet["bags"]] == [(order.number, None)]
    assert sheet["goods"][0]["piece_grams"] == 500
    assert ask(client, packer, f"day-sheets/{begin(store)}/routes")["routes"] == []


def test_what_comes_and_what_has_to_be_bought(client: TestClient, store: Store, packer: dict[str, str]) -> None:
    variant_id = milk(store)
    asha = make_subscriber(store, variant_id=variant_id)
    day = begin(store)
    subscription = subscribe(asha, day, DAILY)
    with unit_of_work(store.id) as session:
        for later, wished in ((1, (None, 0)), (2, (variant_id, 3))):
            session.add(
                DeliveryChange(
                    store_id=store.id,
                    subscription_id=subscription.id,
                    delivers_on=day + timedelta(days=later),
                    variant_id=wished[0],
                    quantity=wished[1],
                )
            )
        session.add(Holiday(store_id=store.id, closed_on=day + timedelta(days=3), name="Diwali"))
    set_now(store, local(day - timedelta(days=1), 18))
    assert bill(store)["created"] == 1

    told = ask(client, packer, "store-calendar", **{"from": day.isoformat(), "days": 5})["items"]
    assert [(one["orders"], one["planned"], one["planned_total"]["amount"], one["left_out"]) for one in told] == [
        (1, 0, 0, {}), (0, 0, 0, {"by_customer": 1}), (0, 1, 18000, {}), (0, 0, 0, {"holiday": 1}), (0, 1, 12000, {}),
    ]  # fmt: skip
    assert (told[0]["orders_total"]["amount"], told[3]["holiday"]) == (12000, "Diwali")

    [need] = ask(client, packer, "purchase-forecast", days=8)["items"]  # from the eve of the first delivery
    assert (need["on_hand"], need["ordered"], need["planned"], need["to_buy"]) == (9, 2, 9, 2)
    assert need["runs_out_on"] == (day + timedelta(days=6)).isoformat()
    assert list(need["by_day"].values()) == [3, 2, 2, 2]


def test_sheets_cost_as_many_statements_however_much_there_is(store: Store) -> None:
    variant_id, day = milk(store), begin(store)

    def statements() -> int:
        counted: list[str] = []
        with unit_of_work(store.id) as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *given: counted.append(given[2]))
            at = Calendar.of(stores.get(session), local(today(store), 12))
            day_sheets.packing_list(session, day, None, at.today)
            day_sheets.route_list(session, day, None, at.today)
            forecast.purchases(session, 14, at)
            forecast.store_days(session, at.today, 14, at)
        return len(counted)

    subscribe(make_subscriber(store, variant_id=variant_id), day, DAILY)
    subscribe(make_subscriber(store, variant_id=variant_id), day)
    set_now(store, local(day - timedelta(days=1), 18))
    bill(store)
    few = statements()
    for _ in range(4):
        subscribe(make_subscriber(store, variant_id=variant_id), day + timedelta(days=1), DAILY)
    set_now(store, local(day, 18))
    bill(store)
    day += timedelta(days=1)
    assert statements() == few
