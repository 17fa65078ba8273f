"""Goods leave the shop: every piece is where its order says it is, and costs what was packed of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session, select

from app.checkout import cancelling, fulfilling, moving_many
from app.checkout.cancelling import Why
from app.checkout.errors import PackedWeightMissing
from app.checkout.fulfilling import Carriage, Packed
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.invoices.models import Document
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.errors import MoveNotAllowed, QuantityNotLeft
from app.stock.models import StockLevel
from app.stores.models import Store
from tests.fulfilment import again, buy, deliver, given_back, lines_of, pack, refunds, send
from tests.racing import somebody_waits
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, next_cart, place_and_start, work_off
from tests.unchanged import unchanged
from tests.workers import eventually

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def levels(uow: UnitOfWork) -> tuple[int, int]:
    with uow() as session:
        return tuple(session.exec(select(StockLevel.on_hand, StockLevel.reserved)).one())  # type: ignore[return-value]


def test_an_order_is_packed_sent_and_delivered_with_its_document(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store, 2), sandbox)
    shipment = pack(order)
    assert again(order).status == "packed"
    assert levels(uow) == (8, 0)
    send(shipment)
    assert again(order).status == "out_for_delivery"
    with uow() as session:
        document = session.exec(select(Document)).one()
        assert document.total_amount == order.total_amount
        told = session.exec(select(Message).where(Message.template == "order_shipped")).all()
        assert len(told) == 2
        fulfilling.deliver(session, shipment.id, actor=SYSTEM, now=machine_now())
    assert again(order).status == "delivered"
    assert refunds(store) == []


def test_an_order_goes_out_in_parts_each_with_a_document_and_is_where_its_last_piece_is(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 3), sandbox)
    line = lines_of(order)[0]
    first = pack(order, {line.id: Packed(1)})
    assert again(order).status == "confirmed"
    send(first)
    assert again(order).status == "confirmed"
    second = pack(order)
    assert again(order).status == "packed"
    send(second)
    with uow() as session:
        totals = session.exec(select(Document.total_amount)).all()
        fulfilling.deliver(session, first.id, actor=SYSTEM, now=machine_now())
    assert sum(totals) == order.total_amount
    assert again(order).status == "out_for_delivery"


def test_a_parcel_that_nobody_took_goes_out_again_with_the_papers_it_has(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order = buy(make_shopper(store, 1), sandbox)
    shipment = pack(order)
    send(shipment)
    with uow() as session:
        fulfilling.bring_back(session, shipment.id, "nobody at home", actor=SYSTEM)
    assert again(order).status == "packed"
    send(shipment)
    with uow() as session:
        assert len(session.exec(select(Document)).all()) == 1


def test_lighter_goods_cost_less_and_heavier_ones_no_more(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    weighed: dict[str, Any] = {"sold_by_weight": True, "weight_grams": 1000, "amount": 10_000}
    light, heavy = buy(make_shopper(store, 2, **weighed), sandbox), buy(make_shopper(store, 1, **weighed), sandbox)
    with unchanged(store), pytest.raises(PackedWeightMissing):
        pack(light)
    sent = pack(light, {lines_of(light)[0].id: Packed(2, 1_500)})
    send(sent)
    deliver(heavy, {lines_of(heavy)[0].id: Packed(1, 1_100)})
    work_off(store)
    assert again(light).reduced_amount == 5_000
    assert again(heavy).reduced_amount == 0
    assert given_back(sandbox) == [5_000]
    with uow() as session:
        assert sorted(session.exec(select(Document.total_amount))) == [10_000, 15_000]


def test_less_than_a_rupee_goes_into_the_wallet_for_the_provider_moves_no_such_sums(store: Store, sandbox: Sandbox) -> None:
    order = buy(make_shopper(store, 1, sold_by_weight=True, weight_grams=1000, amount=10_000), sandbox)
    pack(order, {lines_of(order)[0].id: Packed(1, 994)})
    work_off(store)
    assert [(one.amount, one.destination, one.status) for one in refunds(store)] == [(60, "wallet", "processed")]
    assert given_back(sandbox) == []


def test_what_is_not_allowed_says_what_is_and_changes_nothing(store: Store, sandbox: Sandbox) -> None:
    unpaid, _ = place_and_start(make_shopper(store))
    with unchanged(store), pytest.raises(MoveNotAllowed) as refused:
        pack(unpaid)
    assert refused.value.facts["present"] == "pending_payment"
    order = buy(make_shopper(store, 2), sandbox)
    with unchanged(store), pytest.raises(QuantityNotLeft) as short:
        pack(order, {lines_of(order)[0].id: Packed(3)})
    assert short.value.facts["left_quantity"] == 2
    shipment = deliver(order)
    with unchanged(store), pytest.raises(MoveNotAllowed) as done:
        send(shipment)
    assert done.value.facts["allowed"] == []


def test_a_round_and_somebody_who_sends_one_of_its_orders_do_not_wait_for_each_other(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    shopper = make_shopper(store, 1)
    first, second = buy(shopper, sandbox), buy(next_cart(shopper, 1), sandbox)
    pack(first)
    parcel = pack(second)

    def round_() -> list[str]:
        with uow() as session:
            ids = [first.id, second.id]
            return [
                one.code
                for one in moving_many.move_many(session, ids, "out_for_delivery", None, actor=SYSTEM, now=machine_now())
            ]

    with ThreadPoolExecutor(1) as pool, uow() as session:
        orders.get_locked(session, second.id)
        moved = pool.submit(round_)
        eventually(lambda: somebody_waits(session), 10)
        fulfilling.dispatch(
            session, parcel.id, Carriage(), actor=SYSTEM, now=machine_now()
        )  # takes a number, as the round will
        session.commit()
        assert moved.result() == ["", "order_move_not_allowed"]


@pytest.mark.parametrize("second", ["packed", "packed after the first went out", "cancelled"])
def test_goods_of_one_line_weighed_in_two_parcels_cost_what_each_weighs(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, second: str
) -> None:
    order = buy(make_shopper(store, 2, sold_by_weight=True, weight_grams=1000, amount=10_000), sandbox)
    line_id = lines_of(order)[0].id
    parcels = [pack(order, {line_id: Packed(1, 500)})]
    if second == "packed after the first went out":
        send(parcels.pop())
    if second == "cancelled":
        with uow() as session:
            cancelling.cancel_lines(session, order.id, None, {line_id: 1}, Why("staff"), actor=SYSTEM, now=machine_now())
    else:
        parcels.append(pack(order, {line_id: Packed(1, 800)}))
    for parcel in parcels:
        send(parcel)
    with uow() as session:
        charged = list(session.exec(select(Document.total_amount).order_by(Document.id)))  # type: ignore[arg-type]
    assert charged == ([5_000] if second == "cancelled" else [5_000, 8_000])
    assert again(order).owed_amount == sum(charged)
