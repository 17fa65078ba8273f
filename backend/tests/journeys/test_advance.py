"""A store's time played forward by the production queries, through the real queue, by real workers, beside the sandbox."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.core.work import unit_of_work
from app.jobs.models import Slot
from app.jobs.rules import COVERED
from app.notifications.models import Message
from app.stores import service as stores
from app.stores.models import Store
from app.stores.service import find_by_id
from app.subscriptions.timing import day_begins
from tests.moving import Clock
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    approve,
    attempts_of_orders,
    cycles,
    days,
    debits,
    local,
    make_subscriber,
    orders,
    rows,
    subscribe,
    today,
)
from tests.workers import Worker

DAILY = {"kind": "daily"}
EVENING = timedelta(hours=18)  # local, of the day before: the end of changes of what is paid at the door
RUN = timedelta(minutes=30)  # at most, from there to the hourly run: India is half an hour off UTC's hours


def slots_done(store: Store, name: str) -> dict[Any, Slot]:
    return {slot.id: slot for slot in rows(store, Slot) if slot.schedule == name and slot.outcome == "done"}


def story(store: Store, first: date) -> dict[str, Any]:
    """What became of a store, in words that do not depend on when it was played; days count from `first`."""

    def day(at: date) -> int:
        return (at - first).days

    def moment(at: datetime) -> str:
        return f"{day(at.date())} {at:%H:%M}"

    slots = {slot.id: slot for slot in rows(store, Slot)}
    return {
        "cycles": [(day(one.delivers_on), one.status, one.reason, moment(slots[one.slot_id].due_at)) for one in cycles(store)],
        "orders": [(one.total_amount, one.status, one.payment_status) for one in orders(store)],
        "debits": sorted((one.try_number, one.status, one.failure_reason) for one in debits(store)),
        "messages": Counter((one.template, one.channel, one.status) for one in rows(store, Message)),
    }


def test_ac45_each_delivery_is_planned_once_on_its_day(store: Store, live_api: str, worker: Worker) -> None:
    who = make_subscriber(store)
    first = today(store) + days(2)
    subscribe(who, first, DAILY)
    visited = Clock(store, live_api).advance(local(first + days(5), 12))

    assert [cycle.delivers_on for cycle in cycles(store)] == [first + days(number) for number in range(6)]
    runs = slots_done(store, "process-due-subscriptions")
    for cycle, order in zip(cycles(store), orders(store), strict=True):
        assert (cycle.status, order.cycle_id, order.status) == ("created", cycle.id, "confirmed")
        evening = local(cycle.delivers_on - days(1), 18)
        assert cycle.edit_until == evening
        assert evening <= runs[cycle.slot_id].due_at == order.placed_at.replace(minute=0, second=0, microsecond=0)
        assert order.placed_at <= evening + RUN + timedelta(minutes=1)
    assert visited == sorted(visited)
    assert {runs[cycle.slot_id].due_at for cycle in cycles(store)} <= set(visited)
    reminders = Counter(message.event_key for message in rows(store, Message) if "reminder" in message.template)
    assert set(reminders.values()) == {2}, "by e-mail and by SMS, once each"
    assert len(reminders) == 6


def test_ac45_slots_with_nothing_to_do_are_recorded_and_not_visited(store: Store, live_api: str, worker: Worker) -> None:
    to = Clock(store, live_api).now() + days(30)
    assert Clock(store, live_api).advance(to) == []
    hourly = [slot for slot in rows(store, Slot) if slot.schedule == "process-due-subscriptions"]
    assert 30 * 24 - 1 <= len(hourly) <= 30 * 24 + 1
    assert Counter(slot.outcome for slot in hourly) == {COVERED: len(hourly) - 1, "done": 1}


def test_ac45_a_debit_is_captured_before_the_day_of_its_delivery(
    store: Store, sandbox: Sandbox, live_api: str, worker: Worker
) -> None:
    sandbox.clock(offset_seconds=0)
    sandbox.mandates(outcomes=["captured", {"failed": "insufficient_funds"}, "captured"], debit_seconds=3600)
    who = make_subscriber(store)
    first = today(store) + days(7)
    approve(who, subscribe(who, first, method="upi"), sandbox)
    visited = Clock(store, live_api).advance(local(first + days(7), 12))

    delivered = [cycle for cycle in cycles(store) if cycle.delivers_on <= first + days(7)]
    assert [cycle.delivers_on for cycle in delivered] == [first, first + days(7)]
    made = {order.cycle_id: order for order in orders(store)}
    for cycle in delivered:
        order = made[cycle.id]
        assert (order.status, order.payment_status) == ("confirmed", "paid")
        assert order.confirmed_at is not None
        assert order.confirmed_at < day_begins(cycle.delivers_on, store.zone)
        assert cycle.charge_at in visited
    paid = [order.total_amount for order in made.values() if order.payment_status == "paid"]
    assert [capture["amount"] for capture in sandbox.ledger()["captures"] if capture["amount"] != 100] == paid
    tries = [(debit.try_number, debit.status, debit.failure_reason) for debit in debits(store)]
    assert tries == [(1, "captured", None), (1, "failed", "insufficient_funds"), (2, "captured", None)]
    for attempt in attempts_of_orders(store):
        assert attempt.notice_status == "delivered"


def test_ac45_a_moment_of_trouble_is_over_long_before_the_next_stop(
    store: Store, sandbox: Sandbox, live_api: str, worker: Worker
) -> None:
    """The provider refuses once: its order is made a minute later, as in production, and not two days later."""
    sandbox.clock(offset_seconds=0)
    who = make_subscriber(store)
    first = today(store) + days(7)
    approve(who, subscribe(who, first, method="upi"), sandbox)
    sandbox.fault("orders.create", "rate_limited")
    Clock(store, live_api).advance(local(first - days(3), 12))
    (attempt,) = attempts_of_orders(store)
    (cycle,) = cycles(store)
    assert attempt.last_error is None
    assert attempt.notice_delivered_at is not None
    assert cycle.notify_at is not None
    assert attempt.notice_delivered_at < cycle.notify_at + timedelta(hours=1)


def test_ac45_where_every_webhook_is_lost_the_looks_that_wait_come_nearer_too(
    store: Store, sandbox: Sandbox, live_api: str, worker: Worker
) -> None:
    """A notice is asked for, and so is a debit: by the machine's clock after minutes, by this one in time all the same."""
    sandbox.clock(offset_seconds=0)
    who = make_subscriber(store)
    first = today(store) + days(7)
    approve(who, subscribe(who, first, method="upi"), sandbox)
    sandbox.webhooks("drop")
    Clock(store, live_api).advance(local(first, 0))
    (order,), (debit,) = orders(store), debits(store)
    assert (order.payment_status, debit.status) == ("paid", "captured")


