"""Orders that were not paid in time: asked about before they are given up."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from app.core.clock import machine_now
from app.orders.models import Order
from app.payments.models import PaymentAttempt
from app.stock.models import StockLevel
from app.stores.models import Store
from app.tasks import payments
from tests.fulfilment import again
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def test_an_order_that_was_not_paid_in_time_expires_and_gives_its_stock_back(
    store: Store, uow: UnitOfWork, sandbox: Sandbox
) -> None:
    order, _ = place_and_start(make_shopper(store))
    expire(uow, order)
    assert payments.expire_due(store.id) == 1
    assert (again(order).status, again(order).cancel_reason) == ("cancelled", "expired")
    with uow() as session:
        assert session.exec(select(StockLevel.reserved)).one() == 0


def expire(uow: UnitOfWork, order: Order) -> None:
    with uow() as session:
        session.add(order)
        order.expires_at = machine_now() - timedelta(seconds=1)


@pytest.mark.parametrize("outcome", ["captured", "authorized"])
def test_ac06_before_it_expires_the_provider_is_asked(store: Store, uow: UnitOfWork, sandbox: Sandbox, outcome: str) -> None:
    sandbox.webhooks("drop")
    order, provider_order = place_and_start(make_shopper(store))
    sandbox.pay(provider_order, outcome)
    expire(uow, order)
    payments.expire_due(store.id)
    assert again(order).status == ("confirmed" if outcome == "captured" else "pending_payment")


def test_a_provider_that_is_away_costs_nobody_an_order(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    order, provider_order = place_and_start(make_shopper(store))
    sandbox.webhooks("drop")
    sandbox.pay(provider_order)
    expire(uow, order)
    sandbox.fault("orders.payments", "bad_gateway_html", times=1)
    payments.expire_due(store.id)
    assert again(order).status == "pending_payment"
    expire(uow, again(order))
    payments.expire_due(store.id)
    assert again(order).status == "confirmed"


def test_an_order_whose_payment_does_not_fit_keeps_no_other_waiting(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    odd, provider_order = place_and_start(make_shopper(store))
    sandbox.pay(provider_order)
    with uow() as session:
        session.exec(select(PaymentAttempt)).one().amount += 1
    other, _ = place_and_start(make_shopper(store))
    for order in (odd, other):
        expire(uow, order)
    assert payments.expire_due(store.id) == 2
    assert (again(odd).status, again(other).status) == ("pending_payment", "cancelled")
