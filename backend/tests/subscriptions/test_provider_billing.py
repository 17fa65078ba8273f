"""A subscription that the payment provider bills: its deliveries are planned by us, charged by it, and paid once."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from app.catalog.models import Price
from app.checkout import placing, renewing
from app.checkout.errors import BilledByProvider
from app.checkout.writing import Sale
from app.core import clock
from app.core.errors import Refusal
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.core.work_columns import app_now
from app.insight import explain_subscription
from app.notifications.models import Message
from app.orders.models import Order
from app.payments import provider_subscription_queries as agreements
from app.payments.mandate_models import Debit
from app.payments.models import Capture, PaymentAttempt
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_subscription_models import ProviderSubscription
from app.stock.models import StockLevel
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import beginning, calendars, changing, ending, provider_agreeing, viewing
from app.subscriptions.beginning import Wish
from app.subscriptions.coming import Item
from app.subscriptions.errors import NotBegunAtProvider, ProviderCannotKeep, StartTooSoon, StillApproved
from app.subscriptions.models import Holiday, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.provider_rhythm import LEAD_DAYS
from app.subscriptions.provider_visits import look_at
from app.subscriptions.rules import Rule
from app.tasks import inbox
from app.tasks.provider_subscriptions import drain_subscriptions
from app.wallets import holding as wallets
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    WEEKLY,
    Subscriber,
    bill,
    cycles,
    days,
    local,
    make_subscriber,
    orders,
    reload,
    rows,
    set_now,
    today,
)
from tests.unchanged import unchanged
from tests.workers import eventually

STORY = ("provider_subscription.authenticated", "provider_subscription.charged", "provider_charge.booked")
DECLINED = {"failed": "insufficient_funds"}


@dataclass
class Box:
    """Her weekly box, and what the provider keeps of it."""

    who: Subscriber
    sandbox: Sandbox
    subscription: Subscription
    first_on: date

    @property
    def store(self) -> Store:
        return self.who.store

    @property
    def status(self) -> str:
        return reload(self.store, self.subscription).status

    def agreement(self) -> ProviderSubscription:
        with unit_of_work(self.store.id) as session:
            found = agreements.of_subscription(session, self.subscription.id)
            assert found is not None
            return found

    @property
    def theirs(self) -> str:
        return str(self.agreement().provider_subscription_id)

    def look(self) -> str:
        """Whatever it waits for."""
        with unit_of_work(self.store.id) as session:
            waits = col(ProviderSubscription.work_status).in_(("queued", "unknown", "done"))
            due = update(ProviderSubscription).where(waits).values(next_attempt_at=app_now())
            session.execute(due, execution_options={"synchronize_session": False})
        return look_at(self.store.id, self.agreement().id)

    def approved(self) -> "Box":
        assert self.look() == "created"
        self.sandbox.approve_subscription(self.theirs)
        assert self.look() == "authenticated"
        return self

    def plan(self, week: int = 0) -> Order:
        """The billing run before that delivery's charge."""
        day = self.first_on + days(7 * week)
        set_now(self.store, local(day - days(LEAD_DAYS + 1), 18), self.sandbox)
        assert bill(self.store)["created"] == 1
        return orders(self.store)[-1]

    def charge(self, week: int = 0, later: timedelta = timedelta(minutes=10)) -> str:
        day = self.first_on + days(7 * week)
        set_now(self.store, local(day - days(LEAD_DAYS), 0) + later, self.sandbox)
        return self.look()

    def captured(self) -> list[int]:
        return [entry["amount"] for entry in self.sandbox.ledger()["captures"]]

    def balance(self) -> int:
        with unit_of_work(self.store.id) as session:
            return wallets.available(session, self.who.customer.id)

    def change(self, verb: Any, *arguments: Any) -> None:
        with unit_of_work(self.store.id) as session:
            at = calendar(session)
            verb(session, self.subscription.id, self.who.customer.id, *arguments, actor=self.who.actor, calendar=at)


def calendar(session: Any) -> Calendar:
    store = stores.get(session)
    return Calendar.of(store, clock.now(store))


