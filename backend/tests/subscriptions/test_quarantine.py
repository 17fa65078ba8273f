"""One that makes trouble among hundreds: it is found by halving, set apart with its error, and harms no other."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from app.audit.models import AuditEntry
from app.core.actor import Actor
from app.core.clock import now as store_now
from app.core.work import unit_of_work
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import quarantine
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    approve,
    bill,
    cycles,
    days,
    debits,
    is_notified,
    is_paid,
    local,
    make_subscriber,
    orders,
    reload,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.subscribing import rows as all_rows
from tests.workers import eventually

DAILY = {"kind": "daily"}
OTHERS = 300  # more than a chunk
STAFF = Actor("staff", None, "manager")
COPIES = (
    """INSERT INTO customers SELECT (s).* FROM (SELECT jsonb_populate_record(one, jsonb_build_object('id', twin.id, 'email',
    twin.id || '@example.in', 'phone', null)) AS s FROM customers AS one, twins AS twin WHERE one.id = :customer_id) AS made""",
    """INSERT INTO subscriptions SELECT (s).* FROM (SELECT jsonb_populate_record(one, jsonb_build_object(
    'id', twin.id, 'customer_id', twin.id)) AS s FROM subscriptions AS one, twins AS twin WHERE one.id = :id) AS made""",
    """INSERT INTO subscription_terms SELECT (s).* FROM (SELECT jsonb_populate_record(one, jsonb_build_object(
    'id', twin.terms_id, 'subscription_id', twin.id)) AS s FROM subscription_terms AS one, twins AS twin
    WHERE one.subscription_id = :id) AS made""",
    """INSERT INTO subscription_lines SELECT (s).* FROM (SELECT jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'subscription_id', twin.id, 'terms_id', twin.terms_id)) AS s
    FROM subscription_lines AS one, twins AS twin WHERE one.subscription_id = :id) AS made""",
)


def copies(store: Store, subscription: Subscription, count: int) -> list[UUID]:
    """So many more of the same, each of a customer of its own, in a few statements."""
    with unit_of_work(store.id) as session:
        session.execute(
            text(
                "CREATE TEMPORARY TABLE twins ON COMMIT DROP AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS terms_id"
                " FROM generate_series(1, CAST(:count AS int))"
            ),
            {"count": count},
        )
        for statement in COPIES:
            session.execute(text(statement), {"id": subscription.id, "customer_id": subscription.customer_id})
        return [row.id for row in session.execute(text("SELECT id FROM twins ORDER BY id"))]


def poison(store: Store, subscription_id: UUID, day: date, kind: str) -> None:
    how = {
        "unreadable": 'UPDATE subscription_terms SET rule = \'{"kind": "never heard of"}\' WHERE subscription_id = :id',
        "impossible": "UPDATE subscription_lines SET by_weekday = jsonb_build_object(CAST(:day AS text), -1)"
        " WHERE subscription_id = :id",
    }
    with unit_of_work(store.id) as session:
        values = {"id": subscription_id, **({"day": day.strftime("%a").lower()} if kind == "impossible" else {})}
        session.execute(text(how[kind]), values)


def retry(store: Store, subscription_id: UUID) -> None:
    with unit_of_work(store.id) as session:
        shop = stores.get(session)
        quarantine.retry(session, subscription_id, actor=STAFF, calendar=Calendar.of(shop, store_now(shop)))


@pytest.mark.parametrize("kind", ["unreadable", "impossible"])
def test_ac18_one_of_several_hundred_is_quarantined_with_its_error_and_the_others_commit(store: Store, kind: str) -> None:
    who = make_subscriber(store, stock_quantity=100_000)
    day = today(store) + days(3)
    culprit = copies(store, subscribe(who, day), OTHERS)[137]
    poison(store, culprit, day, kind)
    set_now(store, local(day - days(1), 18))
    assert bill(store)["created"] == OTHERS
    (failed,) = [cycle for cycle in cycles(store) if cycle.status == "failed"]
    (held,) = [one for one in all_rows(store, Subscription) if one.held_at]
    assert (failed.subscription_id, failed.reason) == (culprit, held.held_reason)
    assert held.id == culprit
    assert len(orders(store)) == OTHERS
    set_now(store, local(day + days(6), 18))
    assert bill(store)["failed"] == 0, "it is left alone until somebody has looked"


def test_ac18_the_retry_lifts_the_hold_and_the_day_is_decided_again(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscription = subscribe(who, day, DAILY)
    poison(store, subscription.id, day, "unreadable")
    set_now(store, local(day - days(1), 18))
    assert bill(store)["failed"] == 1
    retry(store, subscription.id)
    assert bill(store)["failed"] == 1, "the trouble is still there"
    with unit_of_work(store.id) as session:
        session.execute(text('UPDATE subscription_terms SET rule = \'{"kind": "daily"}\''))
    for _ in range(2):
        retry(store, subscription.id)
    assert reload(store, subscription).held_at is None
    assert bill(store)["created"] == 1
    assert [(cycle.delivers_on, cycle.status) for cycle in cycles(store)] == [(day, "created")]
    assert reload(store, subscription).next_on == day + days(1)
    told = [one.action for one in all_rows(store, AuditEntry) if one.action.endswith("retried")]
    assert told == ["cycle.retried", "subscription.retried"] * 2


def test_ac18_a_retry_that_comes_too_late_leaves_the_day_failed_and_goes_on(store: Store) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscription = subscribe(who, day, DAILY)
    poison(store, subscription.id, day, "unreadable")
    set_now(store, local(day - days(1), 18))
    bill(store)
    with unit_of_work(store.id) as session:
        session.execute(text('UPDATE subscription_terms SET rule = \'{"kind": "daily"}\''))
    set_now(store, local(day + days(1), 18))
    retry(store, subscription.id)
    for _ in range(4):
        bill(store)
    assert [cycle.status for cycle in cycles(store)] == ["failed", "skipped", "created"]
    assert [cycle.delivers_on for cycle in cycles(store)] == [day, day + days(1), day + days(2)]


def test_ac03_the_others_are_charged_after_the_commit_and_a_second_run_charges_nobody(
    store: Store, sandbox: Sandbox, live_api: str
) -> None:
    sandbox.mandates(debit_seconds=600)
    who = make_subscriber(store)
    day = today(store) + days(7)
    made = [approve(who, subscribe(who, day, method="upi"), sandbox) for _ in range(4)]
    poison(store, made[2].id, day, "unreadable")
    set_now(store, local(day - days(4), 7), sandbox)
    for _ in range(2):
        bill(store)
    assert len(orders(store)) == 3
    work_off(store)
    eventually(lambda: is_notified(store))
    for _ in range(2):
        set_now(store, local(day - days(2), 6, 1), sandbox)
        bill(store)
        work_off(store)
    set_now(store, local(day - days(2), 8), sandbox)
    eventually(lambda: is_paid(store))
    price = orders(store)[0].total_amount
    assert len([one for one in sandbox.ledger()["captures"] if one["amount"] == price]) == len(debits(store)) == 3
