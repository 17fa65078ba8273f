"""`rozana billing`, and the same over the API: look before the run, let it begin, see what became of it, try again."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.accounts import service as accounts
from app.cli.main import app
from app.core import clock
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.nudge import nudger
from app.core.security import sign_jwt
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions.models import Subscription
from app.subscriptions.run_models import BillingRun
from tests.subscribing import bill, cycles, days, local, make_subscriber, orders, rows, set_now, subscribe, today
from tests.unchanged import unchanged

Billing = Callable[..., Result]


@pytest.fixture
def billing(store: Store) -> Iterator[Billing]:
    runner = CliRunner(env={"COLUMNS": "300"})
    yield lambda *arguments: runner.invoke(app, ["billing", *arguments, "--store", store.slug])
    nudger.flush(2)


def staff(store: Store) -> dict[str, str]:
    with unit_of_work(store.id) as session:
        one = accounts.add_staff(session, f"{new_id().hex}@example.in", "a long password", "manager", SYSTEM)
    claims = {"sub": str(one.id), "kind": "staff", "role": "manager", "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}", "Idempotency-Key": str(new_id())}


def hold_above(store: Store, count: int) -> None:
    with unit_of_work(store.id) as session:
        row = stores.get(session)
        row.settings = {**row.settings, "subscriptions": {"hold_above_count": count}}
        session.add(row)
        jobs.ensure_schedules(session, clock.now(row))


def test_a_run_is_seen_before_it_happens_rehearsed_done_and_reported(store: Store, billing: Billing) -> None:
    day = today(store) + days(3)
    for _ in range(3):
        subscribe(make_subscriber(store), day)
    set_now(store, local(day - days(1), 9))
    with unchanged(store):
        seen = billing("preview")
    assert "3 deliveries, ₹360.00" in seen.output, seen.output
    assert "cash_on_delivery" in seen.output
    set_now(store, local(day - days(1), 18))
    with unchanged(store):
        rehearsed = billing("run", "--dry-run")
    assert "Nothing of this was kept." in rehearsed.output, rehearsed.output
    assert orders(store) == []
    with unchanged(store):
        early = billing("run", "--as-of", (day - days(1)).isoformat())
    assert "Nothing was done." in early.output, early.output
    done = billing("run")
    assert done.exit_code == 0, done.output
    assert len(orders(store)) == 3
    assert "created" in billing("report").output
    assert billing("gaps").output == "There are no gaps.\n"
    assert "Nothing was done." in billing("run").output


def test_a_run_above_the_limit_waits_until_somebody_lets_it_begin(store: Store, billing: Billing, client: TestClient) -> None:
    hold_above(store, 1)
    day = today(store) + days(3)
    for _ in range(2):
        subscribe(make_subscriber(store), day)
    set_now(store, local(day - days(1), 18))
    assert "It would wait for approval" in billing("preview").output
    bill(store)
    assert orders(store) == []
    (held,) = rows(store, BillingRun)
    assert "It waits for approval" in billing("run").output
    headers = staff(store)
    seen = client.get("/api/v1/billing-runs", headers=headers).json()["items"]
    assert [(one["id"], one["status"], one["expected_count"]) for one in seen] == [(str(held.id), "held", 2)]
    for _ in range(2):
        answer = client.post(f"/api/v1/billing-runs/{held.id}/approval", headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "running"), answer.text
    again = client.post(f"/api/v1/billing-runs/{held.id}/approval", headers=headers | {"Idempotency-Key": str(new_id())})
    assert (again.status_code, again.json()["code"]) == (409, "no_run_to_approve")
    assert billing("approve").exit_code == 1
    bill(store)
    assert len(orders(store)) == 2
    (done,) = client.get("/api/v1/billing-runs", headers=headers).json()["items"]
    assert (done["status"], done["outcomes"][0]["count"], done["gaps"]) == ("done", 2, [])


def test_what_made_trouble_is_tried_again_by_command_and_by_route(store: Store, billing: Billing, client: TestClient) -> None:
    day = today(store) + days(3)
    subscription = subscribe(make_subscriber(store), day)
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE subscription_terms SET rule = '{}'"))
    set_now(store, local(day - days(1), 18))
    bill(store)
    assert "RuleInvalid" in billing("gaps").output
    with unit_of_work(store.id) as session:
        session.execute(text('UPDATE subscription_terms SET rule = \'{"kind": "weekly", "every": 1}\''))
    assert f"next is {day}" in billing("retry").output
    assert billing("retry").output == "None is held.\n"
    answer = client.post(f"/api/v1/subscriptions/{subscription.id}/retry", headers=staff(store))
    assert (answer.status_code, answer.json()["next_on"]) == (200, day.isoformat()), answer.text
    bill(store)
    assert [cycle.status for cycle in cycles(store)] == ["created"]
    assert not [one for one in rows(store, Subscription) if one.held_at]


def test_the_preview_names_what_is_odd_and_the_change(store: Store, client: TestClient) -> None:
    who = make_subscriber(store)
    day = today(store) + days(3)
    subscription = subscribe(who, day, {"kind": "daily"})
    for n in range(2):
        set_now(store, local(day + days(n) - days(1), 18))
        bill(store)
    with unit_of_work(store.id) as session:
        session.execute(text("UPDATE subscription_lines SET quantity = 20"))
    set_now(store, local(day + days(2) - days(1), 9) + timedelta(minutes=1))
    made = client.get("/api/v1/billing-runs/preview", headers=staff(store)).json()
    assert (made["count"], made["amount"]["amount"]) == (1, 1200_00)
    assert [one["subscription_id"] for one in made["odd"]] == [str(subscription.id)]
    assert made["usual_amount"]["amount"] == 240_00 // 7
    assert made["change_percent"] > 1000