def start(who: Subscriber, sandbox: Sandbox, starts_on: date, rule: dict[str, Any] | None = None, **more: Any) -> Box:
    with unit_of_work(who.store.id) as session:
        wish = Wish([Item(who.variant_id, 2, more.pop("by_weekday", {}))], Rule.of(rule or WEEKLY), starts_on, who.address_id,
                    "provider", **more)  # fmt: skip
        at = calendar(session)
        begun = beginning.start(session, wish, customer_id=who.customer.id, actor=who.actor, calendar=at)
    return Box(who, sandbox, begun.subscription, starts_on)


@pytest.fixture
def who(store: Store, sandbox: Sandbox) -> Subscriber:
    sandbox.clock(offset_seconds=0)
    sandbox.webhooks("drop")
    return make_subscriber(store)


@pytest.fixture
def box(who: Subscriber, sandbox: Sandbox) -> Box:
    return start(who, sandbox, today(who.store) + days(10))


def test_it_is_approved_planned_charged_by_the_provider_and_paid_before_its_day(box: Box) -> None:
    assert (box.status, box.subscription.billing_owner) == ("awaiting_mandate", "provider")
    assert box.look() == "created"
    assert bill(box.store)["created"] == 0
    box.sandbox.approve_subscription(box.theirs)
    assert box.look() == "authenticated"
    live = reload(box.store, box.subscription)
    assert (live.status, live.next_on) == ("active", box.first_on)
    with unit_of_work(box.store.id) as session:
        at = calendar(session)
        (coming, *_) = calendars.upcoming(session, [viewing.view(session, live, today=at.today)], at)
    assert (coming.delivers_on, coming.charge_at) == (box.first_on, local(box.first_on - days(LEAD_DAYS), 0))
    order = box.plan()
    assert (order.status, order.payment_status, order.payment_method) == ("pending_payment", "unpaid", "provider")
    assert rows(box.store, PaymentAttempt) == [], "nothing of ours is to be paid"
    assert box.charge() == "active"
    paid = orders(box.store)[0]
    assert (paid.status, paid.payment_status) == ("confirmed", "paid")
    assert box.captured() == [paid.total_amount]
    (charge,) = rows(box.store, ProviderCharge)
    assert (charge.status, charge.cycle_id) == ("booked", cycles(box.store)[0].id)
    with unit_of_work(box.store.id) as session:
        story = [fact.what for fact in explain_subscription.subscription(session, live).facts]
    for told in STORY:
        assert any(told in fact for fact in story), (told, story)
    box.plan(1)
    assert box.charge(1) == "active"
    assert [one.payment_status for one in orders(box.store)] == ["paid", "paid"]
    assert (len(rows(box.store, Capture)), box.balance()) == (2, 0)


def test_ac05_four_events_in_any_order_and_twice_are_one_payment(box: Box, live_api: str) -> None:
    box.approved().plan()
    box.sandbox.webhooks("send", duplicate=1, shuffle=True)
    set_now(box.store, local(box.first_on - days(LEAD_DAYS), 0, 10), box.sandbox)
    race(4, lambda _: look_at(box.store.id, box.agreement().id))

    def is_told() -> bool:
        inbox.drain(str(box.store.id))
        drain_subscriptions(str(box.store.id))
        return box.sandbox.quiet() and orders(box.store)[0].payment_status == "paid"

    eventually(is_told)
    box.look()
    inbox.drain(str(box.store.id))
    assert len(rows(box.store, Capture)) == len(box.captured()) == 1
    assert [message.template for message in rows(box.store, Message)].count("order_confirmation") == 2, "by mail and SMS"


