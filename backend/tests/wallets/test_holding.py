"""What coming deliveries hold of a wallet nobody else spends; they themselves do, singly and many at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.orders.models import Order
from app.payments.models import Capture
from app.stores.models import Store
from app.wallets import holding, spending
from app.wallets.errors import WalletBalanceTooLow
from app.wallets.holding import Wish
from app.wallets.models import WalletHold
from app.wallets.spending import Spending
from tests.builders import make_order
from tests.racing import race
from tests.shopping import make_shopper, place_by
from tests.subscribing import make_subscriber, subscribe, today
from tests.unchanged import unchanged
from tests.wallets.money import balance, fill, wallets_add_up

UnitOfWork = Callable[[], AbstractContextManager[Session]]
UNTIL, TOTAL = date(2026, 12, 31), 12000


def subscription_of(store: Store, customer_id: UUID | None = None) -> tuple[UUID, UUID]:
    """A subscription, and the customer whose it is."""
    who = make_subscriber(store)
    return subscribe(who, today(store) + timedelta(days=9)).id, who.customer.id


def held(session: Session) -> list[int]:
    return sorted(session.exec(select(WalletHold.amount)).all())


def test_what_a_subscription_holds_is_shown_and_not_spent_by_others(client: TestClient, store: Store, uow: UnitOfWork) -> None:
    who = make_subscriber(store)
    holder_id, customer_id = subscribe(who, today(store) + timedelta(days=9)).id, who.customer.id
    with uow() as session:
        holding.hold(session, customer_id, holder_id, 30000, UNTIL, actor=SYSTEM, cause="planned")
        assert holding.available(session, customer_id) == 0  # more is wished for than there is
    fill(store, customer_id, 40000)
    with unchanged(store), uow() as session:
        holding.hold(session, customer_id, holder_id, 30000, UNTIL, actor=SYSTEM, cause="planned again")
    told = client.get("/api/v1/wallet", headers=who.headers).json()
    assert [told[what]["amount"] for what in ("balance", "held", "available")] == [40000, 30000, 10000]
    with unchanged(store), pytest.raises(WalletBalanceTooLow) as refused, uow() as session:
        spending.require(session, customer_id, 10001, "INR")
    assert refused.value.facts | {"currency": "INR"} == {
        "available_amount": 10000,
        "total_amount": 10001,
        "currency": "INR",
    }
    with uow() as session:
        assert holding.available(session, customer_id, holder_id) == 40000
        spending.require(session, customer_id, 40000, "INR", holder_id)
        for _ in range(2):
            holding.release(session, holder_id, actor=SYSTEM, cause="cancelled")
        assert (held(session), holding.available(session, customer_id)) == ([], 40000)
        told_amounts = select(AuditEntry.changes).where(AuditEntry.action == "wallet.held").order_by(text("id"))
        assert [entry["held_amount"] for entry in session.exec(told_amounts)] == [[0, 30000], [30000, 0]]


def test_a_checkout_and_a_hold_at_once_never_both_have_the_same_rupee(store: Store, uow: UnitOfWork) -> None:
    holder_id, _ = subscription_of(store)
    shopper = make_shopper(store, stock_quantity=50)
    fill(store, shopper.customer.id, TOTAL + 500)

    def act(number: int) -> str:
        try:
            with uow() as session:
                if number:
                    holding.hold(session, shopper.customer.id, holder_id, 1000, UNTIL, actor=SYSTEM, cause="planned")
                    return "held"
                return place_by(session, shopper, "wallet")[0].status
        except WalletBalanceTooLow as refused:
            return str(refused.facts["available_amount"])

    assert race(2, act) in (["confirmed", "held"], [str(TOTAL - 500), "held"])
    with uow() as session:
        assert holding.available(session, shopper.customer.id) == (0 if balance(store, shopper.customer.id) == 500 else 11500)
    wallets_add_up(store)


def order_of(session: Session, customer_id: UUID, amount: int) -> Order:
    order = make_order(session, customer_id=customer_id, subtotal_amount=amount, total_amount=amount, tax_amount=0)
    session.flush()
    return order


def test_many_orders_are_paid_first_come_first_served_in_as_many_statements_as_a_few(store: Store, uow: UnitOfWork) -> None:
    (first, one), (second, other) = subscription_of(store), subscription_of(store)
    fill(store, one, 10000)
    fill(store, other, 5000)
    with uow() as session:
        wishes = {first: Wish(one, 6000, UNTIL), second: Wish(other, 9000, UNTIL)}
        holding.hold_many(session, wishes, actor=SYSTEM, cause="planned")
        asked = [(one, 6000, first), (one, 4500, None), (other, 5000, second), (one, 4000, None), (other, 1, second)]
        orders = [order_of(session, customer_id, amount) for customer_id, amount, _ in asked]
        spendings = [
            Spending(customer_id, order.id, amount, f"order {order.number}", holder_id)
            for order, (customer_id, amount, holder_id) in zip(orders, asked, strict=True)
        ]
        captures = spending.spend_many(session, spendings, "INR", actor=SYSTEM, now=machine_now())
        assert [order.id in captures for order in orders] == [True, False, True, True, False]
        assert held(session) == [4000]
        assert spending.spend_many(session, spendings[:1], "INR", actor=SYSTEM, now=machine_now()) == {}
        assert len(session.exec(select(Capture)).all()) == 3
    assert (balance(store, one), balance(store, other)) == (0, 0)
    wallets_add_up(store)
    assert statements(store, uow, 12) <= statements(store, uow, 3)


def statements(store: Store, uow: UnitOfWork, count: int) -> int:
    """How many it takes to hold for, and pay, so many orders of as many customers."""
    people = [subscription_of(store) for _ in range(count)]
    for _, customer_id in people:
        fill(store, customer_id, 1000)
    with uow() as session:
        orders = [order_of(session, customer_id, 1000) for _, customer_id in people]
        spendings = [Spending(order.customer_id, order.id, 1000, "x") for order in orders]
        seen = list[str]()
        listen = (session.connection(), "before_cursor_execute", lambda *told: seen.append(told[2]))
        event.listen(*listen)
        for amount in (500, 0):
            wishes = {holder_id: Wish(customer_id, amount, UNTIL) for holder_id, customer_id in people}
            holding.hold_many(session, wishes, actor=SYSTEM, cause="planned")
        assert len(spending.spend_many(session, spendings, "INR", actor=SYSTEM, now=machine_now())) == count
        event.remove(*listen)
    return len(seen)


def test_many_and_single_payments_at_once_do_not_wait_in_a_ring(store: Store, uow: UnitOfWork) -> None:
    people = [subscription_of(store)[1] for _ in range(4)]
    for customer_id in people:
        fill(store, customer_id, 2000)

    def act(number: int) -> int:
        with uow() as session:
            mine = people if number % 2 else people[::-1]
            orders = [order_of(session, customer_id, 1000) for customer_id in mine]
            spendings = [Spending(order.customer_id, order.id, 1000, "x") for order in orders]
            return len(spending.spend_many(session, spendings, "INR", actor=SYSTEM, now=machine_now()))

    assert sum(race(4, act)) == 8
    assert [balance(store, customer_id) for customer_id in people] == [0] * 4
    wallets_add_up(store)
