"""What follows a delivery that its mandate does not pay: on which days it is tried again, and what ends it (AC-11, AC-12)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.checkout.dunning_models import Dunning
from app.checkout.dunning_rules import DEFAULTS, RETRIED, Terms, class_of
from app.core.work import unit_of_work
from app.core.work_waiting import bring_forward
from app.notifications.models import Message
from app.payments.debit_reasons import FINAL_REASONS
from app.payments.mandate_models import Debit
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import changing, ending, wishing
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.tasks import dunning_steps, payments
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    INDIA,
    Subscriber,
    approve,
    attempts_of_orders,
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

LOW = {"failed": "insufficient_funds"}


class Debtor:
    """A weekly delivery by mandate, whose bank does not pay. The store gives credit, so that there is time to ask again."""

    def __init__(self, store: Store, sandbox: Sandbox, *outcomes: Any, credit_amount: int = 10_000_00) -> None:
        self.store, self.sandbox = store, sandbox
        configure(store, credit_amount=credit_amount)
        sandbox.mandates(debit_seconds=600, outcomes=list(outcomes))
        self.who: Subscriber = make_subscriber(store)
        self.friday = today(store) + days(7)
        self.subscription: Subscription = approve(self.who, subscribe(self.who, self.friday, method="upi"), sandbox)

    @property
    def dunning(self) -> Dunning:
        newest: Dunning = rows(self.store, Dunning)[-1]
        return newest

    @property
    def sent(self) -> int:
        return len(self.sandbox.calls("payments.create_recurring"))

    def go_to(self, at: datetime) -> None:
        set_now(self.store, at, self.sandbox)
        work_off(self.store)
        dunning_steps.step_due(self.store.id)
        work_off(self.store)
        payments.expire_due(self.store.id)

    def answer(self, at: datetime) -> None:
        """The bank has decided on whatever was sent until then."""
        count = len(debits(self.store))
        self.go_to(at)
        set_now(self.store, at + timedelta(minutes=11), self.sandbox)

        def is_decided() -> bool:
            settle_events(self.store)
            return all(debit.decided_at for debit in debits(self.store)) and len(debits(self.store)) >= count

        eventually(is_decided)

    def default_on(self, friday: Any) -> None:
        """Its delivery is planned, and all four tries of its debit fail."""
        self.go_to(local(friday - days(4), 6))
        bill(self.store)
        work_off(self.store)
        eventually(lambda: is_notified(self.store))
        while (due := attempts_of_orders(self.store)[-1].debit_at) is not None:
            self.answer(due)


def configure(store: Store, **settings: Any) -> None:
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.settings = {**row.settings, "subscriptions": {**row.settings.get("subscriptions", {}), **settings}}
        session.add(row)


def calendar(store: Store) -> Calendar:
    from app.core import clock

    with unit_of_work(store.id) as session:
        return Calendar.of(stores.get(session), clock.now(stores.get(session)))


def test_ac11_attempts_land_on_exactly_the_configured_days(store: Store, sandbox: Sandbox, live_api: str) -> None:
    debtor = Debtor(store, sandbox, *[LOW] * 12)
    debtor.default_on(debtor.friday)
    assert (debtor.dunning.failure_class, debtor.dunning.status, debtor.sent) == ("low_balance", "open", 4)
    failed_on = debtor.dunning.failed_at.astimezone(INDIA).date()
    while (step_at := debtor.dunning.next_at) is not None:
        debit_at = attempts_of_orders(store)[-1].debit_at
        debtor.answer(min(step_at, debit_at or step_at))
    tried = [debit.decided_at.astimezone(INDIA) for debit in debits(store)[4:] if debit.decided_at]
    wanted = [step.after_days for step in DEFAULTS["low_balance"] if step.action == "retry"]
    assert [(at.date() - failed_on).days for at in tried] == wanted
    assert {at.hour for at in tried} == {6}
    assert (debtor.dunning.status, debtor.dunning.retries) == ("given_up", 3)
    (order, *_) = orders(store)
    assert (order.status, order.payment_status) == ("confirmed", "unpaid"), "it went out on credit, and is still owed"
    assert len({message.event_key for message in rows(store, Message) if message.template == "payment_due"}) == 3


@pytest.mark.parametrize("how", ["cancel", "pause", "skip"])
def test_ac11_cancel_pause_and_skip_void_what_is_planned_and_nothing_is_called(
    store: Store, sandbox: Sandbox, live_api: str, how: str
) -> None:
    debtor = Debtor(store, sandbox, *[LOW] * 9)
    debtor.go_to(local(debtor.friday - days(4), 6))
    bill(store)
    work_off(store)
    eventually(lambda: is_notified(store))
    debtor.answer(local(debtor.friday - days(2), 6))
    assert debtor.sent == 1
    at, who = calendar(store), debtor.who
    with unit_of_work(store.id) as session:
        given: Any = {"actor": who.actor, "calendar": at}
        if how == "cancel":
            change = ending.cancel(session, debtor.subscription.id, who.customer.id, "", **given)
        elif how == "pause":
            change = changing.pause(session, debtor.subscription.id, who.customer.id, None, **given)
        else:
            change = wishing.skip(session, debtor.subscription.id, who.customer.id, debtor.friday, **given)
    assert [one.outcome for one in change.open_orders] == ["cancelled"]
    calls = len(sandbox.calls("orders.create")), debtor.sent
    for hours in (7, 60, 100):
        debtor.go_to(local(debtor.friday - days(2), 6) + timedelta(hours=hours))
    assert (len(sandbox.calls("orders.create")), debtor.sent) == calls
    assert [order.status for order in orders(store)] == ["cancelled"]


def test_ac11_a_retry_that_is_queued_already_is_void_too(store: Store, sandbox: Sandbox, live_api: str) -> None:
    debtor = Debtor(store, sandbox, *[LOW] * 9)
    debtor.default_on(debtor.friday)
    debtor.go_to(local(debtor.friday, 0, 1))
    set_now(store, local(debtor.friday, 5), sandbox)
    dunning_steps.step_due(store.id)  # the retry of Sunday is a row, and nobody has asked the provider for its notice
    calls = len(sandbox.calls("orders.create"))
    with unit_of_work(store.id) as session:
        changing.pause(session, debtor.subscription.id, None, None, actor=debtor.who.actor, calendar=calendar(store))
    assert debtor.dunning.status == "voided"
    for day in (1, 3):
        debtor.go_to(local(debtor.friday + days(day), 6, 30))
    assert (len(sandbox.calls("orders.create")), debtor.sent) == (calls, 4)


@pytest.mark.parametrize("reason", sorted(FINAL_REASONS))
def test_ac11_what_is_never_retried_has_no_retry_in_its_schedule(reason: str) -> None:
    kind = class_of(reason)
    assert kind not in RETRIED
    assert not [step for step in DEFAULTS[kind] if step.action == "retry"]
    with pytest.raises(ValueError, match="retries"):
        Terms.of({"subscriptions": {"dunning": {kind: [[2, "retry"], [5, "give_up"]]}}})


def test_ac11_a_decline_that_is_final_is_not_retried_and_a_provider_that_is_away_uses_up_no_try(
    store: Store, sandbox: Sandbox, live_api: str
) -> None:
    debtor = Debtor(store, sandbox, {"failed": "debit_instrument_blocked"})
    debtor.go_to(local(debtor.friday - days(4), 6))
    bill(store)
    work_off(store)
    eventually(lambda: is_notified(store))
    sandbox.fault("payments.create_recurring", "bad_gateway_html", times=1)
    debtor.go_to(local(debtor.friday - days(2), 6))
    with unit_of_work(store.id) as session:
        bring_forward(session, Debit, 3600)
    debtor.answer(local(debtor.friday - days(2), 6, 1))
    assert [debit.try_number for debit in debits(store)] == [1]
    sent = debtor.sent
    while (at := debtor.dunning.next_at) is not None:
        debtor.go_to(at)
    assert (debtor.dunning.failure_class, debtor.dunning.retries, debtor.sent) == ("hard_decline", 0, sent)


def test_ac12_after_missed_cycles_a_new_mandate_pays_only_the_current_one(
    store: Store, sandbox: Sandbox, live_api: str
) -> None:
    debtor = Debtor(store, sandbox, *[{"failed": "debit_instrument_blocked"}] * 3)
    configure(store, dunning={"hard_decline": [[1, "link"], [40, "give_up"]]})
    for week in range(3):
        friday = debtor.friday + days(7 * week)
        debtor.go_to(local(friday - days(4), 6))
        bill(store)
        work_off(store)
        eventually(lambda: is_notified(store))
        debtor.answer(local(friday - days(2), 6))
        debtor.go_to(local(friday, 0, 1))
    assert [one.status for one in rows(store, Dunning)] == ["open"] * 3
    assert {order.status for order in orders(store)} == {"confirmed"}
    (token,) = sandbox.tokens()
    sandbox.token(token["id"], "pause")
    eventually(lambda: state(debtor) == "action_needed")
    sandbox.token(token["id"], "resume")
    eventually(lambda: state(debtor) == "active")
    voided = [one for one in rows(store, Dunning) if one.status == "voided"]
    assert len(voided) == 2
    assert {one.closed_reason for one in voided} == {"a new mandate pays only the current delivery"}
    sent = debtor.sent
    work_off(store)
    for hours in (26, 27, 28, 30, 52):
        debtor.answer(local(debtor.friday + days(14), 0, 30) + timedelta(hours=hours))
    assert debtor.sent - sent == 1
    assert [order.payment_status for order in orders(store)] == ["unpaid", "unpaid", "paid"]
    assert debtor.dunning.status == "paid"
    assert len(rows(store, Subscription)) == 1
    assert reload(store, debtor.subscription).next_on == debtor.friday + days(21)
    assert [cycle.delivers_on for cycle in cycles(store)] == [debtor.friday + days(7 * week) for week in range(3)]


def state(debtor: Debtor) -> str:
    work_off(debtor.store)
    return reload(debtor.store, debtor.subscription).status
