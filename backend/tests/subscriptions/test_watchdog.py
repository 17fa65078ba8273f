"""A watchdog that asks nothing of the run: it sees a due query that returns nothing, and its own silence is seen."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core import clock
from app.core.work import across_stores, unit_of_work
from app.insight import billing_health
from app.jobs import service as jobs
from app.notifications.models import Message
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import queries
from app.tasks import billing_watch
from tests.subscribing import bill, days, local, make_subscriber, rows, set_now, subscribe, today

DAILY = {"kind": "daily"}


def watch(store: Store) -> int:
    found: int = billing_watch.watch_billing(store_id=str(store.id))["owed"]
    return found


def beat(ago: timedelta = timedelta(0)) -> None:
    with across_stores() as session:
        jobs.beat(session, "sweep")
        session.execute(text("UPDATE heartbeats SET at = app_now() - :ago WHERE name = 'sweep'"), {"ago": ago})


def troubles(store: Store) -> list[str]:
    with unit_of_work(store.id) as session:
        return list(billing_health.troubles(session, clock.machine_now()))


def test_ac17_a_due_query_that_returns_nothing_is_seen_within_half_an_hour(
    store: Store, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.contact_email = "shop@example.in"
        session.add(row)
    beat()
    day = today(store) + days(3)
    subscribe(make_subscriber(store), day, DAILY)
    set_now(store, local(day - days(1), 18, 15))  # the run of 18:30 is still to come: India is half an hour off UTC's hours
    assert watch(store) == 0
    with monkeypatch.context() as sabotage:
        sabotage.setattr(queries, "lock_due", lambda *_: [])
        set_now(store, local(day - days(1), 18, 31))
        bill(store)
        assert watch(store) == 0, "the run may take some minutes"
        set_now(store, local(day - days(1), 18, 55))
        assert watch(store) == 1
    assert troubles(store) == ["deliveries_owed"]
    answer = client.get("/health/billing")
    assert (answer.status_code, answer.json()["code"]) == (503, "billing_not_in_order")
    assert answer.json()["troubles"]["deliveries_owed"] >= 1
    (told,) = [one for one in rows(store, Message) if one.template == "checks_failed"]
    assert "1 deliveries have no outcome" in str(told.context)
    bill(store)
    assert watch(store) == 0
    assert troubles(store) == []


def test_ac17_a_lost_day_is_seen_where_the_row_itself_forgot_it(store: Store) -> None:
    day = today(store) + days(3)
    subscribe(make_subscriber(store), day, DAILY)
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE subscriptions SET next_on = NULL, plans_at = NULL"))
    set_now(store, local(day - days(1), 19))
    bill(store)
    assert watch(store) == 1


def test_ac17_a_beat_or_a_watchdog_that_is_dead_is_seen(store: Store, client: TestClient) -> None:
    beat(timedelta(minutes=5))
    assert client.get("/health/billing").json()["troubles"]["beat_silent"] == 1
    beat()
    assert watch(store) == 0
    assert troubles(store) == []
    with unit_of_work(store.id) as session:
        later = clock.machine_now() + timedelta(minutes=26)
        assert billing_health.troubles(session, later) == ["watchdog_silent"]


def test_ac17_what_nobody_could_have_delivered_is_not_missing(store: Store) -> None:
    """Paused days, a resumption after the cut-off, and what a run skipped: all of it is in order."""
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscribe(who, day, DAILY)
    set_now(store, local(day + days(2), 19))  # three days were missed; each is skipped with its reason
    for _ in range(4):
        bill(store)
    assert watch(store) == 0
    set_now(store, local(day + days(9), 19))
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE subscriptions SET status = 'paused', next_on = NULL, plans_at = NULL"))
    assert watch(store) == 0
