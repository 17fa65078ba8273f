"""The look at the provider's lists: what webhooks lost is known a few minutes later, once, and nothing else changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from app.checkout import catching_up as catching_up_by_list
from app.checkout.applying import apply_payment
from app.checkout.catching_up import catch_up
from app.core import clock
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import unit_of_work
from app.core.work_columns import app_now
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.insight.webhooks import silent_since
from app.jobs import service as jobs
from app.ledger import service as ledger
from app.orders.models import Order
from app.payments import catching_up
from app.payments.models import Capture, Payment
from app.payments.refund_models import Refund
from app.payments.watch_models import ProviderWatch
from app.providers.razorpay_facts import PaymentFacts
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import watching
from app.tasks.inbox import apply_event
from app.tasks.looking import look_everywhere
from app.tasks.watching import drain, look
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, place_and_start, work_off
from tests.unchanged import NO_STATE, unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]
HOUR = timedelta(hours=1)


@pytest.fixture
def shopper(store: Store, sandbox: Sandbox) -> Shopper:
    sandbox.webhooks("drop")  # nobody tells us anything
    with unit_of_work(store.id) as session:
        catching_up.ensure_watch(session)
    return make_shopper(store)


def watch_of(store: Store) -> ProviderWatch:
    with unit_of_work(store.id) as session:
        return session.exec(select(ProviderWatch)).one()


def its_time_has_come(store: Store) -> None:
    with unit_of_work(store.id) as session:
        session.execute(update(ProviderWatch).values(next_attempt_at=app_now()))


def look_now(store: Store) -> str:
    its_time_has_come(store)
    return look(store.id, watch_of(store).id)


def test_ac06_with_every_webhook_and_return_dropped_a_look_pays_the_order(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    order, provider_order_id = place_and_start(shopper)
    paid = sandbox.pay(provider_order_id)
    with uow() as session:
        assert session.exec(select(ProviderEvent)).all() == []
        assert session.get_one(Order, (store.id, order.id)).status == "pending_payment"
    assert look_now(store) == "looked at"
    with uow() as session:
        assert session.get_one(Order, (store.id, order.id)).status == "confirmed"
        capture = session.exec(select(Capture)).one()
        assert (capture.provider_payment_id, capture.amount) == (paid["razorpay_payment_id"], order.total_amount)
        assert ledger.balance(session, "razorpay") == order.total_amount
    watch = watch_of(store)
    assert watch.found == {"payments_seen": 1, "payments_applied": 1}
    assert watch.work_status == "queued"
    wait = (watch.next_attempt_at or clock.machine_now()) - clock.machine_now()
    assert timedelta(0) < wait <= timedelta(seconds=catching_up.LOOK_SECONDS), "twice in ten minutes"


def test_a_second_look_asks_the_provider_and_changes_nothing(store: Store, sandbox: Sandbox, shopper: Shopper) -> None:
    sandbox.pay(place_and_start(shopper)[1])
    look_now(store)
    work_off(store)
    with unchanged(store, besides=NO_STATE | {"provider_watches"}):
        assert look_now(store) == "looked at"
    assert watch_of(store).found == {"payments_seen": 1}
    assert len(sandbox.calls("payments.list")) == 2


def test_what_failed_or_is_somebody_elses_is_passed_over(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    order, provider_order_id = place_and_start(shopper)
    sandbox.pay(provider_order_id, "failed", error_reason="payment_cancelled")
    look_now(store)
    with uow() as session:
        payment = session.exec(select(Payment)).one()
        assert (payment.status, payment.failure_reason) == ("failed", "payment_cancelled")
        assert session.get_one(Order, (store.id, order.id)).status == "pending_payment"
    sandbox.pay(provider_order_id)
    look_now(store)
    with uow() as session:
        assert session.get_one(Order, (store.id, order.id)).status == "confirmed"


def test_ac09_a_refund_made_in_the_dashboard_is_in_the_books_after_a_look(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    order, provider_order_id = place_and_start(shopper)
    payment_id = sandbox.pay(provider_order_id)["razorpay_payment_id"]
    sandbox.refund_at_dashboard(payment_id, 2500)
    for _ in range(2):
        look_now(store)
    with uow() as session:
        refund = session.exec(select(Refund)).one()
        assert (refund.amount, refund.reason, refund.status) == (2500, "made_at_provider", "processed")
        capture = session.exec(select(Capture)).one()
        assert capture.refundable_amount == order.total_amount - 2500
        assert session.get_one(Order, (store.id, order.id)).owed_amount == order.total_amount - 2500
        assert ledger.balance(session, "razorpay") == order.total_amount - 2500


def test_looks_back_fills_and_a_webhook_at_the_same_moment_book_once(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    order, provider_order_id = place_and_start(shopper)
    payment_id = sandbox.pay(provider_order_id)["razorpay_payment_id"]
    sandbox.refund_at_dashboard(payment_id, 2500)
    with uow() as session:
        account = stores.provider_account(session, "razorpay")
        for event in sandbox.events():
            inbox.receive(session, account, event["id"], event["type"], {}, orjson.dumps(event["body"]))
        events = list(session.exec(select(ProviderEvent.id)))
    its_time_has_come(store)
    watch_id, now = watch_of(store).id, clock.machine_now()

    def tell(number: int) -> object:
        if number < len(events):
            return apply_event(store.id, events[number])
        if number == len(events):
            return look(store.id, watch_id)
        caught = catch_up(store.id, account, now - HOUR, now + HOUR, SYSTEM, "back-fill")
        assert caught.refused == []
        return caught

    race(len(events) + 4, tell)
    with uow() as session:
        assert session.get_one(Order, (store.id, order.id)).status == "confirmed"
        assert session.exec(select(Capture.provider_payment_id)).all() == [payment_id]
        assert session.exec(select(Refund.amount)).all() == [2500]
        assert ledger.balance(session, "razorpay") == order.total_amount - 2500


def test_a_pending_refund_of_the_dashboard_is_looked_at_again_once_a_day(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    sandbox.refunds(refund_seconds=10**6)
    payment_id = sandbox.pay(place_and_start(shopper)[1])["razorpay_payment_id"]
    refund = sandbox.refund_at_dashboard(payment_id, 2500)
    look_now(store)
    sandbox.decide_refund(refund["id"], "processed")
    with uow() as session:
        assert session.exec(select(Refund.status)).one() == "pending"
        jobs.ensure_schedules(session, clock.machine_now())
        jobs.open_now(session, "reconcile-settlements", clock.machine_now())
    work_off(store)
    assert watch_of(store).report_wanted_at is not None
    drain(str(store.id))
    watch = watch_of(store)
    assert (watch.report_wanted_at, watch.settled_until is None, watch.found["days"]) == (None, False, 6)
    with uow() as session:
        assert session.exec(select(Refund.status)).one() == "processed"


def test_what_cannot_be_applied_keeps_no_other_waiting_and_no_watch_stays_dead(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (place_and_start(make_shopper(store)) for _ in range(2))
    broken = sandbox.pay(first[1])["razorpay_payment_id"]
    sandbox.pay(second[1])

    def breaks_for_one(session: Session, facts: PaymentFacts, **values: Any) -> tuple[UUID, str]:
        if facts.id == broken:
            raise RuntimeError("a mistake of ours")
        return apply_payment(session, facts, **values)

    monkeypatch.setattr(catching_up_by_list, "apply_payment", breaks_for_one)
    assert look_now(store) == "looked at"
    assert watch_of(store).found == {"payments_seen": 2, "payments_applied": 1, "refused": 1}
    with uow() as session:
        assert session.get_one(Order, (store.id, second[0].id)).status == "confirmed"
        session.execute(update(ProviderWatch).values(work_status="dead", settled_at=app_now(), lost_leases=5))
    look_everywhere()
    watch = watch_of(store)
    assert (watch.work_status, watch.lost_leases, watch.settled_at) == ("queued", 0, None)
    monkeypatch.undo()
    look_now(store)
    with uow() as session:
        assert session.get_one(Order, (store.id, first[0].id)).status == "confirmed"


def test_who_took_too_long_writes_nothing_about_the_look(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.pay(place_and_start(shopper)[1])

    def somebody_else_takes_over(session: Session, facts: PaymentFacts, **values: Any) -> tuple[UUID, str]:
        with unit_of_work(store.id) as another:
            another.execute(update(ProviderWatch).values(lease_token=new_id(), claimed_by="another"))
        return apply_payment(session, facts, **values)

    monkeypatch.setattr(catching_up_by_list, "apply_payment", somebody_else_takes_over)
    for renew_seconds in (-1.0, 3600.0):  # found out on the way, and at the end
        monkeypatch.setattr(watching, "RENEW_SECONDS", renew_seconds)
        with uow() as session:
            session.execute(update(ProviderWatch).values(work_status="queued", lease_token=None, lease_until=None))
        assert look_now(store) == "somebody else has it"
        watch = watch_of(store)
        assert (watch.work_status, watch.claimed_by, watch.read_until) == ("working", "another", None)
        sandbox.pay(place_and_start(make_shopper(store))[1])
    with uow() as session:
        assert len(session.exec(select(Capture)).all()) == 2, "the money it found is in the books all the same"


def test_a_provider_that_is_away_is_asked_again_from_where_it_was(store: Store, sandbox: Sandbox, shopper: Shopper) -> None:
    order, provider_order_id = place_and_start(shopper)
    sandbox.pay(provider_order_id)
    sandbox.fault("payments.list", "bad_gateway_html")
    assert look_now(store).startswith("not looked at")
    watch = watch_of(store)
    assert (watch.work_status, watch.attempts, watch.read_until, watch.found) == ("queued", 0, None, {})
    look_now(store)
    with unit_of_work(store.id) as session:
        assert session.get_one(Order, (store.id, order.id)).status == "confirmed"


def test_a_tick_has_every_store_with_a_payment_account_watched_once(store: Store) -> None:
    for _ in range(2):
        look_everywhere()
    assert watch_of(store).work_status == "queued"
    with unchanged(store):
        drain(str(store.id))  # its time has not come


def test_ac32_no_webhook_for_two_hours_while_the_look_sees_payments(
    store: Store, sandbox: Sandbox, shopper: Shopper, uow: UnitOfWork
) -> None:
    now = clock.machine_now()
    later = now + timedelta(hours=2, minutes=1)
    with uow() as session:
        assert silent_since(session, later) is None, "nobody paid: silence is no wonder"
    sandbox.pay(place_and_start(shopper)[1])
    look_now(store)
    with uow() as session:
        assert silent_since(session, now + timedelta(hours=1)) is None
        since = silent_since(session, later)
        assert since is not None
        assert since >= now
        hear_of_something(session)
    with uow() as session:
        assert silent_since(session, later) is None, "they talk to us again"


def hear_of_something(session: Session) -> None:
    account = stores.provider_account(session, "razorpay")
    assert inbox.receive(session, account, new_id().hex, "payment.downtime.started", {}, b"{}")
