"""AC-14: no debit without its notice, never too early, too much, twice, or at the wrong hour; and what follows a failed one."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.catalog.models import Price
from app.core.work import unit_of_work
from app.core.work_waiting import bring_forward
from app.notifications.models import Message
from app.orders.models import Order
from app.payments.debit_rules import off_peak
from app.payments.mandate_models import Debit
from app.payments.models import PaymentAttempt
from app.stores.models import Store
from app.subscriptions.models import Cycle, Subscription
from app.tasks.debiting import look_at_notice
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    attempts_of_orders,
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
    rows,
    set_now,
    settle_events,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

HOUR = timedelta(hours=1)


class Renewal:
    """A weekly delivery by mandate, planned at its time, its notice on its way."""

    def __init__(self, store: Store, sandbox: Sandbox, *, rule: dict[str, object] | None = None, amount: int = 6000) -> None:
        self.store, self.sandbox = store, sandbox
        self.who: Subscriber = make_subscriber(store, amount=amount)
        self.friday = today(store) + days(7)
        self.subscription: Subscription = approve(self.who, subscribe(self.who, self.friday, rule, method="upi"), sandbox)

    def plan(self) -> None:
        set_now(self.store, local(self.friday - days(4), 6), self.sandbox)
        assert bill(self.store)["created"] == 1
        work_off(self.store)

    @property
    def cycle(self) -> Cycle:
        return cycles(self.store)[0]

    @property
    def order(self) -> Order:
        return orders(self.store)[0]

    @property
    def attempt(self) -> PaymentAttempt:
        return attempts_of_orders(self.store)[0]

    @property
    def charge_at(self) -> datetime:
        assert self.cycle.charge_at is not None
        return self.cycle.charge_at

    def go_to(self, at: datetime) -> None:
        set_now(self.store, at, self.sandbox)
        work_off(self.store)

    @property
    def debits_sent(self) -> int:
        return len(self.sandbox.calls("payments.create_recurring"))


@pytest.fixture
def renewal(store: Store, sandbox: Sandbox, live_api: str) -> Renewal:
    return Renewal(store, sandbox)


def test_ac14_without_a_delivered_notice_nothing_is_debited_and_the_customer_is_asked_to_pay(renewal: Renewal) -> None:
    renewal.sandbox.mandates(notification="never")
    renewal.plan()
    for at in (renewal.charge_at, renewal.charge_at + 12 * HOUR, local(renewal.friday, 0, 1)):
        renewal.go_to(at)
    assert renewal.debits_sent == 0
    assert renewal.attempt.debit_at is None
    assert renewal.order.payment_status == "unpaid"
    told = [message for message in messages(renewal.store) if message.template == "payment_due"]
    assert {message.channel for message in told} == {"email", "sms"}


def test_ac14_a_notice_whose_event_was_lost_is_asked_for_and_then_counts(renewal: Renewal) -> None:
    renewal.sandbox.webhooks("drop")
    renewal.plan()
    renewal.go_to(renewal.charge_at)
    look_at_notice(renewal.store.id, renewal.attempt.id)
    assert renewal.attempt.notice_status == "delivered"
    renewal.go_to(renewal.charge_at + HOUR)
    assert renewal.debits_sent == 1


def test_ac14_not_before_24_hours_after_the_notice_nor_in_the_peak(renewal: Renewal) -> None:
    renewal.sandbox.mandates(notification_seconds=36 * 3600)
    renewal.plan()
    set_now(renewal.store, renewal.charge_at - 12 * HOUR, renewal.sandbox)
    eventually(lambda: is_notified(renewal.store))
    delivered_at = renewal.attempt.notice_delivered_at
    assert delivered_at is not None
    renewal.go_to(renewal.charge_at)
    assert renewal.debits_sent == 0, "promised for now, but the notice is 12 hours old"
    due = renewal.attempt.debit_at
    assert due is not None
    assert due >= delivered_at + 24 * HOUR
    assert due == off_peak("upi", due)
    renewal.go_to(due)
    assert renewal.debits_sent == 1
    assert renewal.debits_sent == len(debits(renewal.store))


def test_ac14_none_while_an_earlier_debit_of_the_mandate_is_undecided(store: Store, sandbox: Sandbox, live_api: str) -> None:
    sandbox.mandates(debit_seconds=40 * 3600)
    renewal = Renewal(store, sandbox, rule={"kind": "daily"})
    for days_before in (4, 3):
        set_now(store, local(renewal.friday - days(days_before), 6), sandbox)
        bill(store)
        work_off(store)
        eventually(lambda: is_notified(store))
    first, second = cycles(store)
    assert first.charge_at is not None
    assert second.charge_at is not None
    renewal.go_to(first.charge_at)
    renewal.go_to(second.charge_at)
    assert [debit.status for debit in debits(store)] == ["pending"]
    assert renewal.debits_sent == 1
    set_now(store, first.charge_at + 41 * HOUR, sandbox)
    eventually(lambda: last_debit(store) == "captured")
    work_off(store)
    assert [debit.status for debit in debits(store)] == ["captured", "pending"]


def test_ac14_one_try_and_three_retries_then_the_customer_is_asked(store: Store, sandbox: Sandbox, live_api: str) -> None:
    sandbox.mandates(debit_seconds=600, outcomes=[{"failed": "insufficient_funds"}] * 6)
    renewal = Renewal(store, sandbox)
    renewal.plan()
    eventually(lambda: is_notified(store))
    tried: list[datetime] = []
    while (due := renewal.attempt.debit_at) is not None and len(tried) < 9:
        tried.append(due)
        renewal.go_to(due)
        set_now(store, due + timedelta(minutes=11), sandbox)
        eventually(lambda: last_debit(store) == "failed")
    assert len(tried) == 4
    assert [debit.try_number for debit in debits(store)] == [1, 2, 3, 4]
    assert renewal.debits_sent == 4
    assert all(at == off_peak("upi", at) for at in tried)
    assert renewal.order.payment_status == "unpaid"
    assert {message.channel for message in messages(store) if message.template == "payment_due"} == {"email", "sms"}
    assert reload(store, renewal.subscription).status == "active"


def test_ac14_a_mandate_paused_at_the_bank_is_no_decline_and_stops_everything(renewal: Renewal) -> None:
    renewal.plan()
    eventually(lambda: is_notified(renewal.store))
    (token,) = renewal.sandbox.tokens()
    renewal.sandbox.token(token["id"], "pause")
    eventually(lambda: state_after_work(renewal) == "action_needed")
    renewal.go_to(renewal.charge_at)
    assert renewal.debits_sent == 0
    assert renewal.attempt.debit_at is None
    assert reload(renewal.store, renewal.subscription).plans_at is None


def test_ac14_above_the_mandates_limit_the_customer_pays_by_hand(renewal: Renewal) -> None:
    raise_price(renewal, 9_000_00)
    set_now(renewal.store, local(renewal.friday - days(4), 6), renewal.sandbox)
    assert bill(renewal.store)["created"] == 1
    work_off(renewal.store)
    assert attempts_of_orders(renewal.store) == []
    assert renewal.cycle.charge_at is None
    assert [message.template for message in messages(renewal.store) if message.template == "payment_due"]
    renewal.go_to(local(renewal.friday - days(1), 6))
    assert renewal.debits_sent == 0


@pytest.mark.parametrize("fault", ["timeout_after_effect", "connection_reset", "bad_gateway_html"])
def test_a_debit_whose_answer_is_lost_is_looked_up_and_never_sent_twice(renewal: Renewal, fault: str) -> None:
    renewal.plan()
    eventually(lambda: is_notified(renewal.store))
    renewal.sandbox.fault("payments.create_recurring", fault, after_effect=True, seconds=30)
    set_now(renewal.store, renewal.charge_at, renewal.sandbox)
    work_off(renewal.store)
    (debit,) = debits(renewal.store)
    assert debit.work_status == "unknown"
    wait(renewal.store, 3600)
    work_off(renewal.store)
    assert debits(renewal.store)[0].status == "pending"
    assert renewal.debits_sent == 1
    set_now(renewal.store, renewal.charge_at + 25 * HOUR, renewal.sandbox)
    eventually(lambda: is_paid(renewal.store))


def test_webhooks_lost_a_pending_debit_is_looked_at_until_it_is_paid(renewal: Renewal) -> None:
    renewal.plan()
    eventually(lambda: is_notified(renewal.store))
    renewal.go_to(renewal.charge_at)
    renewal.sandbox.webhooks("drop")
    set_now(renewal.store, renewal.charge_at + 25 * HOUR, renewal.sandbox)
    wait(renewal.store, 3600)
    work_off(renewal.store)
    assert debits(renewal.store)[0].status == "captured"
    assert renewal.order.payment_status == "paid"


def test_a_customer_who_pays_by_hand_first_is_not_debited(renewal: Renewal) -> None:
    renewal.plan()
    eventually(lambda: is_notified(renewal.store))
    renewal.sandbox.pay(str(renewal.attempt.provider_order_id))
    eventually(lambda: is_paid(renewal.store))
    renewal.go_to(renewal.charge_at)
    assert debits(renewal.store) == []
    assert renewal.debits_sent == 0


def messages(store: Store) -> list[Message]:
    return rows(store, Message)


def last_debit(store: Store) -> str:
    """The status of the newest debit, as far as the provider's events have told."""
    settle_events(store)
    return debits(store)[-1].status


def state_after_work(renewal: Renewal) -> str:
    work_off(renewal.store)
    return reload(renewal.store, renewal.subscription).status


def raise_price(renewal: Renewal, amount: int) -> None:
    with unit_of_work(renewal.store.id) as session:
        price = session.exec(select(Price).where(Price.variant_id == renewal.who.variant_id)).one()
        price.amount = price.mrp_amount = amount
        session.add(price)


def wait(store: Store, seconds: int) -> None:
    with unit_of_work(store.id) as session:
        bring_forward(session, Debit, seconds)
