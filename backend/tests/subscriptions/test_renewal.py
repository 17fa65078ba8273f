"""The life of one renewal by mandate: planned, announced, debited once, paid before its day."""

from datetime import timedelta

from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    approve,
    bill,
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


def test_a_renewal_is_announced_debited_once_and_paid_before_its_day(store: Store, sandbox: Sandbox, live_api: str) -> None:
    sandbox.clock(offset_seconds=0)
    who = make_subscriber(store)
    friday = today(store) + days(7)
    subscription = subscribe(who, friday, method="upi")
    assert subscription.status == "awaiting_mandate"
    subscription = approve(who, subscription, sandbox)
    assert subscription.status == "active"
    assert subscription.next_on == friday

    set_now(store, local(friday - days(4), 6), sandbox)
    assert bill(store)["created"] == 1
    (cycle,), (order,) = cycles(store), orders(store)
    assert (order.cycle_id, order.status, order.payment_status) == (cycle.id, "pending_payment", "unpaid")
    work_off(store)
    eventually(lambda: is_notified(store))
    assert reload(store, subscription).next_on == friday + days(7)
    assert debits(store) == []

    assert cycle.charge_at is not None
    set_now(store, cycle.charge_at, sandbox)
    work_off(store)
    (debit,) = debits(store)
    assert debit.status == "pending"
    assert orders(store)[0].payment_status == "unpaid"

    set_now(store, cycle.charge_at + timedelta(hours=25), sandbox)
    eventually(lambda: is_paid(store))
    assert debits(store)[0].status == "captured"
    assert [capture["amount"] for capture in sandbox.ledger()["captures"] if capture["amount"] != 100] == [order.total_amount]
    work_off(store)
    assert bill(store)["created"] == 0
    assert len(debits(store)) == 1
