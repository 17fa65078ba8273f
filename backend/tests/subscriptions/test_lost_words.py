"""What nobody told us, or told too late: mandates whose events were lost, customers who left, one reminder that breaks."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app.audit.models import AuditEntry
from app.core import clock
from app.core.work import unit_of_work
from app.core.work_waiting import bring_forward
from app.notifications.models import Message
from app.payments.mandate_models import Mandate
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import ending, notifying, reminding
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.tasks import subscriptions
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    cycles,
    days,
    debits,
    is_notified,
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


@pytest.fixture
def asha(store: Store, live_api: str) -> Subscriber:
    return make_subscriber(store)


def test_a_mandate_that_ended_unheard_is_found_before_its_debit_is_due(asha: Subscriber, sandbox: Sandbox) -> None:
    store, friday = asha.store, today(asha.store) + days(7)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    sandbox.webhooks("drop")
    sandbox.token(sandbox.tokens()[0]["id"], "cancel")
    set_now(store, local(friday - days(4), 6), sandbox)
    bill(store)
    work_off(store)
    assert reload(store, subscription).status == "action_needed"
    assert sandbox.calls("payments.create_recurring") == []


def test_a_paused_mandate_that_goes_on_unheard_is_seen_within_the_hour(asha: Subscriber, sandbox: Sandbox) -> None:
    store, friday = asha.store, today(asha.store) + days(20)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], "pause")
    eventually(lambda: status_after_work(asha, subscription) == "action_needed")
    sandbox.webhooks("drop")
    sandbox.token(token["id"], "resume")
    work_off(store)
    assert reload(store, subscription).status == "action_needed"
    with unit_of_work(store.id) as session:
        bring_forward(session, Mandate, 3600)
    work_off(store)
    assert reload(store, subscription).status == "active"
    assert reload(store, subscription).next_on == friday


def test_a_debit_under_way_when_its_customer_leaves_is_the_last(asha: Subscriber, sandbox: Sandbox) -> None:
    store, friday = asha.store, today(asha.store) + days(7)
    sandbox.mandates(debit_seconds=600, outcomes=[{"failed": "insufficient_funds"}] * 4)
    subscription = approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    bill(store)
    work_off(store)
    eventually(lambda: is_notified(store))
    charge_at = cycles(store)[0].charge_at
    assert charge_at is not None
    set_now(store, charge_at, sandbox)
    work_off(store)
    with unit_of_work(store.id) as session:
        at = Calendar.of(stores.get(session), clock.now(stores.get(session)))
        (kept,) = ending.cancel(session, subscription.id, None, "", actor=asha.actor, calendar=at).open_orders
    assert kept.outcome == "kept"
    set_now(store, charge_at + timedelta(hours=1), sandbox)
    eventually(lambda: first_debit(store) == "failed")
    set_now(store, charge_at + timedelta(hours=8), sandbox)
    work_off(store)
    assert len(sandbox.calls("payments.create_recurring")) == 1


def test_a_customer_without_an_e_mail_address_can_be_debited(asha: Subscriber, sandbox: Sandbox) -> None:
    store, friday = asha.store, today(asha.store) + days(7)
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE customers SET email = NULL"))
        session.execute(text("UPDATE stores SET contact_email = 'shop@example.in'"))
    approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    bill(store)
    work_off(store)
    eventually(lambda: is_notified(store))
    charge_at = cycles(store)[0].charge_at
    assert charge_at is not None
    set_now(store, charge_at, sandbox)
    work_off(store)
    assert [debit.status for debit in debits(store)] == ["pending"]
    assert sandbox.calls("payments.create_recurring")[0]["body"]["email"] == "shop@example.in"


def test_a_notice_that_fails_is_told_at_once_and_not_on_the_day_of_the_debit(asha: Subscriber, sandbox: Sandbox) -> None:
    store, friday = asha.store, today(asha.store) + days(7)
    sandbox.mandates(notification="failed")
    approve(asha, subscribe(asha, friday, method="upi"), sandbox)
    set_now(store, local(friday - days(4), 6), sandbox)
    bill(store)
    eventually(lambda: asked_to_pay(store))
    assert sandbox.calls("payments.create_recurring") == []


def test_one_reminder_that_breaks_keeps_nobody_else_waiting(asha: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    store, day = asha.store, today(asha.store) + days(3)
    broken, fine = subscribe(asha, day), subscribe(asha, day)
    set_now(store, local(day - days(1), 18))
    bill(store)
    by_subscription = {cycle.subscription_id: cycle.id for cycle in cycles(store)}
    queue = notifying.renewal_reminder

    def breaks_for_one(session: Session, subscription: Subscription, *more: Any) -> list[Message]:
        if subscription.id == broken.id:
            session.execute(text("SELECT 1 / 0"))
        return queue(session, subscription, *more)

    monkeypatch.setattr(notifying, "renewal_reminder", breaks_for_one)
    for owed in (2, 0):  # the broken one is in sight, and not tried for ever
        with unit_of_work(store.id) as session:
            assert reminding.remind_due(session, clock.now(stores.get(session))) == owed
    told = {one.event_key for one in rows(store, Message) if one.template == "subscription_renewal_reminder"}
    assert told == {f"cycle.reminder:{by_subscription[fine.id]}"}
    failed = [entry.object_id for entry in rows(store, AuditEntry) if entry.action == "cycle.reminder_failed"]
    assert failed == [by_subscription[broken.id]]


def test_a_delivery_that_was_left_out_is_what_a_call_for_it_tells(asha: Subscriber) -> None:
    store, day = asha.store, today(asha.store) + days(3)
    subscription = subscribe(asha, day)
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE variants SET is_active = false"))
    set_now(store, local(day - days(1), 18))
    told = subscriptions.process_single_subscription(str(subscription.id), store_id=str(store.id))
    (cycle,) = cycles(store)
    assert told == {"status": "skipped", "reason": "not_on_sale", "cycle_id": str(cycle.id), "order_id": None}
    assert orders(store) == []


def status_after_work(who: Subscriber, subscription: Subscription) -> str:
    work_off(who.store)
    return reload(who.store, subscription).status


def first_debit(store: Store) -> str:
    settle_events(store)
    return debits(store)[0].status


def asked_to_pay(store: Store) -> bool:
    work_off(store)
    return any(message.template == "payment_due" for message in rows(store, Message))
