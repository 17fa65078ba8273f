"""A shop in the middle of its day: orders in every state, money on every way, and each sum right."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.checkout import confirming
from app.core.actor import provider
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.orders.models import Order
from app.payments.models import PaymentAttempt
from app.providers.razorpay_facts import PaymentFacts
from app.stores.models import Store
from tests.shopping import Shopper, make_shopper, place
from tests.subscribing import make_subscriber, subscribe, today

SHIPPING = {"pricing": {"shipping_amount": 4000, "free_shipping_from_amount": 50000}}


@dataclass(frozen=True)
class Busy:
    """The store and the ids of what stands where its name says."""

    store: Store
    waiting: UUID
    confirmed: UUID
    subscription: UUID


def make_busy(store: Store) -> Busy:
    with unit_of_work(store.id) as session:
        store.settings = SHIPPING
        session.add(store)
    confirmed = placed(store)
    pay(store, *confirmed)
    weekly = subscribe(make_subscriber(store), today(store) + timedelta(days=9))
    return Busy(store, placed(store)[0].id, confirmed[0].id, weekly.id)


def placed(store: Store, quantity: int = 3) -> tuple[Order, PaymentAttempt]:
    """An order with two lines of tax and delivery, which the provider knows, and nobody has paid."""
    shopper: Shopper = make_shopper(store, quantity, rate_bp=1800)
    with unit_of_work(store.id) as session:
        order, attempt = place(session, shopper)
        attempt.provider_order_id, attempt.work_status = f"order_{new_id().hex[:14]}", "done"
        attempt.settled_at, attempt.next_attempt_at = machine_now(), None
        session.add(attempt)
    return order, attempt


def pay(store: Store, order: Order, attempt: PaymentAttempt) -> None:
    """What the provider tells of a payment is applied as if it had been asked."""
    payment_id, amount = f"pay_{new_id().hex[:14]}", order.total_amount
    facts = PaymentFacts(payment_id, attempt.provider_order_id, amount, "INR", "captured", True, "upi", 236, 36, None)
    with unit_of_work(store.id) as session:
        confirming.confirm(session, facts, actor=provider("razorpay"), cause="webhook", now=machine_now())
