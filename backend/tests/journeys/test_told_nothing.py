"""The provider tells us nothing for a while; a shop's own clock goes on, and real workers look by themselves."""

from datetime import timedelta

from app.orders.models import Order
from app.payments.models import Capture
from app.payments.settlement_models import SettlementLine
from app.stores.models import Store
from tests.moving import Clock
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.subscribing import rows
from tests.workers import Worker

TEN_MINUTES = timedelta(minutes=10)


def test_ac06_with_every_webhook_and_return_dropped_an_order_is_paid_within_ten_minutes(
    store: Store, sandbox: Sandbox, live_api: str, worker: Worker
) -> None:
    clock = Clock(store, live_api)
    clock.advance(clock.now() + TEN_MINUTES)
    sandbox.webhooks("drop")
    order, provider_order_id = place_and_start(make_shopper(store))
    sandbox.pay(provider_order_id)
    begun = clock.now()
    clock.advance(begun + TEN_MINUTES)
    [paid] = rows(store, Order)
    assert (paid.id, paid.status, paid.payment_status) == (order.id, "confirmed", "paid")
    assert paid.confirmed_at is not None
    assert paid.confirmed_at - begun <= TEN_MINUTES
    assert [capture.amount for capture in rows(store, Capture)] == [order.total_amount]

    sandbox.settle()
    clock.advance(clock.now() + timedelta(days=1))
    [line] = rows(store, SettlementLine)
    assert (line.problem, line.settlement_id is None) == (None, False), "the day's reconciliation has matched it"
