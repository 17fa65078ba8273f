"""A customer who buys something, step by step, for tests that begin where she has."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.accounts.addresses import AddressFields
from app.accounts.models import Customer
from app.carts import service as carts
from app.checkout import placing
from app.core.actor import Actor
from app.core.celery_app import celery_app
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.core.work_rows import WorkRow
from app.insight.owed import DRAINS
from app.jobs import queries as jobs
from app.orders.models import Order
from app.payments.models import PaymentAttempt
from app.stores.models import Store
from app.tasks import inbox, notifications, payments
from tests.builders import make_customer, make_variant

ADDRESS: AddressFields = {
    "name": "Asha Rao",
    "phone": "+919876543210",
    "line1": "12 Temple Road",
    "line2": "",
    "city": "Bengaluru",
    "state_code": "29",
    "pin": "560001",
}


@dataclass
class Shopper:
    """A signed-in customer with a cart that can be placed."""

    store: Store
    customer: Customer
    address_id: UUID
    cart_id: UUID
    variant_id: UUID
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = Actor("customer", self.customer.id, "customer")

    @property
    def headers(self) -> dict[str, str]:
        """What her app sends: an access token, and a fresh Idempotency-Key."""
        claims = {
            "sub": str(self.customer.id),
            "kind": "customer",
            "role": "",
            "store": str(self.store.id),
            "sid": str(new_id()),
        }
        return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}", "Idempotency-Key": str(new_id())}

    @property
    def checkout(self) -> dict[str, str]:
        return {"cart_id": str(self.cart_id), "address_id": str(self.address_id), "payment_method": "razorpay"}


def make_shopper(store: Store, quantity: int = 2, *, variant_id: UUID | None = None, **variant: Any) -> Shopper:
    """A customer with an address and `quantity` of something in the cart: a new variant of the store, unless one is named."""
    with unit_of_work(store.id) as session:
        customer = make_customer(session, email=f"asha-{new_id().hex}@example.in")
        variant_id = variant_id or make_variant(session, **variant).id
        actor = Actor("customer", customer.id, "customer")
        address = accounts.add_address(session, customer.id, ADDRESS, actor)
        cart, _ = carts.open_cart(session, customer.id, machine_now())
        owner = carts.Owner(customer_id=customer.id)
        carts.set_quantity(session, cart.id, owner, variant_id, quantity, today=machine_now().date(), now=machine_now())
    return Shopper(store, customer, address.id, cart.id, variant_id)


def next_cart(shopper: Shopper, quantity: int = 2) -> Shopper:
    """She comes back for more of the same, once her last cart became an order."""
    with unit_of_work(shopper.store.id) as session:
        cart, _ = carts.open_cart(session, shopper.customer.id, machine_now())
        owner, today = carts.Owner(customer_id=shopper.customer.id), machine_now().date()
        carts.set_quantity(session, cart.id, owner, shopper.variant_id, quantity, today=today, now=machine_now())
    return replace(shopper, cart_id=cart.id)


def place(session: Session, shopper: Shopper) -> tuple[Order, PaymentAttempt]:
    order, attempt = place_by(session, shopper, "razorpay")
    assert attempt is not None
    return order, attempt


def place_by(session: Session, shopper: Shopper, payment_method: str) -> tuple[Order, PaymentAttempt | None]:
    """Her order, to be paid in whatever way she likes."""
    return placing.place(
        session,
        shopper.cart_id,
        shopper.address_id,
        payment_method,
        customer_id=shopper.customer.id,
        actor=shopper.actor,
        now=machine_now(),
    )


def place_and_start(shopper: Shopper) -> tuple[Order, str]:
    """Her order and the provider's order that she can pay."""
    with unit_of_work(shopper.store.id) as session:
        order, attempt = place(session, shopper)
    assert payments.start(shopper.store.id, attempt.id) == "done"
    with unit_of_work(shopper.store.id) as session:
        session.add(attempt)
        session.refresh(attempt)
    return order, attempt.provider_order_id or ""


def work_off(store: Store) -> None:
    """Do in this process whatever is due in the store, as the workers would."""
    steps = {
        "drain_payments": payments.drain,
        "drain_events": inbox.drain,
        "drain_messages": notifications.drain,
        "drain_refunds": payments.drain_refunds,
    }
    for drain in DRAINS.values():
        steps.get(drain, run_slots)(str(store.id))


def run_slots(store_id: str) -> None:
    """The slots that are due: each run goes on with the others of its task."""
    with unit_of_work(UUID(store_id)) as session:
        due = jobs.slots_by_id(session, jobs.longest_due_of_each_task(session, None))
    for slot in due:
        celery_app.tasks[slot.task](store_id=store_id, slot_id=str(slot.id))


def rows(store: Store, model: type[WorkRow]) -> list[Any]:
    from sqlmodel import select

    with unit_of_work(store.id) as session:
        return list(session.exec(select(model)))
