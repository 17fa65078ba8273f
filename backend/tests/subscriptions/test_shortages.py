"""Too little on the shelf: who has been with us longest gets it, the others what the product says, told and priced."""

from uuid import UUID

import pytest

from app.catalog import policies
from app.catalog.models import Product
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.notifications.models import Message
from app.orders.models import OrderLine
from app.stock import service as stock
from app.stores.models import Store
from app.subscriptions import billing
from tests.builders import make_variant
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    cycles,
    days,
    is_notified,
    is_paid,
    local,
    make_subscriber,
    orders,
    rows,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually


def choose(store: Store, who: Subscriber, policy: str, substitute_id: UUID | None = None) -> None:
    with unit_of_work(store.id) as session:
        for product in rows(store, Product):
            known = policies.of_product(session, product.slug)
            if who.variant_id in known.substitutes:
                policies.change(session, product.slug, policy, "skip", {who.variant_id: substitute_id}, actor=SYSTEM)


def told(store: Store, template: str) -> int:
    return len([one for one in rows(store, Message) if one.template == template and one.channel == "email"])


def test_ac29_what_is_scarce_goes_to_who_has_been_with_us_longest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing, "CHUNK", 2)
    first = make_subscriber(store, stock_quantity=5)
    day = today(store) + days(3)
    people = [first, *(make_subscriber(store, variant_id=first.variant_id) for _ in range(4))]
    made = [subscribe(who, day) for who in people]
    late = list(reversed(made))
    with unit_of_work(store.id) as session:
        for hours, one in enumerate(late):  # who comes last in the run came first of all
            row = session.merge(one)
            row.started_at -= days(1) * hours
            session.add(row)
            assert row.plans_at is not None
            row.plans_at += days(0) + (local(day, 1) - local(day, 0)) * -hours
    set_now(store, local(day - days(1), 18))
    bill(store)
    got = {cycle.subscription_id for cycle in cycles(store) if cycle.status == "created"}
    assert got == {one.id for one in made[:2]}
    assert [cycle.reason for cycle in cycles(store) if cycle.status == "skipped"] == ["out_of_stock"] * 3
    assert told(store, "delivery_skipped") == 3


@pytest.mark.parametrize("policy", ["drop_line", "substitute", "backorder"])
def test_ac29_each_policy_has_its_outcome_its_amount_and_its_word(store: Store, policy: str) -> None:
    who = make_subscriber(store, stock_quantity=0)
    day = today(store) + days(3)
    with unit_of_work(store.id) as session:
        other = make_variant(session, stock_quantity=9, amount=7_00).id
    choose(store, who, policy, other if policy == "substitute" else None)
    subscribe(who, day)
    set_now(store, local(day - days(1), 18))
    bill(store)
    if policy == "drop_line":  # nothing is left of it
        assert [(one.status, one.reason) for one in cycles(store)] == [("skipped", "out_of_stock")]
        assert orders(store) == []
    elif policy == "substitute":
        (line,), (order,) = rows(store, OrderLine), orders(store)
        assert (line.variant_id, line.quantity, order.total_amount) == (other, 2, 14_00)
        assert told(store, "delivery_differs") == 1
    else:
        assert cycles(store) == []
        with unit_of_work(store.id) as session:
            stock.receive(session, {who.variant_id: 2}, cause="van", actor=SYSTEM, now=machine_now())
        set_now(store, local(day - days(1), 19, 30))
        bill(store)
        assert [one.status for one in cycles(store)] == ["created"]


def test_ac29_nobody_is_ever_debited_for_what_does_not_come(store: Store, sandbox: Sandbox, live_api: str) -> None:
    sandbox.mandates(debit_seconds=600)
    first = make_subscriber(store, stock_quantity=3)
    second = make_subscriber(store, variant_id=first.variant_id)
    day = today(store) + days(7)
    for who in (first, second):
        approve(who, subscribe(who, day, method="upi"), sandbox)
    set_now(store, local(day - days(4), 7), sandbox)
    bill(store)
    work_off(store)
    eventually(lambda: is_notified(store))
    set_now(store, local(day - days(2), 6, 1), sandbox)
    work_off(store)
    set_now(store, local(day - days(2), 8), sandbox)
    eventually(lambda: is_paid(store))
    (order,), (line,) = orders(store), rows(store, OrderLine)
    assert (order.customer_id, line.quantity) == (first.customer.id, 2)
    assert [one["amount"] for one in sandbox.ledger()["captures"] if one["amount"] > 100] == [order.total_amount]
