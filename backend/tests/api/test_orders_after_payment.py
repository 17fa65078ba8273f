"""What customers and staff do with a paid order, through the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlmodel import Session

from app.core.clock import machine_now
from app.core.db import engine
from app.orders import queries as orders
from app.orders.models import Order
from app.stores import service as stores
from app.stores.models import Store
from tests.fulfilment import again, buy, deliver, given_back, lines_of, pack
from tests.moving import staff
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, next_cart, place_and_start, work_off
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def shopper(store: Store) -> Shopper:
    return make_shopper(store, 3)


def post(client: TestClient, path: str, headers: dict[str, str], status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def pieces(order: Order, quantity: int) -> list[dict[str, Any]]:
    return [{"line_id": str(lines_of(order)[0].id), "quantity": quantity}]


def test_a_dry_run_says_what_a_cancellation_would_do_and_does_nothing(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox
) -> None:
    order = buy(shopper, sandbox)
    path = f"/orders/{order.id}/cancellation"
    with unchanged(store):
        shown = post(client, f"{path}?dry_run=true", shopper.headers)
    done = post(client, path, shopper.headers, note="moved away")
    for answer in (shown, done):
        assert (answer["status"], answer["cancel_reason"]) == ("cancelled", "customer")
        assert answer["refunded"]["amount"] == order.total_amount
        assert [refund["status"] for refund in answer["refunds"]] == ["pending"]
    work_off(store)
    assert given_back(sandbox) == [order.total_amount]
    refund = client.get(f"/api/v1/orders/{order.id}", headers=shopper.headers).json()["refunds"][0]
    assert (refund["status"], refund["waits_for"]) == ("processed", None)


def test_the_same_key_cancels_one_piece_once(client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox) -> None:
    order, headers = buy(shopper, sandbox), shopper.headers
    for _ in range(3):
        answer = post(client, f"/orders/{order.id}/cancellation", headers, lines=pieces(order, 1))
    assert answer["lines"][0]["cancelled_quantity"] == 1
    assert answer["owed"]["amount"] == order.total_amount - 6_000
    too_many = client.post(f"/api/v1/orders/{order.id}/cancellation", json={"lines": pieces(order, 3)}, headers=shopper.headers)
    assert (too_many.status_code, too_many.json()["code"]) == (409, "quantity_not_left")
    twice = {"lines": pieces(order, 1) * 2}
    named_twice = client.post(f"/api/v1/orders/{order.id}/cancellation", json=twice, headers=shopper.headers)
    assert named_twice.status_code == 422


def test_what_gives_up_more_each_time_needs_a_key(client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox) -> None:
    order = buy(shopper, sandbox)
    deliver(order)
    headers = {name: value for name, value in shopper.headers.items() if name != "Idempotency-Key"}
    reported = {"reason": "spoilt", "lines": pieces(order, 1)}
    with unchanged(store):
        post(client, f"/orders/{order.id}/cancellation", headers, 400, lines=pieces(order, 1))
        post(client, f"/orders/{order.id}/returns", headers, 400, **reported)
        post(client, f"/orders/{order.id}/concessions", staff(store), 400, amount=100)
        post(client, f"/orders/{order.id}/shipments", staff(store), 400, lines=pieces(order, 1))


def test_staff_pack_send_and_deliver_and_an_illegal_move_names_the_allowed_ones(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox
) -> None:
    order, packer = buy(shopper, sandbox), staff(store, "packer")
    keyed = packer | {"Idempotency-Key": "the first parcel"}
    for _ in range(2):
        parcel = post(client, f"/orders/{order.id}/shipments", keyed, 201, lines=pieces(order, 2))
    assert (parcel["status"], parcel["position"]) == ("packed", 1)
    early = client.post(f"/api/v1/shipments/{parcel['id']}/delivery", headers=packer)
    assert (early.status_code, early.json()["allowed"]) == (409, ["cancelled", "out_for_delivery"])
    sent = post(client, f"/shipments/{parcel['id']}/dispatch", packer, carrier="our van")
    assert sent["carrier"] == "our van"
    post(client, f"/shipments/{parcel['id']}/failed-delivery", packer, because="nobody at home")
    post(client, f"/shipments/{parcel['id']}/dispatch", packer)
    post(client, f"/shipments/{parcel['id']}/delivery", packer)
    shown = client.get(f"/api/v1/orders/{order.id}", headers=shopper.headers).json()
    assert (shown["status"], shown["shipments"][0]["failed_attempts"]) == ("confirmed", 1)


def test_many_orders_are_moved_at_once_each_by_itself_and_a_preview_moves_none(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox
) -> None:
    first = buy(shopper, sandbox)
    unpaid, _ = place_and_start(next_cart(shopper))
    packer = staff(store, "packer")
    ids = [str(first.id), str(unpaid.id), "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8ea0"]
    with unchanged(store):
        shown = post(client, "/order-moves?dry_run=true", packer, order_ids=ids, to="packed")
    done = post(client, "/order-moves", packer, order_ids=ids, to="packed")
    assert shown == done
    assert [item["code"] for item in done["items"]] == ["", "order_move_not_allowed", "order_not_found"]
    assert (done["moved"], done["refused"]) == (1, 2)
    assert (again(first).status, again(unpaid).status) == ("packed", "pending_payment")
    post(client, "/order-moves", packer, order_ids=ids[:1], to="out_for_delivery")
    post(client, "/order-moves", packer, order_ids=ids[:1], to="delivered")
    assert again(first).status == "delivered"


def test_a_packer_cancels_no_orders_neither_one_nor_many(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox
) -> None:
    order, packer = buy(shopper, sandbox), staff(store, "packer")
    with unchanged(store):
        for path in ("/order-moves", "/order-moves?dry_run=true"):
            post(client, path, packer, 403, order_ids=[str(order.id)], to="cancelled")
    assert post(client, "/order-moves", staff(store, "manager"), order_ids=[str(order.id)], to="cancelled")["moved"] == 1


def test_a_return_is_reported_decided_once_and_paid_back(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox
) -> None:
    order = buy(shopper, sandbox)
    body = {"reason": "unwanted", "lines": pieces(order, 1)}
    early = client.post(f"/api/v1/orders/{order.id}/returns", json=body, headers=shopper.headers)
    assert (early.status_code, early.json()["code"]) == (409, "nothing_delivered")
    deliver(order)
    with unchanged(store):
        shown = post(client, f"/orders/{order.id}/returns?dry_run=true", shopper.headers, 201, **body)
    told = post(client, f"/orders/{order.id}/returns", shopper.headers, 201, **body)
    assert (told["status"], told["lines"]) == ("reported", shown["lines"])
    finance = staff(store, "finance")
    waiting = client.get("/api/v1/returns", headers=finance).json()["items"]
    assert [one["id"] for one in waiting] == [told["id"]]
    post(client, f"/returns/{told['id']}/decision", finance, accepted=True, because="fine")
    again_ = client.post(f"/api/v1/returns/{told['id']}/decision", json={"accepted": False}, headers=finance)
    assert again_.status_code == 409
    work_off(store)
    assert given_back(sandbox) == [6_000]
    spoilt = {"reason": "spoilt", "lines": pieces(order, 1)}
    assert post(client, f"/orders/{order.id}/returns", shopper.headers, 201, **spoilt)["status"] == "accepted"


def test_an_order_tells_what_the_refusals_would(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    order, packer = buy(shopper, sandbox), staff(store)

    def told(headers: dict[str, str]) -> tuple[Any, ...]:
        answer = client.get(f"/api/v1/orders/{order.id}", headers=headers).json()
        return answer["allowed_moves"], answer["can_cancel"], answer["report_until"]

    assert told(shopper.headers) == ([], True, None)
    pack(order)
    assert told(shopper.headers)[1:] == (False, None)
    assert told(packer) == (["cancelled", "delivered", "out_for_delivery"], True, None)
    post(client, "/order-moves", packer, order_ids=[str(order.id)], to="out_for_delivery")
    post(client, "/order-moves", packer, order_ids=[str(order.id)], to="delivered")
    moves, can_cancel, until = told(packer)
    assert (moves, can_cancel) == ([], False)
    refused = client.post(f"/api/v1/orders/{order.id}/cancellation", json={}, headers=shopper.headers)
    assert refused.json()["code"] == "order_not_cancellable"
    with uow() as session:
        shipment = orders.shipments(session, order.id)[0]
        assert shipment.delivered_at is not None
        assert datetime.fromisoformat(until) == shipment.delivered_at + timedelta(days=7)
        shipment.delivered_at = datetime.fromisoformat(until) - timedelta(days=15)
    late = client.post(
        f"/api/v1/orders/{order.id}/returns", json={"reason": "spoilt", "lines": pieces(order, 1)}, headers=shopper.headers
    )
    assert (late.json()["code"], late.json()["until"]) == ("return_too_late", told(shopper.headers)[2].replace("Z", "+00:00"))


def test_when_a_return_and_its_refund_began_is_told_by_the_shops_clock(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    order = buy(shopper, sandbox)
    deliver(order)
    with uow() as session:
        stores.get(session).clock_offset_seconds = timedelta(days=3) // timedelta(seconds=1)
    told = post(
        client, f"/orders/{order.id}/returns", shopper.headers, 201, reason="spoilt", lines=pieces(order, 1), refund_to="wallet"
    )
    (refund,) = client.get(f"/api/v1/orders/{order.id}", headers=shopper.headers).json()["refunds"]
    for began in (told["created_at"], refund["created_at"]):
        assert timedelta(days=2, hours=23) < datetime.fromisoformat(began) - machine_now() < timedelta(days=3)


def test_staff_find_orders_by_what_they_know_of_them(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    paid = buy(shopper, sandbox)
    waiting, _ = place_and_start(next_cart(shopper))
    pack(paid)

    def found(**filters: Any) -> set[UUID]:
        answer = client.get("/api/v1/orders", params=filters, headers=staff(store, "support"))
        assert answer.status_code == 200, answer.text
        return {UUID(item["id"]) for item in answer.json()["items"]}

    assert found(status=["packed", "delivered"]) == {paid.id}
    assert found(payment_status="unpaid") == {waiting.id}
    assert found(search=paid.number[:-1].lower() + paid.number[-1]) == {paid.id}
    assert found(search=(shopper.customer.phone or "")[-8:]) == {paid.id, waiting.id}
    assert found(search="%") == set()
    assert found(group="distributor") == set()
    assert found(placed_from="2020-01-01", placed_to="2020-01-31") == set()
    assert found(placed_from="2020-01-01", placed_to="9999-12-31") == {paid.id, waiting.id}
    assert found(placed_from="0001-01-01", placed_to="9999-12-30") == {paid.id, waiting.id}
    for odd in ({"search": "\0"}, {"payment_method": "\0"}):
        assert client.get("/api/v1/orders", params=odd, headers=shopper.headers).status_code == 422
    numbered = client.get("/api/v1/orders", params={"placed_to": "0"}, headers=staff(store, "support"))
    assert numbered.status_code == 422, "a number is no day"
    mine = client.get("/api/v1/orders", params={"search": "a"}, headers=make_shopper(store).headers)
    assert mine.json()["items"] == []


def test_a_database_that_is_busy_is_no_crash_and_the_same_request_is_good_afterwards(
    client: TestClient, store: Store, shopper: Shopper, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    order, headers = buy(shopper, sandbox), shopper.headers
    path = f"/api/v1/orders/{order.id}/cancellation"

    def hurry(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    event.listen(engine(), "begin", hurry)
    try:
        with unchanged(store), uow() as session:
            orders.get_locked(session, order.id)
            busy = client.post(path, json={}, headers=headers)
    finally:
        event.remove(engine(), "begin", hurry)
    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (503, "database_busy", "1")
    assert client.post(path, json={}, headers=headers).json()["status"] == "cancelled"