def test_ac04_a_subscription_that_the_provider_bills_is_charged_by_nobody_else(box: Box) -> None:
    order = box.approved().plan()
    with unchanged(box.store), pytest.raises(BilledByProvider), unit_of_work(box.store.id) as session:
        placing.attempt_of(session, order, box.who.actor)
    basket = SimpleNamespace(total_amount=order.total_amount, lines=[])
    renewal = renewing.Renewal(
        new_id(), cast(Sale, SimpleNamespace(payment_method="provider", basket=basket)), order.expires_at
    )
    assert not renewal.is_to_be_paid
    with unchanged(box.store), pytest.raises(BilledByProvider), unit_of_work(box.store.id) as session:
        renewing._begin_payments(session, [(renewal, order)], box.who.actor, "a mistake")
    box.charge()
    with unit_of_work(box.store.id) as session:
        attempt = session.exec(select(PaymentAttempt)).one()
        payment_id, attempt_id = attempt.payment_id, attempt.id
    assert payment_id
    debit = Debit(store_id=box.store.id, attempt_id=attempt_id, mandate_id=new_id(), try_number=1, amount=order.total_amount,
                  currency="INR")  # fmt: skip
    with unchanged(box.store), pytest.raises(DBAPIError, match="would charge it twice"), unit_of_work(box.store.id) as session:
        session.add(debit)
        session.flush()
    with unchanged(box.store), pytest.raises(DBAPIError, match="one_billing_owner"), unit_of_work(box.store.id) as session:
        session.execute(update(Subscription).values(billing_owner="rozana"))


def test_a_charge_that_fails_stops_planning_and_the_provider_asks_for_another_card(box: Box) -> None:
    box.approved().plan()
    box.sandbox.charges(box.theirs, DECLINED)
    assert box.charge() == "pending"
    stopped = reload(box.store, box.subscription)
    assert (stopped.status, stopped.next_on) == ("action_needed", None)
    assert orders(box.store)[0].status == "pending_payment"
    told = [message for message in rows(box.store, Message) if message.template == "notice"]
    assert told
    assert all(box.agreement().short_url in message.context["body"] for message in told)
    assert box.charge(later=days(1) + timedelta(minutes=10)) == "active"
    assert (box.status, orders(box.store)[0].payment_status) == ("active", "paid")
    assert reload(box.store, box.subscription).next_on == box.first_on + days(7)


def test_ac12_what_was_missed_while_halted_is_never_charged(box: Box) -> None:
    box.approved().plan()
    box.sandbox.charges(box.theirs, *[DECLINED] * 4)
    for days_later in range(4):
        box.charge(later=days(days_later) + timedelta(minutes=10))
    assert (box.agreement().status, box.status) == ("halted", "action_needed")
    assert box.charge(1) == "halted"
    box.sandbox.change_card(box.theirs)
    assert box.look() == "active"
    assert box.captured() == []
    live = reload(box.store, box.subscription)
    assert (live.status, live.next_on) == ("active", box.first_on + days(14)), "the rhythm is the old one"


def test_a_charge_for_what_does_not_come_is_in_the_wallet(box: Box) -> None:
    """Nothing on the shelf: the provider charges all the same."""
    box.approved()
    with unit_of_work(box.store.id) as session:
        session.execute(update(StockLevel).values(on_hand=0))
    set_now(box.store, local(box.first_on - days(LEAD_DAYS + 1), 18), box.sandbox)
    assert bill(box.store)["skipped"] == 1
    assert box.charge() == "active"
    assert [charge.status for charge in rows(box.store, ProviderCharge)] == ["surplus"]
    assert [box.balance()] == box.captured()
    box.look()
    assert [box.balance()] == box.captured()


@pytest.mark.parametrize(("change", "payment_status"), [(-5_00, "paid"), (5_00, "unpaid")])
def test_a_price_that_changed_is_settled_by_the_wallet(box: Box, change: int, payment_status: str) -> None:
    """The provider charges what was agreed. Too much: the rest stays the customer's. Too little: she is asked."""
    box.approved()
    with unit_of_work(box.store.id) as session:
        session.execute(update(Price).values(amount=col(Price.amount) + change, mrp_amount=col(Price.mrp_amount) + 5_00))
    order = box.plan()
    assert box.charge() == "active"
    assert orders(box.store)[0].payment_status == payment_status
    paid = order.total_amount if payment_status == "paid" else 0
    assert box.captured() == [box.balance() + paid]
    asked = [message for message in rows(box.store, Message) if message.template == "payment_due"]
    assert bool(asked) == (payment_status == "unpaid")
    assert [charge.status for charge in rows(box.store, ProviderCharge)] == ["surplus"]


