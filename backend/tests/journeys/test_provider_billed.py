"""Weeks of a subscription that the payment provider bills, played through the real queue beside the sandbox's own clock."""

import pytest

from app.payments.models import Capture
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_models import ProviderSubscription
from app.stores.models import Store
from tests.moving import Clock
from tests.sandbox_control import Sandbox
from tests.subscribing import attempts_of_orders, cycles, days, debits, local, make_subscriber, orders, reload, rows, today
from tests.subscriptions.test_provider_billing import start
from tests.workers import Worker, eventually


@pytest.mark.proof
def test_ac45_each_week_is_charged_once_by_the_provider_and_never_by_us(
    store: Store, sandbox: Sandbox, live_api: str, worker: Worker
) -> None:
    """The second week's charge is declined twice and goes through on the second day after."""
    sandbox.clock(offset_seconds=0)
    who = make_subscriber(store)
    first = today(store) + days(10)
    box = start(who, sandbox, first)
    eventually(lambda: rows(store, ProviderSubscription)[0].status == "created", 60)
    sandbox.approve_subscription(box.theirs)
    eventually(lambda: reload(store, box.subscription).status == "active", 60)
    clock = Clock(store, live_api)
    clock.advance(local(first, 12))
    assert [one.payment_status for one in orders(store)] == ["paid"]
    sandbox.charges(box.theirs, {"failed": "insufficient_funds"}, {"failed": "card_declined"})
    clock.advance(local(first + days(21), 12))

    assert [one.delivers_on for one in cycles(store)] == [first + days(7 * week) for week in range(4)]
    assert {one.payment_status for one in orders(store)} == {"paid"}
    captured = [entry["amount"] for entry in sandbox.ledger()["captures"]]
    assert captured == [one.total_amount for one in orders(store)]
    assert len(rows(store, Capture)) == len(captured)
    assert {one.status for one in rows(store, ProviderCharge)} == {"booked"}
    assert (debits(store), attempts_of_orders(store)) == ([], [])
