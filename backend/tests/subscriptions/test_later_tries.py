"""A debit is decided by its own payment: what became of an earlier try, or of a payment by hand, tells nothing of it."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.checkout import confirming
from app.core import clock
from app.core.actor import SYSTEM
from app.core.work import unit_of_work
from app.core.work_waiting import bring_forward
from app.payments.mandate_models import Debit
from app.payments.models import Payment
from app.providers import registry
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import ending
from app.subscriptions.changing import Change
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.tasks import debiting
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    approve,
    attempts_of_orders,
    bill,
    days,
    debits,
    is_notified,
    is_paid,
    local,
    make_subscriber,
    orders,
    rows,
    set_now,
    settle_events,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

ELEVEN_MINUTES = timedelta(minutes=11)


@pytest.fixture
def planned(store: Store, sandbox: Sandbox, live_api: str) -> Subscription:
    """A weekly delivery by mandate, announced; the debit is due now, and the bank takes ten minutes over each."""
    sandbox.mandates(debit_seconds=600)
    who, friday = make_subscriber(store), today(store) + days(7)
    subscription = approve(who, subscribe(who, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    assert bill(store)["created"] == 1
    work_off(store)
    eventually(lambda: is_notified(store))
    go_to_debit(store, sandbox)
    return subscription


@pytest.fixture
def failed_once(store: Store, sandbox: Sandbox, planned: Subscription) -> Subscription:
    """The bank refused the first try, and the second is due now."""
    sandbox.mandates(outcomes=[{"failed": "insufficient_funds"}])
    work_off(store)
    bank_decides(store, sandbox)
    eventually(lambda: statuses(store) == ["failed"])
    go_to_debit(store, sandbox)
    return planned


def test_a_second_try_whose_call_was_lost_is_not_taken_for_the_first(
    store: Store, sandbox: Sandbox, failed_once: Subscription
) -> None:
    sandbox.fault("payments.create_recurring", "connection_reset")  # it never arrived
    work_off(store)
    assert [debit.work_status for debit in debits(store)] == ["done", "unknown"]
    wait(store)
    work_off(store)
    assert statuses(store) == ["failed", "pending"], "looked for, not found, and sent"
    bank_decides(store, sandbox)
    eventually(lambda: is_paid(store))
    assert statuses(store) == ["failed", "captured"]


def test_what_became_of_the_first_try_told_again_decides_nothing_about_the_second(
    store: Store, sandbox: Sandbox, failed_once: Subscription
) -> None:
    debiting.charge_due(store.id)
    first, second = debits(store)
    apply_again(store, str(first.provider_payment_id))
    assert statuses(store) == ["failed", "due"]
    assert debits(store)[1].provider_payment_id is None
    assert debiting.send(store.id, second.id) == "pending"


def test_a_payment_by_hand_that_fails_decides_nothing_about_a_debit_on_its_way(
    store: Store, sandbox: Sandbox, planned: Subscription
) -> None:
    debiting.charge_due(store.id)
    sandbox.pay(str(attempts_of_orders(store)[0].provider_order_id), "failed")
    eventually(lambda: statuses(store) and any(payment.status == "failed" for payment in rows(store, Payment)))
    assert statuses(store) == ["due"]


def test_a_debit_decided_on_is_not_sent_when_the_customer_was_quicker(
    store: Store, sandbox: Sandbox, planned: Subscription
) -> None:
    debiting.charge_due(store.id)
    sandbox.pay(str(attempts_of_orders(store)[0].provider_order_id))
    eventually(lambda: is_paid(store))
    (debit,) = debits(store)
    assert debiting.send(store.id, debit.id) == "withdrawn"
    assert debits(store)[0].failure_reason == "paid_by_hand"
    assert sandbox.calls("payments.create_recurring") == []
    assert attempts_of_orders(store)[0].debit_at is None


def test_an_order_whose_debit_somebody_has_in_hand_is_not_cancelled_with_its_subscription(
    store: Store, sandbox: Sandbox, planned: Subscription
) -> None:
    debiting.charge_due(store.id)
    (debit,) = debits(store)
    with unit_of_work(store.id) as holder:  # as a worker that claims it at this moment
        holder.exec(select(Debit).where(Debit.id == debit.id).with_for_update()).one()
        change = cancel(store, planned)
    assert [one.outcome for one in change.open_orders] == ["kept"]
    assert orders(store)[0].status == "pending_payment"
    assert statuses(store) == ["due"]


def test_an_order_whose_debit_was_not_sent_yet_is_cancelled_with_its_subscription(
    store: Store, sandbox: Sandbox, planned: Subscription
) -> None:
    debiting.charge_due(store.id)
    change = cancel(store, planned)
    assert [one.outcome for one in change.open_orders] == ["cancelled"]
    (debit,) = debits(store)
    assert (debit.status, debit.work_status) == ("withdrawn", "done")
    assert debit.decided_at is not None
    assert abs(debit.decided_at - now_of(store)) < timedelta(minutes=1), "in the store's own time"
    assert debiting.send(store.id, debit.id) == "withdrawn"
    assert sandbox.calls("payments.create_recurring") == []


def cancel(store: Store, subscription: Subscription) -> Change:
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        calendar = Calendar.of(row, clock.now(row))
        return ending.cancel(session, subscription.id, None, "moved away", actor=SYSTEM, calendar=calendar)


def apply_again(store: Store, payment_id: str) -> None:
    """The same news once more, as an event that comes late."""
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, "razorpay")
        facts = registry.razorpay(account.secrets).fetch_payment(payment_id)
        confirming.confirm(session, facts, actor=SYSTEM, cause="told again", now=clock.now(stores.get(session)))


def go_to_debit(store: Store, sandbox: Sandbox) -> None:
    due = attempts_of_orders(store)[0].debit_at
    assert due is not None
    set_now(store, due, sandbox)


def bank_decides(store: Store, sandbox: Sandbox) -> None:
    set_now(store, now_of(store) + ELEVEN_MINUTES, sandbox)


def now_of(store: Store) -> datetime:
    with unit_of_work(store.id) as session:
        return clock.now(stores.get(session))


def statuses(store: Store) -> list[str]:
    settle_events(store)
    return [debit.status for debit in debits(store)]


def wait(store: Store) -> None:
    with unit_of_work(store.id) as session:
        bring_forward(session, Debit, 3600)