def test_ac45_two_clocks_move_at_once_without_touching_and_to_the_same_end(
    make_store: Callable[[], Store], live_api: str, worker: Worker
) -> None:
    shops = [make_store(), make_store()]
    still = make_store()
    people = [make_subscriber(shop, stock_quantity=9) for shop in shops]
    first = today(shops[0]) + days(2)
    for who in people:
        subscribe(who, first, DAILY)
        subscribe(who, first + days(1), {"kind": "every_n_days", "every": 3})

    def play(shop: Store) -> list[datetime]:
        visited = Clock(shop, live_api).advance(local(first + days(6), 12))
        return [at for at in visited if at.second == 0]  # without those where something was only tried again

    with ThreadPoolExecutor(2) as pool:
        visits = list(pool.map(play, shops))
    assert visits[0] == visits[1]
    one, other = (story(shop, first) for shop in shops)
    assert one == other
    assert {"created", "skipped"} == {status for _, status, *_ in one["cycles"]}, "the shelf was empty before the end"
    assert find_by_id(still.id).clock_offset_seconds == 0
    assert rows(still, Slot) == []


def test_ac45_a_clock_that_is_moved_in_steps_comes_to_the_same_end(
    make_store: Callable[[], Store], live_api: str, worker: Worker
) -> None:
    """And one that is told twice to go to the same instant does nothing the second time."""
    whole, stepwise = make_store(), make_store()
    first = today(whole) + days(2)
    for shop in (whole, stepwise):
        subscribe(make_subscriber(shop), first, DAILY)
    Clock(whole, live_api).advance(local(first + days(4), 12))
    for day in range(-1, 5):
        for _ in range(2):
            visited = Clock(stepwise, live_api).advance(local(first + days(day), 12))
        assert visited == []
    assert story(stepwise, first) == story(whole, first)


def test_ac45_a_quarter_of_a_weekly_subscription(store: Store, live_api: str, worker: Worker) -> None:
    play_weeks(store, live_api, 13)


@pytest.mark.proof
def test_ac45_a_year_of_a_weekly_subscription(store: Store, live_api: str, worker: Worker) -> None:
    play_weeks(store, live_api, 53)


def play_weeks(store: Store, live_api: str, weeks: int) -> None:
    """Each delivery gets its order, and the clock is where it was sent."""
    with unit_of_work(store.id) as session:  # nobody brings or pays anything meanwhile
        stores.get(session).settings = {"payments": {"cash_on_delivery": {"max_amount": 100_000_00}}}
    first = today(store) + days(2)
    last = first + days(7 * (weeks - 1))
    subscribe(make_subscriber(store), first)
    clock = Clock(store, live_api)
    clock.advance(local(last, 12))
    assert [cycle.delivers_on for cycle in cycles(store)] == [first + days(7 * week) for week in range(weeks)]
    assert {order.status for order in orders(store)} == {"confirmed"}
    assert len(orders(store)) == weeks
    assert clock.now() >= local(last, 12).astimezone(UTC)
