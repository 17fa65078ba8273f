"""A test clock moves on over weeks of renewals while workers are killed and Redis is flushed: each slot and debit once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import redis

from app.api.advancing import advance
from app.api.settling import NobodyWorks
from app.core.actor import SYSTEM
from app.core.config import settings
from app.jobs.models import Slot
from app.stores.models import Store
from tests.conftest import Servers
from tests.faults.test_renewal_storm import QUICK, check
from tests.sandbox_control import Sandbox
from tests.subscribing import approve, days, local, make_subscriber, orders, rows, subscribe, today
from tests.workers import Worker

SUBSCRIPTIONS, WEEKS, TROUBLES = 4, 3, 4
PATIENCE_SECONDS = 100.0


@pytest.fixture
def worker(servers: Servers, live_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    with Worker(servers.state / "advanced.log", beat=True) as worker:
        yield worker


def test_ac19_a_moved_clock_under_kills_and_flushes_does_each_slot_and_each_debit_once(
    store: Store, sandbox: Sandbox, worker: Worker
) -> None:
    who, friday = make_subscriber(store), today(store) + days(7)
    for _ in range(SUBSCRIPTIONS):
        approve(who, subscribe(who, friday, method="upi"), sandbox)
    is_over = threading.Event()
    trouble = threading.Thread(target=disturb, args=(worker, is_over), daemon=True)
    trouble.start()
    to, ends = local(friday + days(7 * (WEEKS - 1)), 12), time.monotonic() + PATIENCE_SECONDS
    reached = False
    while not reached and time.monotonic() < ends:
        with suppress(NobodyWorks):  # just killed: whoever moves the clock asks again
            reached = advance(store.id, to, SYSTEM).reached
    is_over.set()
    trouble.join(30)
    assert reached, f"the clock did not get to {to} in {PATIENCE_SECONDS} s"
    due = [order for order in orders(store) if order.payment_status == "paid"]
    assert len(due) == SUBSCRIPTIONS * WEEKS
    slots = rows(store, Slot)
    assert max(Counter((slot.schedule, slot.key) for slot in slots).values()) == 1
    hourly = [slot for slot in slots if slot.schedule == "process-due-subscriptions"]
    first, last = min(slot.due_at for slot in hourly), max(slot.due_at for slot in hourly)
    assert len(hourly) == (last - first) // timedelta(hours=1) + 1 >= 400, "each hour has its slot, done or recorded"
    assert {slot.work_status for slot in slots} == {"done"}
    made = Counter[str]()
    for slot in hourly:
        made.update({name: count for name, count in slot.counts.items() if isinstance(count, int)})
    assert made["created"] == len(orders(store)), "what the slots say they did is what there is"
    check(store, sandbox, is_settled=False)


def disturb(worker: Worker, is_over: threading.Event) -> None:
    """The broker forgets and the worker dies, again and again."""
    for _ in range(TROUBLES):
        if is_over.wait(random.uniform(2, 6)):
            return
        with redis.Redis.from_url(settings.redis_url) as broker:
            broker.flushall()
        worker.restart()
