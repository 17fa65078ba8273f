"""From a cart to an order that waits for its payment: prices and stock are settled here, in one transaction.

The order exists, its lines frozen and its stock reserved, before the provider is told anything: whatever happens to the
browser, the call or this process afterwards, the money that may arrive has somewhere to go.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.accounts import service as accounts
from app.accounts.models import Address
from app.audit.service import record
from app.carts import service as carts
from app.carts import viewing
from app.carts.errors import CartClosed
from app.carts.rules import CartProblem
from app.carts.viewing import CartView
from app.checkout import paying
from app.checkout.errors import BilledByProvider, CartNotReady, CheckoutClosed
from app.checkout.renewing import BILLED_THERE
from app.checkout.writing import Sale, freeze_address, new_lines, new_order
from app.core.actor import Actor
from app.core.db import insert_now
from app.orders import queries as orders
from app.orders.models import Order
from app.orders.rules import order_number
from app.payments import queries as payments
from app.payments import starting
from app.payments.models import PaymentAttempt
from app.stock import service as stock
from app.stores import service as stores

PAY_WITHIN = timedelta(minutes=30)  # stock is held that long for somebody at a payment page; banks answer within ten


def place(
    session: Session, cart_id: UUID, address_id: UUID, payment_method: str, *, customer_id: UUID, actor: Actor, now: datetime
) -> tuple[Order, PaymentAttempt | None]:
    """The order of this cart and its payment attempt, made now or found: a cart becomes one order, however often it is asked.

    No attempt: there is nothing to pay at the provider. Locks the cart, then stock (by variant id), the wallet if it pays, then
    the number series. CartNotReady (with problems), AddressNotFound, CartNotFound for somebody else's, CartClosed
    for one that was merged or expired, CheckoutClosed when its order is no longer to be paid; and as `paying.require` refuses.
    """
    paying.lock_payer(session, customer_id, payment_method)
    try:
        cart = carts.lock_for_checkout(session, cart_id, customer_id)
    except CartClosed:
        if order := orders.of_cart(session, cart_id, customer_id):
            return _placed_before(session, order, payment_method, actor, now)
        raise
    address = accounts.get_address(session, address_id, customer_id)
    store = stores.get(session)
    today = now.astimezone(ZoneInfo(store.zone)).date()
    view = viewing.view(session, cart, today=today, delivery_state_code=address.state_code, lock_stock=True)
    if not view.can_checkout:
        raise CartNotReady(problems=[_facts_of(problem) for problem in view.problems])
    paying.require(session, payment_method, customer_id, view.basket.total_amount, view.currency)
    sale = _sale(view, address, payment_method, customer_id)
    if payment_method == "razorpay":
        stores.provider_account(session, "razorpay")  # read now: from the number on, others wait
    number = order_number(store.order_prefix, today.year, stores.take_number(session, f"orders:{today.year}"))
    order = new_order(store.id, sale, number, placed_at=now, expires_at=now + PAY_WITHIN, cart_id=cart.id)
    insert_now(session, order, *new_lines(order, sale))
    record(session, actor, "order.placed", order, {"status": [None, order.status]}, cause=f"checkout of cart {cart.id}")
    stock.reserve_locked(session, order.id, view.quantities, order.expires_at, now, actor)
    carts.convert(session, cart, order.id, actor)
    if payment_method == "razorpay":
        return order, starting.begin(session, order.id, order.total_amount, order.currency, actor, is_new=True)
    paying.settle(session, order, actor, now)
    return order, None


def _placed_before(
    session: Session, order: Order, payment_method: str, actor: Actor, now: datetime
) -> tuple[Order, PaymentAttempt | None]:
    """The customer comes back to an order that waits for its payment, perhaps to pay it in another way."""
    if payment_method == "razorpay":
        return order, attempt_of(session, order, actor)
    order = orders.get_locked(session, order.id)
    if order.status != "pending_payment":
        raise CheckoutClosed(order_id=str(order.id), order_status=order.status)
    paying.switch(session, order, payment_method, actor, now)
    return order, None


def attempt_of(session: Session, order: Order, actor: Actor) -> PaymentAttempt:
    """The attempt of an order that is placed already; a new one where the provider refused the last. Locks the order."""
    order = orders.get_locked(session, order.id)
    if not order.can_be_paid:
        raise CheckoutClosed(order_id=str(order.id), order_status=order.status)
    if order.payment_method == BILLED_THERE:
        raise BilledByProvider(order_id=str(order.id))
    found = payments.latest_attempt_of_order(session, order.id)
    if found is None or found[0].work_status == "dead":
        return starting.begin(session, order.id, order.total_amount, order.currency, actor)
    return found[0]


def notes_of(order: Order) -> dict[str, str]:
    """What the provider's own screens show beside the order's payment."""
    return {"order": str(order.id), "number": order.number}


def _sale(view: CartView, address: Address, payment_method: str, customer_id: UUID) -> Sale:
    goods = {line.variant_id: line.item for line in view.lines if line.item}
    return Sale(customer_id, freeze_address(address), goods, view.basket, view.currency, payment_method)


def _facts_of(problem: CartProblem) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, UUID) else value for name, value in asdict(problem).items() if value is not None
    }
