"""Schedules that the provider keeps, as rows: asked for once, followed forward only, each charge noted once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.core import clock
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.core.work_columns import app_now
from app.core.work_waiting import StillWorking
from app.payments import provider_asking, provider_subscriptions
from app.payments import provider_subscription_queries as queries
from app.payments.errors import NothingRuns, SubscriptionUnknown
from app.payments.provider_asking import Agreement
from app.payments.provider_charge_models import ProviderCharge
from app.payments.provider_plans import Price
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.payments.provider_subscription_rules import FINAL, RANKS, is_news, look_in
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions.provider_visits import look_at
from app.tasks import inbox
from app.tasks.provider_subscriptions import drain_subscriptions
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import Subscriber, days, make_subscriber, set_now, subscribe, today
from tests.unchanged import unchanged
from tests.workers import eventually

WEEKLY = Price("weekly", 1, 30_000, "INR", "Vegetable box")
DECLINED = {"failed": "insufficient_funds"}
UNKNOWN = "bad_gateway_html"  # on a write: it may have taken effect


@dataclass
class Kept:
    """One of them, and what can be done with it from here."""

    who: Subscriber
    id: UUID

    @property
    def store(self) -> Store:
        return self.who.store

    def row(self) -> ProviderSubscription:
        with unit_of_work(self.store.id) as session:
            return queries.get(session, self.id)

    def look(self) -> str:
        """Whatever it waits for."""
        with unit_of_work(self.store.id) as session:
            for model in (ProviderPlan, ProviderSubscription):
                waits = col(model.work_status).in_(("queued", "unknown", "done"))
                due = update(model).where(waits).values(next_attempt_at=app_now())
                session.execute(due, execution_options={"synchronize_session": False})
        return look_at(self.store.id, self.id)

    def want(self, wish: Any) -> ProviderSubscription:
        with unit_of_work(self.store.id) as session:
            return provider_subscriptions.want(session, self.row().subscription_id, wish, self.who.actor, "a test")

    def charges(self) -> list[ProviderCharge]:
        with unit_of_work(self.store.id) as session:
            return list(queries.charges(session, self.id))

    @property
    def theirs(self) -> str:
        return str(self.row().provider_subscription_id)


def ask(who: Subscriber, price: Price = WEEKLY, *, subscription_id: UUID | None = None, start_in: int | None = None) -> Kept:
    subscription_id = subscription_id or subscribe(who, today(who.store) + days(7)).id
    with unit_of_work(who.store.id) as session:
        now = clock.now(stores.get(session))
        start_at = now.replace(microsecond=0) + timedelta(days=start_in) if start_in else None
        terms = Agreement(price, total_count=4, start_at=start_at)
        row = provider_asking.ask(session, subscription_id, who.customer.id, terms, now=now, actor=who.actor)
    return Kept(who, row.id)


@pytest.fixture
def who(store: Store, sandbox: Sandbox) -> Subscriber:
    sandbox.clock(offset_seconds=0)
    return make_subscriber(store)


def running(who: Subscriber, sandbox: Sandbox) -> Kept:
    kept = ask(who)
    assert kept.look() == "created"
    sandbox.approve_subscription(kept.theirs)
    assert kept.look() == "active"
    return kept


def to_edge(kept: Kept, sandbox: Sandbox, more: timedelta = timedelta()) -> datetime:
    at = kept.row().current_end
    assert at is not None
    set_now(kept.store, at + more, sandbox)
    return at


def test_it_only_goes_where_the_provider_goes() -> None:
    """Forward; among those that live, anywhere; from an end, nowhere. What counts fewer payments is older."""
    for present, told in product(RANKS, RANKS):
        assert is_news(present, 1, told, 1) == (present not in FINAL and RANKS[told] >= RANKS[present])
        assert not is_news(present, 2, told, 1)


def test_it_looks_when_a_charge_is_due_and_at_least_once_a_day() -> None:
    now = datetime.fromisoformat("2026-12-02T00:00:00+00:00")
    assert look_in("active", now + timedelta(hours=2), now) == 2 * 3600 + 300
    assert look_in("active", now + timedelta(days=9), now) == 24 * 3600
    assert look_in("active", now - timedelta(hours=2), now) == 300
    assert look_in("pending", now, now) == 6 * 3600


def test_two_of_one_price_share_a_plan(who: Subscriber, sandbox: Sandbox) -> None:
    first, second = ask(who), ask(who, start_in=3)
    assert (first.look(), second.look()) == ("created", "created")
    row = first.row()
    assert (row.work_status, row.short_url, row.paid_count) == ("queued", f"{sandbox.url}/s/{row.provider_subscription_id}", 0)
    assert row.plan_id == second.row().plan_id
    assert len(sandbox.calls("plans.create")) == 1
    assert first.theirs != second.theirs
    other = ask(who, Price("weekly", 2, 30_000, "INR", "Vegetable box"))
    assert other.look() == "created"
    assert other.row().plan_id != row.plan_id


def test_there_is_one_that_lives_of_a_subscription(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    with unchanged(who.store), pytest.raises(IntegrityError):
        ask(who, subscription_id=kept.row().subscription_id)
    kept.look()
    kept.want("cancel")
    assert kept.look() == "cancelled"
    assert ask(who, subscription_id=kept.row().subscription_id).look() == "created"
    with unit_of_work(who.store.id) as session:
        newest = queries.of_subscription(session, kept.row().subscription_id)
        assert newest is not None
        assert newest.id != kept.id


@pytest.mark.parametrize("operation", ["plans.create", "subscriptions.create"])
@pytest.mark.parametrize("took_effect", [True, False])
def test_ac44_what_may_have_been_made_is_looked_for_before_there_is_a_second(
    who: Subscriber, sandbox: Sandbox, operation: str, took_effect: bool
) -> None:
    kept = ask(who)
    sandbox.fault(operation, UNKNOWN, after_effect=took_effect)
    assert kept.look() == "asked"
    assert kept.look() == "created"
    assert len(sandbox.calls(operation)) == (1 if took_effect else 2)
    assert [one["id"] for one in sandbox.subscriptions()] == [kept.theirs]


def test_ac02_a_look_up_that_cannot_be_made_sends_nothing(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    sandbox.fault("subscriptions.create", UNKNOWN, after_effect=True)
    sandbox.fault("subscriptions.list", "rate_limited", times=2)
    assert [kept.look() for _ in range(3)] == ["asked"] * 3
    assert kept.row().work_status == "unknown"
    assert kept.look() == "created"
    assert len(sandbox.subscriptions()) == 1


def test_what_the_provider_refuses_is_in_sight_with_its_cause(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    sandbox.fault("subscriptions.create", "rejected", code="bad_thing")
    assert kept.look() == "refused"
    assert (kept.row().work_status, kept.row().failure_reason) == ("dead", "bad_thing")
    no_plan = ask(who, Price("weekly", 3, 50_000, "INR", "Box"))
    sandbox.fault("plans.create", "rejected")
    assert no_plan.look() == "refused"
    assert (no_plan.row().work_status, no_plan.row().failure_reason) == ("dead", "plan_refused")


def test_each_cycle_is_noted_once_whatever_tells_of_it_and_however_often(
    who: Subscriber, sandbox: Sandbox, live_api: str
) -> None:
    kept = ask(who)
    kept.look()
    sandbox.webhooks("send", duplicate=2, shuffle=True)
    sandbox.approve_subscription(kept.theirs)

    def is_told(charges: int) -> bool:
        inbox.drain(str(who.store.id))
        drain_subscriptions(str(who.store.id))
        return sandbox.quiet() and kept.row().status == "active" and len(kept.charges()) == charges

    eventually(lambda: is_told(1))
    to_edge(kept, sandbox)
    eventually(lambda: is_told(2))
    assert kept.look() == "active"
    row = kept.row()
    assert row.paid_count == 2
    charges = kept.charges()
    captured = [entry["payment_id"] for entry in sandbox.ledger()["captures"]]
    assert [charge.provider_payment_id for charge in charges] == captured
    assert [charge.status for charge in charges] == ["surplus"] * 2, "no delivery of this subscription is paid so"
    assert (charges[1].billing_start, charges[1].billing_end) == (row.current_start, row.current_end)
    assert charges[0].billing_end == charges[1].billing_start


def test_with_every_webhook_lost_a_look_finds_the_charge(who: Subscriber, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    kept = running(who, sandbox)
    to_edge(kept, sandbox)
    assert kept.look() == "active"
    assert len(kept.charges()) == 2


def test_it_follows_through_pending_and_halted_and_back(who: Subscriber, sandbox: Sandbox) -> None:
    kept = running(who, sandbox)
    sandbox.charges(kept.theirs, *[DECLINED] * 4)
    at = to_edge(kept, sandbox)
    assert kept.look() == "pending"
    set_now(who.store, at + days(3), sandbox)
    assert kept.look() == "halted"
    assert len(kept.charges()) == 1
    sandbox.change_card(kept.theirs)
    assert kept.look() == "active"
    assert len(kept.charges()) == 1, "what was left while halted is never charged"


def test_wishes_are_carried_out_once_and_leave_a_trace(who: Subscriber, sandbox: Sandbox) -> None:
    kept = running(who, sandbox)
    for wish, status in (("pause", "paused"), ("resume", "active"), ("cancel_at_cycle_end", "active")):
        assert kept.want(wish).wish == wish
        assert kept.look() == status
        assert (kept.row().wish, kept.row().failure_reason) == (None, None)
    assert kept.row().ends_with_cycle
    kept.look()
    assert len(sandbox.calls("subscriptions.cancel")) == 1
    to_edge(kept, sandbox)
    assert kept.look() == "cancelled"
    with unchanged(who.store), pytest.raises(NothingRuns):
        kept.want("pause")


@pytest.mark.parametrize("after_effect", [True, False])
def test_ac44_a_wish_of_unknown_outcome_is_looked_at_first(who: Subscriber, sandbox: Sandbox, after_effect: bool) -> None:
    kept = running(who, sandbox)
    kept.want("cancel")
    sandbox.fault("subscriptions.cancel", UNKNOWN, after_effect=after_effect)
    kept.look()
    assert kept.row().work_status == "unknown"
    assert kept.look() == "cancelled"
    assert len(sandbox.calls("subscriptions.cancel")) == (1 if after_effect else 2)


def test_what_is_withdrawn_before_it_was_asked_for_is_never_made(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    kept.want("cancel")
    assert kept.look() == "refused"
    assert (kept.row().work_status, sandbox.calls("subscriptions.create")) == ("done", [])
    late = ask(who)
    sandbox.fault("subscriptions.create", UNKNOWN, after_effect=True)
    late.look()
    late.want("cancel")
    assert late.look() == "created", "it may exist: found first"
    assert late.look() == "cancelled"


def test_a_pause_of_one_that_has_not_begun_is_not_passed_on(who: Subscriber, sandbox: Sandbox) -> None:
    """The provider would end it."""
    kept = ask(who, start_in=5)
    kept.look()
    sandbox.approve_subscription(kept.theirs)
    kept.want("pause")
    assert kept.look() == "authenticated"
    assert (kept.row().failure_reason, sandbox.calls("subscriptions.pause")) == ("not_paused_while_authenticated", [])


def test_a_pause_at_the_bank_is_seen_and_cannot_be_lifted_from_here(who: Subscriber, sandbox: Sandbox) -> None:
    kept = running(who, sandbox)
    sandbox.subscription_at_bank(kept.theirs, "pause")
    assert kept.look() == "paused"
    kept.want("resume")
    assert kept.look() == "paused"
    assert kept.row().wish is None
    assert kept.row().failure_reason


def test_nobody_speaks_of_what_we_do_not_know_and_nobody_waits_for_a_lock(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    with unchanged(who.store), pytest.raises(SubscriptionUnknown), unit_of_work(who.store.id) as session:
        provider_subscriptions.hear(session, "sub_AAAAAAAAAAAAAA")
    with unit_of_work(who.store.id) as session:
        session.exec(select(ProviderSubscription).where(ProviderSubscription.id == kept.id).with_for_update()).one()
        with pytest.raises(StillWorking):
            kept.want("cancel")
    with unit_of_work(who.store.id) as session, pytest.raises(NothingRuns):
        provider_subscriptions.want(session, new_id(), "cancel", who.actor, "a test")


def test_of_many_who_look_at_once_one_asks(who: Subscriber, sandbox: Sandbox) -> None:
    kept = ask(who)
    race(4, lambda _: look_at(who.store.id, kept.id))
    kept.look()
    assert (len(sandbox.calls("subscriptions.create")), len(sandbox.calls("plans.create"))) == (1, 1)