def test_it_waits_for_a_delivery_that_is_planned_late(box: Box) -> None:
    box.approved()
    assert box.charge() == "active"
    assert [charge.status for charge in rows(box.store, ProviderCharge)] == ["waiting"]
    assert bill(box.store)["created"] == 1
    box.look()
    assert orders(box.store)[0].payment_status == "paid"


def test_pause_resume_and_end_are_passed_on(box: Box) -> None:
    box.approved()
    with unchanged(box.store), pytest.raises(NotBegunAtProvider):
        box.change(changing.pause, None)
    box.plan()
    box.charge()
    box.change(changing.pause, None)
    assert (box.look(), box.status) == ("paused", "paused")
    assert box.charge(1) == "paused"
    assert len(box.captured()) == 1
    box.change(changing.resume)
    assert (box.look(), box.status) == ("active", "active")
    box.change(ending.cancel, "moved away")
    assert (box.look(), box.status) == ("cancelled", "cancelled")
    assert box.agreement().work_status == "done"


def test_a_pause_at_the_bank_needs_its_customer(box: Box) -> None:
    box.approved().plan()
    box.charge()
    box.sandbox.subscription_at_bank(box.theirs, "pause")
    assert (box.look(), box.status) == ("paused", "action_needed")
    box.sandbox.subscription_at_bank(box.theirs, "resume")
    assert (box.look(), box.status) == ("active", "active")


def test_one_that_nobody_approved_in_time_is_asked_for_anew(box: Box) -> None:
    assert box.look() == "created"
    set_now(box.store, local(box.first_on - days(LEAD_DAYS), 1), box.sandbox)
    assert (box.look(), box.status) == ("expired", "awaiting_mandate")
    with unit_of_work(box.store.id) as session:
        subscription = reload(box.store, box.subscription)
        assert provider_agreeing.to_approve(session, subscription) is None
        at = calendar(session)
        provider_agreeing.agree(session, subscription, 50_000, calendar=at, actor=box.who.actor)
    assert box.look() == "created"
    with unit_of_work(box.store.id) as session:
        box.sandbox.approve_subscription(box.theirs)
    box.look()
    with unit_of_work(box.store.id) as session, pytest.raises(StillApproved):
        provider_agreeing.to_approve(session, reload(box.store, box.subscription))


@pytest.mark.parametrize(
    ("starts_in", "rule", "more", "refusal"),
    [
        (20, {"kind": "daily"}, {}, ProviderCannotKeep),
        (20, WEEKLY, {"by_weekday": {"sun": 3}}, ProviderCannotKeep),
        (3, WEEKLY, {}, StartTooSoon),
    ],
)
def test_what_it_cannot_keep_is_refused(
    who: Subscriber, sandbox: Sandbox, starts_in: int, rule: dict[str, Any], more: dict[str, Any], refusal: type[Refusal]
) -> None:
    with unchanged(who.store), pytest.raises(refusal):
        start(who, sandbox, today(who.store) + days(starts_in), rule, **more)


def test_one_with_an_end_that_skipped_a_day_asks_for_the_rest(who: Subscriber, sandbox: Sandbox) -> None:
    """Three deliveries were agreed and three charges; one of these was for a day that was left out."""
    box = start(who, sandbox, today(who.store) + days(10), ends_after=2).approved()
    assert box.agreement().total_count == 2
    with unit_of_work(box.store.id) as session:
        session.add(Holiday(store_id=box.store.id, closed_on=box.first_on, name="Diwali"))
    set_now(box.store, local(box.first_on - days(LEAD_DAYS + 1), 18), sandbox)
    assert bill(box.store)["skipped"] == 1
    box.charge()
    box.plan(1)
    assert box.charge(1) == "completed"
    assert [charge.status for charge in rows(box.store, ProviderCharge)] == ["surplus", "booked"]
    assert box.status == "action_needed", "one more delivery was agreed than is charged"
