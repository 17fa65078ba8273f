"""An order that was paid, and what the shop then does with it: for tests of what comes after the payment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import select

from app.checkout import fulfilling
from app.checkout.fulfilling import Carriage, Packed
from app.checkout.returning import Return, confirm_return
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.orders import queries as orders
from app.orders.fulfilment_models import Shipment
from app.orders.models import Order, OrderLine
from app.payments.refund_models import Refund
from app.stores.models import Store
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, place_and_start


def buy(shopper: Shopper, sandbox: Sandbox) -> Order:
    """Her order, paid and confirmed."""
    order, provider_order = place_and_start(shopper)
    back = sandbox.pay(provider_order)
    signed = Return(back["razorpay_order_id"], back["razorpay_payment_id"], back["razorpay_signature"])
    return confirm_return(shopper.store.id, order.id, shopper.customer.id, signed, shopper.actor)


def lines_of(order: Order) -> list[OrderLine]:
    with unit_of_work(order.store_id) as session:
        return orders.lines(session, [order.id])[order.id]


def pack(order: Order, contents: Mapping[UUID, Packed] | None = None) -> Shipment:
    with unit_of_work(order.store_id) as session:
        return fulfilling.pack(session, order.id, contents, actor=SYSTEM, now=machine_now())


def send(shipment: Shipment) -> None:
    with unit_of_work(shipment.store_id) as session:
        fulfilling.dispatch(session, shipment.id, Carriage(), actor=SYSTEM, now=machine_now())


def deliver(order: Order, contents: Mapping[UUID, Packed] | None = None) -> Shipment:
    """Packed, sent and delivered."""
    shipment = pack(order, contents)
    send(shipment)
    with unit_of_work(order.store_id) as session:
        return fulfilling.deliver(session, shipment.id, actor=SYSTEM, now=machine_now())


def again(order: Order) -> Order:
    """As it is now."""
    with unit_of_work(order.store_id) as session:
        return orders.get(session, order.id, None)


def refunds(store: Store) -> list[Refund]:
    with unit_of_work(store.id) as session:
        return list(session.exec(select(Refund).order_by(Refund.id)))  # type: ignore[arg-type]


def given_back(sandbox: Sandbox) -> list[Any]:
    """Amounts by the sandbox's own books."""
    return [entry["amount"] for entry in sandbox.ledger()["refunds"]]
