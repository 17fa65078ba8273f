"""A wallet that tops itself up: approved once, announced by the bank, debited at most once a month, and credited once."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.core.actor import SYSTEM
from app.core.work import unit_of_work
from app.insight.checks.frame import find_all
from app.insight.checks.registry import CHECKS
from app.insight.due import next_stop
from app.jobs import service as jobs
from app.ledger import service as ledger
from app.notifications.models import Message
from app.payments.mandate_models import Debit
from app.payments.models import PaymentAttempt
from app.stores.models import Store
from app.tasks import wallets as tasks
from app.wallets import holding, notifying, plan_rules
from app.wallets.models import TopUp
from app.wallets.plan_models import PlannedTopUp, TopUpPlan
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    INDIA,
    Subscriber,
    days,
    debits,
    is_notified,
    make_subscriber,
    rows,
    set_now,
    settle_events,
    subscribe,
    today,
    work_off,
)
from tests.unchanged import unchanged
from tests.wallets.money import balance, fill, wallets_add_up
from tests.workers import eventually

URL, AMOUNT = "/api/v1/wallet/top-up-plan", 200000
HOUR = timedelta(hours=1)


class Saver:
    """Somebody whose wallet is topped up by itself, once she has approved it."""

    def __init__(self, store: Store, sandbox: Sandbox, client: TestClient) -> None:
        self.store, self.sandbox, self.client, self.who = store, sandbox, client, make_subscriber(store)
        fill(store, self.who.customer.id, 10000)

    def put(self, **terms: Any) -> dict[str, Any]:
        answer = self.client.put(URL, json={"amount": AMOUNT, **terms}, headers=self.who.headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def approve(self, told: dict[str, Any], **how: Any) -> None:
        self.sandbox.approve(told["payment"]["provider_order_id"], **how)
        eventually(self._is_decided)

    def _is_decided(self) -> bool:
        work_off(self.store)
        return bool(self.seen["status"] != "awaiting_approval")

    @property
    def seen(self) -> dict[str, Any]:
        told: dict[str, Any] = self.client.get(URL, headers=self.who.headers).json()["plan"]
        return told

    @property
    def balance(self) -> int:
        return balance(self.store, self.who.customer.id)

    @property
    def plan(self) -> TopUpPlan:
        plan: TopUpPlan = rows(self.store, TopUpPlan)[0]
        return plan

    @property
    def attempt(self) -> PaymentAttempt:
        """At the newest planned top-up."""
        with unit_of_work(self.store.id) as session:
            of_plan = select(PaymentAttempt).where(PaymentAttempt.debit_before != None)  # noqa: E711 - SQL
            return session.exec(of_plan.order_by(PaymentAttempt.id)).all()[-1]  # type: ignore[arg-type]

    def tick(self, at: datetime | None = None) -> int:
        if at is not None:
            set_now(self.store, at, self.sandbox)
        count: int = tasks.top_up_wallets(store_id=str(self.store.id))["count"]
        work_off(self.store)
        return count

    def debit(self, status: str) -> None:
        """Its notice arrives, its time comes, and the bank decides."""
        eventually(lambda: is_notified(self.store))
        assert self.attempt.debit_at is not None
        set_now(self.store, self.attempt.debit_at, self.sandbox)
        work_off(self.store)
        eventually(lambda: self._last() == status)

    def _last(self) -> str:
        settle_events(self.store)
        return str(debits(self.store)[-1].status)


@pytest.fixture
def saver(store: Store, sandbox: Sandbox, client: TestClient, live_api: str) -> Saver:
    sandbox.mandates(debit_seconds=0)  # banks that decide at once
    return Saver(store, sandbox, client)


def test_the_next_debit_falls_on_the_day_and_can_be_announced_in_time() -> None:
    def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, zone: str = "Asia/Kolkata") -> datetime:
        return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))

    def first(day: int, after: datetime, zone: str = "Asia/Kolkata") -> datetime:
        return plan_rules.next_charge(day, zone, after).astimezone(ZoneInfo(zone))

    assert first(1, at(2026, 11, 29, 6)) == at(2026, 12, 1, 6)
    assert first(1, at(2026, 11, 29, 6, 1)) == at(2027, 1, 1, 6)
    assert first(28, at(2027, 2, 1)) == at(2027, 2, 28, 6)
    assert first(28, at(2027, 3, 20), "Europe/Berlin") == at(2027, 3, 28, 6, zone="Europe/Berlin")  # the clock changed at 2
    assert plan_rules.month_of(at(2026, 12, 1, 0, 5), "Asia/Kolkata").isoformat() == "2026-12-01"
    assert plan_rules.month_of(at(2026, 12, 1, 0, 5), "UTC").isoformat() == "2026-11-01"
    late = plan_rules.charge_at("upi", at(2026, 12, 1, 6), at(2026, 12, 1, 9))
    assert late.astimezone(INDIA) == at(2026, 12, 2, 13)  # 26 hours later is in the peak
    assert plan_rules.charge_at("card", None, at(2026, 12, 1, 9)) == at(2026, 12, 1, 9) + timedelta(hours=37, minutes=5)


def test_ac14_a_wallet_is_topped_up_once_a_month_on_its_day_and_announced_first(saver: Saver, store: Store) -> None:
    asked = saver.put(day=1)
    assert (asked["plan"]["status"], asked["payment"]["recurring"]) == ("awaiting_approval", True)
    with unchanged(store):
        assert saver.put(day=1) == asked
    assert saver.tick() == 0
    saver.approve(asked)
    assert (saver.seen["status"], saver.seen["bank_limit"]["amount"]) == ("active", 2 * AMOUNT)
    announced_at = saver.plan.next_at
    assert announced_at is not None
    first_on = (announced_at + plan_rules.NOTICE).astimezone(INDIA).date()
    assert (first_on.day, saver.seen["next_on"]) == (1, first_on.isoformat())
    with unit_of_work(store.id) as session:
        jobs.ensure_schedules(session, announced_at - days(1))
        stop = next_stop(session)
    assert stop is not None
    assert ("top-up-wallets" in stop.schedules, stop.at - announced_at < HOUR) == (True, True)
    assert saver.tick(announced_at - HOUR) == 0
    assert saver.tick(announced_at) == 1
    assert saver.tick() == 0
    attempt, charged_at = saver.attempt, announced_at + plan_rules.NOTICE
    assert (attempt.amount, attempt.debit_at, attempt.payment_after) == (AMOUNT, charged_at, charged_at)
    assert attempt.mandate_id == saver.plan.mandate_id
    assert [row.month_on for row in rows(store, PlannedTopUp)] == [first_on]
    set_now(store, charged_at - HOUR, saver.sandbox)
    work_off(store)
    assert debits(store) == []
    saver.debit("captured")
    assert saver.balance == 10000 + AMOUNT
    wallets_add_up(store)
    assert saver.tick() == 0
    assert saver.seen["next_on"] == plan_rules.first_of_next_month(first_on).isoformat()
    with unit_of_work(store.id) as session:
        assert ledger.balance(session, ledger.TOP_UPS) == 0
        assert [found for found in find_all(session, CHECKS, charged_at, "INR") if found.check != "webhooks_silent"] == []
    second = saver.plan.next_at
    assert second is not None
    assert saver.tick(second) == 1
    assert len(rows(store, TopUp)) == len(rows(store, PlannedTopUp)) == 2


def test_a_low_wallet_is_topped_up_when_less_is_available_and_a_failure_is_told_once(saver: Saver, store: Store) -> None:
    saver.approve(saver.put(below_amount=8000))
    assert saver.tick() == 0
    holder = subscribe(saver.who, today(store) + days(9))
    with unit_of_work(store.id) as session:
        until = today(store) + days(9)
        holding.hold(session, saver.who.customer.id, holder.id, 3000, until, actor=SYSTEM, cause="planned")
    saver.sandbox.mandates(outcomes=[{"failed": "mandate_cancelled"}])
    assert race(2, lambda _: int(tasks.top_up_wallets(store_id=str(store.id))["count"])) in ([0, 1], [1, 0])
    work_off(store)
    saver.debit("failed")
    assert saver.balance == 10000
    assert saver.tick() == 0
    told = [message for message in rows(store, Message) if message.template == "top_up_failed"]
    assert [(message.channel, message.context["reason"]) for message in told] == [
        ("email", "the mandate was cancelled"),
        ("sms", "the mandate was cancelled"),
    ]
    assert len(rows(store, TopUp)) == len(rows(store, Debit)) == 1


def test_a_plan_that_ended_is_not_debited_and_begins_anew_with_the_same_mandate(saver: Saver, store: Store) -> None:
    asked = saver.put(below_amount=50000)
    saver.approve(asked)
    assert saver.tick() == 1
    eventually(lambda: is_notified(store))
    for _ in range(2):
        assert saver.client.delete(URL, headers=saver.who.headers).status_code == 204
    assert saver.client.get(URL, headers=saver.who.headers).json() == {"plan": None, "payment": None}
    set_now(store, saver.attempt.created_at + days(3), saver.sandbox)
    work_off(store)
    assert (debits(store), saver.attempt.debit_at, saver.tick()) == ([], None, 0)
    again = saver.put(below_amount=50000, amount=2 * AMOUNT)
    assert (again["plan"]["status"], again["payment"]) == ("active", None)
    month_over = saver.tick()
    assert (month_over, len(rows(store, TopUp))) in ((1, 1), (1, 2))  # this month had its own, unless another has begun
    assert saver.put(below_amount=50000, amount=2 * AMOUNT + 1)["payment"] is not None  # beyond the bank's limit
    assert saver.seen["status"] == "awaiting_approval"


def test_who_has_too_little_for_a_delivery_is_told_once(store: Store) -> None:
    who = make_subscriber(store)
    for available in (4000, 3000):
        with unit_of_work(store.id) as session:
            day = date(2026, 12, 4)
            notifying.wallet_low(session, who.customer.id, available_amount=available, needed_amount=13600, needed_on=day)
    told = rows(store, Message)
    assert [(message.channel, message.context["missing_amount"]) for message in told] == [("email", 9600), ("sms", 9600)]
    assert told[0].context["needed_on"] == "Friday, 4 December"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"day": 1, "below_amount": 100}, "top_up_plan_invalid"),
        ({}, "top_up_plan_invalid"),
        ({"day": 29}, "invalid"),
        ({"day": 1, "amount": 9999}, "invalid"),
    ],
)
def test_terms_that_make_no_sense_are_refused_and_nothing_happened(
    store: Store, client: TestClient, terms: dict[str, int], code: str
) -> None:
    who: Subscriber = make_subscriber(store)
    with unchanged(store):
        answer = client.put(URL, json={"amount": AMOUNT, **terms}, headers=who.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
