"""The billing run: every due delivery gets one outcome, on the store's own date, however late or often it runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app.catalog.models import Variant
from app.core.db import engine
from app.core.work import unit_of_work
from app.jobs.models import Slot
from app.notifications.models import Message
from app.stock.models import Reservation, StockLevel
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import billing, planning
from app.subscriptions.models import Cycle
from app.subscriptions.planning import Calendar
from app.tasks.subscriptions import process_due_subscriptions
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    INDIA,
    approve,
    bill,
    cycles,
    days,
    local,
    make_subscriber,
    orders,
    reload,
    rows,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.workers import eventually

DAILY = {"kind": "daily"}


def test_ac15_after_72_hours_every_missed_delivery_has_an_outcome_and_nobody_pays_for_the_past(
    store: Store, sandbox: Sandbox, live_api: str
) -> None:
    sandbox.mandates(debit_seconds=600)
    who = make_subscriber(store)
    start = today(store) + days(6)
    on_delivery = subscribe(who, start, DAILY)
    by_mandate = approve(who, subscribe(who, start, DAILY, method="upi"), sandbox)
    set_now(store, local(start - days(1), 18, 30), sandbox)
    bill(store)
    before = {cycle.id for cycle in cycles(store)}
    set_now(store, local(start + days(2), 18, 30), sandbox)  # 72 hours nobody ran
    bill(store)
    for subscription in (on_delivery, by_mandate):
        found = [cycle for cycle in cycles(store) if cycle.subscription_id == subscription.id]
        expected = [start + days(n) for n in range(len(found))]
        assert [cycle.delivers_on for cycle in found] == expected, "no day is passed over in silence"
        assert all(cycle.status in ("created", "skipped") and (cycle.reason or cycle.status == "created") for cycle in found)
        made_late = [one for one in found if one.id not in before and one.status == "created"]
        now = local(start + days(2), 18, 30)
        assert all(one.delivers_on > now.date() for one in made_late), "only what can still be delivered"
        assert all(one.edit_until <= now + timedelta(hours=1) for one in found)
    missed = [cycle for cycle in cycles(store) if cycle.reason == "missed"]
    assert missed
    assert not [order for order in orders(store) if order.cycle_id in {cycle.id for cycle in missed}]
    told = {message.event_key for message in rows(store, Message) if message.template == "delivery_skipped"}
    assert told == {f"cycle.skipped:{cycle.id}" for cycle in missed}
    back_on = start + days(3)  # the first day that can still be delivered when the workers are back
    for n in range(6):  # on to where each of those planned late is charged
        set_now(store, local(back_on + days(n), 6, 1), sandbox)
        bill(store)
        work_off(store)
        eventually(sandbox.quiet)
        work_off(store)
    delivers_on = {cycle.id: cycle.delivers_on for cycle in cycles(store)}
    paid = [order for order in orders(store) if order.payment_status == "paid" and order.cycle_id]
    captured = [one for one in sandbox.ledger()["captures"] if one["amount"] == paid[0].total_amount]
    assert len(captured) == len(paid) == len({order.cycle_id for order in paid})
    assert all(delivers_on[order.cycle_id] >= back_on for order in paid if order.cycle_id), "nobody pays for days nobody worked"


@pytest.mark.parametrize("minutes", [-1, 1])
def test_ac25_around_midnight_in_india_each_delivery_is_billed_once_on_its_own_date(store: Store, minutes: int) -> None:
    """18:30 UTC is 00:00 IST: a cut-off at midnight is reached on one side of it and not on the other."""
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.settings = {"subscriptions": {"cutoff_time": "00:00"}}
        session.add(row)
    who = make_subscriber(store)
    day = today(store) + days(5)
    subscription = subscribe(who, day)
    midnight = local(day - days(1), 0)
    assert midnight.astimezone(UTC).hour == 18
    for _ in range(3):
        set_now(store, midnight + timedelta(minutes=minutes))
        bill(store)
    assert len(cycles(store)) == (1 if minutes > 0 else 0)
    set_now(store, midnight + timedelta(minutes=1))
    for _ in range(2):
        bill(store)
    (cycle,), (order,) = cycles(store), orders(store)
    assert cycle.delivers_on == day
    assert order.placed_at.astimezone(INDIA).date() == day - days(1)
    assert reload(store, subscription).next_on == day + days(7)


def test_paid_on_delivery_is_ordered_at_the_cut_off_and_confirmed_without_a_payment(store: Store) -> None:
    who = make_subscriber(store, stock_quantity=5)
    day = today(store) + days(3)
    subscribe(who, day)
    set_now(store, local(day - days(1), 17, 59))
    bill(store)
    assert cycles(store) == []
    set_now(store, local(day - days(1), 18))
    bill(store)
    (order,) = orders(store)
    assert (order.status, order.payment_status, order.payment_method) == ("confirmed", "unpaid", "cash_on_delivery")
    (held,) = rows(store, Reservation)
    assert (held.order_id, held.quantity, held.expires_at) == (order.id, 2, None)
    with unit_of_work(store.id) as session:
        assert session.exec(select(StockLevel)).one().reserved == 2


def test_what_is_not_on_the_shelf_is_skipped_with_word_and_nothing_is_charged(store: Store) -> None:
    first = make_subscriber(store, stock_quantity=3)
    second = make_subscriber(store, variant_id=first.variant_id)
    day = today(store) + days(3)
    for who in (first, second):
        subscribe(who, day)
    set_now(store, local(day - days(1), 18))
    assert bill(store) | {"billing_run_id": ""} == {
        "status": "success", "created": 1, "skipped": 1, "failed": 0, "billing_run_id": "",
    }  # fmt: skip
    assert [cycle.reason for cycle in cycles(store) if cycle.status == "skipped"] == ["out_of_stock"]
    with unit_of_work(store.id) as session:
        assert session.exec(select(StockLevel)).one().reserved == 2
    assert len([one for one in rows(store, Message) if one.template == "delivery_skipped"]) == 2  # e-mail and SMS


def test_what_is_no_longer_sold_is_skipped_and_the_next_date_stands(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscription = subscribe(who, day)
    with unit_of_work(store.id) as session:
        variant = session.get_one(Variant, (store.id, who.variant_id))
        variant.is_active = False
        session.add(variant)
    set_now(store, local(day - days(1), 18))
    bill(store)
    (cycle,) = cycles(store)
    assert (cycle.status, cycle.reason) == ("skipped", "not_on_sale")
    assert orders(store) == []
    assert reload(store, subscription).next_on == day + days(7)


def test_one_that_makes_trouble_stands_alone_and_harms_no_other(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscriptions = [subscribe(who, day) for _ in range(21)]
    culprit = subscriptions[13]
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE subscription_lines SET quantity = 99 WHERE subscription_id = :id"), {"id": culprit.id})
        session.execute(text("UPDATE prices SET amount = 1000000000000, mrp_amount = 1000000000000"))
    set_now(store, local(day - days(1), 18))
    counts = bill(store)
    assert counts["failed"] + counts["created"] + counts["skipped"] == 21
    assert counts["failed"] >= 1
    failed = [cycle for cycle in cycles(store) if cycle.status == "failed"]
    assert culprit.id in {cycle.subscription_id for cycle in failed}
    assert all(cycle.reason for cycle in failed)
    assert bill(store)["failed"] == 0


def test_a_chunk_costs_a_constant_number_of_reads_however_long_it_is(store: Store, count_selects: Callable[[], int]) -> None:
    """What a run reads does not grow with it: a query per subscription would be 170 times slower at a hundred thousand."""
    read: list[int] = []
    for number in (1, 30):
        who = make_subscriber(store)
        day = today(store) + days(3 + number)
        for _ in range(number):
            subscribe(who, day)
        set_now(store, local(day - days(1), 18))
        with unit_of_work(store.id) as session:
            row = stores.get(session)
            calendar = Calendar.of(row, datetime.now(UTC) + timedelta(seconds=row.clock_offset_seconds))
            before = count_selects()
            counts = billing.bill_due(session, row, calendar, cause="test", run_id=None)
            read.append(count_selects() - before)
        assert counts["created"] == number
    assert read[1] <= read[0] + 3  # the first one has missed a day by then, and its customer is told


def test_a_run_of_more_than_a_chunk_takes_them_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing, "CHUNK", 4)
    who = make_subscriber(store)
    day = today(store) + days(3)
    for _ in range(11):
        subscribe(who, day)
    set_now(store, local(day - days(1), 18))
    assert bill(store)["created"] == 11
    assert len(orders(store)) == 11
    numbers = [order.number for order in orders(store)]
    assert len(set(numbers)) == 11


def test_a_bounded_pause_ends_by_itself_with_the_first_delivery_after_it(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscription = subscribe(who, day, DAILY)
    with unit_of_work(store.id) as session:
        row = session.merge(subscription)
        row.move("paused")
        row.paused_until = day + days(4)
        calendar = Calendar.of(stores.get(session), datetime.now(UTC))
        planning.schedule(session, row, calendar)
    for n in range(6):
        set_now(store, local(day + days(n) - days(1), 18))
        bill(store)
    assert [cycle.delivers_on for cycle in cycles(store)] == [day + days(4), day + days(5)]
    assert reload(store, subscription).status == "active"


@pytest.fixture
def count_selects() -> Callable[[], int]:
    """How many SELECTs this process has sent so far."""
    sent = [0]

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        sent[0] += statement.lstrip().upper().startswith(("SELECT", "WITH"))

    event.listen(engine(), "before_cursor_execute", note)
    return lambda: sent[0]


def test_cycles_are_unique_per_day_by_the_database(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscribe(who, day)
    set_now(store, local(day - days(1), 18))
    bill(store)
    (cycle,) = cycles(store)
    again = Cycle(**{**cycle.model_dump(exclude={"id"})})
    with pytest.raises(IntegrityError), unit_of_work(store.id) as session:
        session.add(again)
        session.flush()


def test_a_run_that_is_held_while_somebody_works_on_it_goes_no_further(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    for _ in range(2):
        subscribe(who, day)
    set_now(store, local(day - days(1), 18))
    slot = Slot(store_id=store.id, schedule="process-due-subscriptions", key="test", task="", due_at=datetime.now(UTC))
    step = process_due_subscriptions.steps.step
    with unit_of_work(store.id) as session:
        begun = step(session, None, slot)
    slot.counts = dict(begun.counts)
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.settings = {**row.settings, "subscriptions": {"hold_above_count": 1}}
    assert bill(store)["created"] == 0, "the next slot finds that it is too large"
    with unit_of_work(store.id) as session:
        stopped = step(session, None, slot)
    assert (stopped.more, stopped.outcome) == (False, "held: 2 deliveries are more than 1")
    assert (cycles(store), orders(store)) == ([], [])
