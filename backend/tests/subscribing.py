"""A customer who subscribes, her mandate at the sandbox's bank, and time that goes on: what tests of renewals begin with."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.accounts import service as accounts
from app.accounts.models import Customer
from app.core import clock
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.orders.models import Order
from app.payments import mandate_queries
from app.payments.mandate_models import Debit, MandateMethod
from app.payments.models import PaymentAttempt
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import beginning, queries
from app.subscriptions.beginning import Wish
from app.subscriptions.coming import Item
from app.subscriptions.models import Cycle, PaymentMethod, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.rules import Rule
from app.tasks import debiting, inbox, payments, subscriptions
from tests.builders import make_customer, make_variant
from tests.sandbox_control import Sandbox
from tests.shopping import ADDRESS
from tests.workers import eventually

INDIA = ZoneInfo("Asia/Kolkata")
WEEKLY = {"kind": "weekly", "every": 1}


@dataclass
class Subscriber:
    """Somebody who wants milk to come by itself."""

    store: Store
    customer: Customer
    address_id: UUID
    variant_id: UUID
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = Actor("customer", self.customer.id, "customer")

    @property
    def headers(self) -> dict[str, str]:
        """What her app sends: an access token, and a fresh Idempotency-Key."""
        claims = {"sub": str(self.customer.id), "kind": "customer", "role": "", "store": str(self.store.id)}
        token = sign_jwt({**claims, "sid": str(new_id())}, seconds=600)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}

    def wish(self, starts_on: date, rule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The body of POST /subscriptions."""
        return {
            "lines": [{"variant_id": str(self.variant_id), "quantity": 2}],
            "rule": rule or WEEKLY,
            "starts_on": starts_on.isoformat(),
            "address_id": str(self.address_id),
            "payment_method": "cash_on_delivery",
            **more,
        }


def make_subscriber(store: Store, *, stock_quantity: int = 1000, variant_id: UUID | None = None, **variant: Any) -> Subscriber:
    with unit_of_work(store.id) as session:
        customer = make_customer(session, email=f"asha-{new_id().hex}@example.in")
        variant_id = variant_id or make_variant(session, stock_quantity=stock_quantity, **variant).id
        actor = Actor("customer", customer.id, "customer")
        address = accounts.add_address(session, customer.id, ADDRESS, actor)
    return Subscriber(store, customer, address.id, variant_id)


def today(store: Store) -> date:
    with unit_of_work(store.id) as session:
        return clock.today(stores.get(session))


def subscribe(
    who: Subscriber, starts_on: date, rule: dict[str, Any] | None = None, *, method: MandateMethod | None = None
) -> Subscription:
    """By mandate it awaits its approval: see `approve`."""
    with unit_of_work(who.store.id) as session:
        store = stores.get(session)
        paid: PaymentMethod = "mandate" if method else "cash_on_delivery"
        wish = Wish([Item(who.variant_id, 2)], Rule.of(rule or WEEKLY), starts_on, who.address_id, paid, method)
        calendar = Calendar.of(store, clock.now(store))
        return beginning.start(session, wish, customer_id=who.customer.id, actor=who.actor, calendar=calendar).subscription


def approve(who: Subscriber, subscription: Subscription, sandbox: Sandbox, **how: Any) -> Subscription:
    """She approves its mandate at the bank; what the provider tells of it is applied in this process."""
    mandate_id = subscription.mandate_id
    assert mandate_id is not None
    with unit_of_work(who.store.id) as session:
        found = mandate_queries.approval_of(session, mandate_id)
        assert found is not None
    assert payments.start(who.store.id, found[1].id) == "done"
    with unit_of_work(who.store.id) as session:
        found = mandate_queries.approval_of(session, mandate_id)
        assert found is not None
        order_id = found[1].provider_order_id
    sandbox.approve(str(order_id), **how)

    def is_told() -> bool:
        settle_events(who.store)
        return debiting.look_at_mandate(who.store.id, mandate_id) not in ("created", "pending")

    eventually(is_told)
    return reload(who.store, subscription)


def reload(store: Store, subscription: Subscription) -> Subscription:
    with unit_of_work(store.id) as session:
        return queries.get(session, subscription.id, None)


def set_now(store: Store, at: datetime, sandbox: Sandbox | None = None) -> None:
    """Put the store's test clock, and its bank's, forward to an instant. Nothing runs by itself."""
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.clock_offset_seconds = int((at - clock.machine_now()).total_seconds()) + 1
        session.add(row)
    if sandbox is not None:
        sandbox.clock(offset_seconds=row.clock_offset_seconds)


def settle_events(store: Store) -> None:
    inbox.drain(str(store.id))


def is_notified(store: Store) -> bool:
    """Every renewal's notice has reached its customer, as far as the provider's events have told."""
    settle_events(store)
    return all(attempt.notice_status == "delivered" for attempt in attempts_of_orders(store))


def is_paid(store: Store) -> bool:
    """Every order is paid, as far as the provider's events have told."""
    settle_events(store)
    return all(order.payment_status == "paid" for order in orders(store))


def bill(store: Store) -> dict[str, Any]:
    """The documented task, called by hand."""
    result: dict[str, Any] = subscriptions.process_due_subscriptions(store_id=str(store.id))
    return result


def work_off(store: Store) -> None:
    """Whatever is owed in the store, done in this process: provider orders, events, decisions on debits, debits, looks."""
    payments.drain(str(store.id))
    inbox.drain(str(store.id))
    debiting.charge_due(store.id)
    subscriptions.drain_debits(str(store.id))
    subscriptions.drain_mandates(str(store.id))
    inbox.drain(str(store.id))


def rows(store: Store, model: Any) -> list[Any]:
    with unit_of_work(store.id) as session:
        return list(session.exec(select(model).order_by(col(model.id))))


def cycles(store: Store) -> list[Cycle]:
    return sorted(rows(store, Cycle), key=lambda cycle: cycle.delivers_on)


def orders(store: Store) -> list[Order]:
    return rows(store, Order)


def debits(store: Store) -> list[Debit]:
    return rows(store, Debit)


def attempts_of_orders(store: Store) -> list[PaymentAttempt]:
    """Those of renewal orders, not those that approve mandates."""
    return [attempt for attempt in rows(store, PaymentAttempt) if attempt.mandate_id]


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=INDIA)


def days(count: int) -> timedelta:
    return timedelta(days=count)
