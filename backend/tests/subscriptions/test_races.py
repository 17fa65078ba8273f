"""AC-01: whoever bills one delivery, however often and at once: one order, one charge. On real connections."""

from datetime import timedelta
from typing import Any

from app.core.work import unit_of_work
from app.stores.models import Store
from app.tasks import debiting, subscriptions
from app.tasks.looking import open_everywhere
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    approve,
    attempts_of_orders,
    cycles,
    days,
    debits,
    is_notified,
    is_paid,
    local,
    make_subscriber,
    orders,
    reload,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

CALLERS = 22


def test_ac01_twenty_workers_bill_now_and_a_doubled_tick_make_one_order_and_one_capture(
    store: Store, sandbox: Sandbox, live_api: str
) -> None:
    who = make_subscriber(store)
    friday = today(store) + days(7)
    subscription = approve(who, subscribe(who, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)

    def bill(number: int) -> Any:
        if number < 2:  # beat, twice
            return open_everywhere("process-due-subscriptions")
        if number % 2:
            return subscriptions.process_single_subscription(str(subscription.id), store_id=str(store.id))
        return subscriptions.process_due_subscriptions(store_id=str(store.id))

    results = race(CALLERS, bill)
    (cycle,), (order,) = cycles(store), orders(store)
    assert order.cycle_id == cycle.id
    named = [result for result in results if isinstance(result, dict) and "cycle_id" in result]
    assert {result["cycle_id"] for result in named} == {str(cycle.id)}, "a loser is told of the winner's"
    assert {result["order_id"] for result in named} == {str(order.id)}
    assert reload(store, subscription).next_on == friday + days(7)

    work_off(store)
    eventually(lambda: is_notified(store))
    assert cycle.charge_at is not None
    set_now(store, cycle.charge_at, sandbox)
    race(CALLERS, lambda _: debiting.charge_due(store.id))
    (debit,) = debits(store)
    race(CALLERS, lambda _: debiting.send(store.id, debit.id))
    assert len(sandbox.calls("payments.create_recurring")) == 1
    set_now(store, cycle.charge_at + timedelta(hours=25), sandbox)
    eventually(lambda: is_paid(store))
    captured = [
        one for one in sandbox.ledger()["captures"] if one["order_id"] == attempts_of_orders(store)[0].provider_order_id
    ]
    assert [one["amount"] for one in captured] == [order.total_amount]


def test_two_subscriptions_of_a_customer_and_two_runs_make_an_order_each(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(2)
    both = [subscribe(who, day, {"kind": "daily"}) for _ in range(2)]
    set_now(store, local(day - days(1), 18, 1))
    race(8, lambda _: subscriptions.process_due_subscriptions(store_id=str(store.id)))
    assert {cycle.subscription_id for cycle in cycles(store)} == {one.id for one in both}
    assert len(orders(store)) == 2
    with unit_of_work(store.id) as session:
        session.flush()
