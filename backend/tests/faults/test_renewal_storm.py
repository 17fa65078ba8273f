"""Renewals while workers are killed and Redis is flushed: each delivery one order, one debit, one capture at the bank.

Real servers, real worker processes, a beat that ticks; the sandbox's own ledger is the second witness.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import redis

from app.core import clock
from app.core.config import settings
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.payments.mandate_models import Debit
from app.stores import service as stores
from app.stores.models import Store
from tests.conftest import Servers
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
    set_now,
    subscribe,
    today,
)
from tests.workers import Worker, eventually

LEASE_SECONDS = 3.0
SETTLE_SECONDS = 120
SHARE = 0.1  # of the budget of `scripts/proof`
QUICK = {"LEASE_SECONDS": str(LEASE_SECONDS), "SWEEP_SECONDS": "0.5", "TICK_SECONDS": "0.5"}


@pytest.fixture
def ticking_worker(servers: Servers, live_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    with Worker(servers.state / "renewals.log", beat=True) as worker:
        yield worker


def test_killed_workers_and_a_flushed_broker_neither_lose_nor_double_a_renewal(
    store: Store, sandbox: Sandbox, ticking_worker: Worker
) -> None:
    blow(store, sandbox, ticking_worker, subscriptions=8, weeks=1)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_renewals_again_and_again(servers: Servers, make_store: Callable[[], Store], ticking_worker: Worker) -> None:
    """A shop of its own for each: in the last one deliveries go on."""
    end = time.monotonic() + float(os.environ.get("PROOF_MINUTES", "20")) * 60 * SHARE
    while True:
        store = make_store()
        sandbox = Sandbox(servers.sandbox_url, store.id)
        blow(store, sandbox, ticking_worker, subscriptions=20, weeks=2)
        sandbox.http.close()
        if time.monotonic() > end:
            return


def blow(store: Store, sandbox: Sandbox, worker: Worker, *, subscriptions: int, weeks: int) -> None:
    """Weeks of deliveries by mandate, while everything that can die does."""
    with unit_of_work(store.id) as session:  # now, and not when the first tick comes: schedules count from where they begin
        jobs.ensure_schedules(session, clock.now(stores.get(session)))
    before = {order.id for order in orders(store)}
    friday = today(store) + days(7)
    who = make_subscriber(store)
    for _ in range(subscriptions):
        approve(who, subscribe(who, friday, method="upi"), sandbox)
    for week in range(weeks):
        day = friday + days(7 * week)
        owed = len(before) + subscriptions * (week + 1)
        at = local(day - days(4), 6, 31)  # the hourly slot after the notice is due
        disturbed(worker, partial(set_now, store, at, sandbox))
        eventually(partial(reached, notified, store, owed), SETTLE_SECONDS, f"{owed} notices delivered")
        at = local(day - days(2), 6)
        disturbed(worker, partial(set_now, store, at, sandbox))
        eventually(partial(reached, begun, store, owed), SETTLE_SECONDS, f"{owed} debits begun")
        eventually(lambda: all(debit.status != "due" for debit in debits(store)), SETTLE_SECONDS, "all of them accepted")
        disturbed(worker, partial(set_now, store, at + timedelta(hours=25), sandbox))
        eventually(partial(reached, paid, store, owed), SETTLE_SECONDS, f"{owed} orders paid")
    check(store, sandbox)


def disturbed(worker: Worker, go_on: Callable[[], None]) -> None:
    """Time goes on, and on the way a worker is killed and the broker forgets."""
    go_on()
    time_to_work = random.uniform(0.2, 1.5)
    end = time.monotonic() + time_to_work
    eventually(lambda: time.monotonic() > end, time_to_work + 5)
    with redis.Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
    worker.restart()


def reached(count: Callable[[Store], int], store: Store, owed: int) -> bool:
    return count(store) >= owed


def begun(store: Store) -> int:
    return len(debits(store))


def notified(store: Store) -> int:
    return sum(attempt.notice_status == "delivered" for attempt in attempts_of_orders(store))


def paid(store: Store) -> int:
    return sum(order.payment_status == "paid" for order in orders(store))


def check(store: Store, sandbox: Sandbox, *, is_settled: bool = True) -> None:
    """The books and the bank's agree. `is_settled`: everything there is was charged; else some of it is still to be."""
    made, attempts = orders(store), attempts_of_orders(store)
    per_day = Counter((cycle.subscription_id, cycle.delivers_on) for cycle in cycles(store))
    assert max(per_day.values()) == 1
    assert len(made) == len(attempts) == len({order.cycle_id for order in made}) == len(cycles(store))
    sent = Counter(call["body"]["order_id"] for call in sandbox.calls("payments.create_recurring"))
    captured = Counter(one["order_id"] for one in sandbox.ledger()["captures"] if one["order_id"] in sent)
    paid_orders = {order.id for order in made if order.payment_status == "paid"}
    if is_settled:
        assert set(captured) == {attempt.provider_order_id for attempt in attempts}
    assert len(captured) == len(paid_orders)
    assert max(captured.values()) == 1, "the bank saw a second capture"
    assert sum(one["amount"] for one in sandbox.ledger()["captures"] if one["order_id"] in sent) == sum(
        order.total_amount for order in made if order.id in paid_orders
    )
    assert not [refund for refund in sandbox.ledger()["refunds"] if refund["order_id"] in sent]
    assert {debit.status for debit in rows(store, Debit)} <= ({"captured"} if is_settled else {"captured", "pending"})
