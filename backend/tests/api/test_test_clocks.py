"""A test store's clock at its door: who may move it, what is refused, and what happens when nobody does the work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import select

from app.api import advancing, settling
from app.audit.models import AuditEntry
from app.core import clock
from app.core.actor import SYSTEM
from app.core.errors import LeaseLost
from app.core.work import unit_of_work
from app.core.work_columns import WorkRow
from app.insight.owed import DRAINS
from app.jobs import queries as schedules
from app.jobs import service as jobs
from app.notifications import service as notifications
from app.providers.sandbox_clock import Accounts, SandboxClock
from app.stores import clocks
from app.stores import service as stores
from app.stores.errors import ClockNotFound
from app.stores.models import Store
from app.tasks.looking import DUE_LOOKS
from tests.conftest import UnitOfWork
from tests.moving import staff
from tests.sandbox_control import Sandbox
from tests.unchanged import unchanged
from tests.workers import eventually

HOUR = timedelta(hours=1)
PEOPLE = [("customer", ""), ("staff", "packer"), ("staff", "support"), ("staff", "finance"), ("staff", "manager")]


def path(store: Store) -> str:
    return f"/api/v1/test/clocks/{store.id}"


@pytest.fixture
def idle(store: Store) -> Store:
    """A store in which nothing becomes due by itself: it needs no worker."""
    with unit_of_work(store.id) as session:
        jobs.ensure_schedules(session, clock.machine_now())
        for schedule in schedules.all_schedules(session):
            schedule.is_enabled = False
    return store


def read(store: Store) -> Store:
    with unit_of_work(store.id) as session:
        return stores.get(session)


def advance(client: TestClient, store: Store, **body: Any) -> Any:
    return client.post(f"{path(store)}/advance", json=body, headers=staff(store))


def owe_a_message(store: Store) -> None:
    with unit_of_work(store.id) as session:
        notifications.queue(session, "notice", "+919876543210", "sms", f"test:{uuid4()}", {"body": "hello"})


def test_a_clock_tells_where_it_stands(client: TestClient, store: Store) -> None:
    answer = client.get(path(store), headers=staff(store))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": str(store.id), "now": answer.json()["now"], "offset_seconds": 0}
    assert abs(datetime.fromisoformat(answer.json()["now"]) - clock.machine_now()) < timedelta(seconds=20)


def test_it_goes_on_with_the_clocks_of_its_providers_and_says_who_moved_it(
    client: TestClient, idle: Store, sandbox: Sandbox, uow: UnitOfWork
) -> None:
    to = clock.machine_now() + 30 * HOUR
    answer = advance(client, idle, to=to.isoformat())
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["reached"], told["visited"], told["offset_seconds"]) == (True, [], 30 * 3600)
    assert datetime.fromisoformat(told["to"]) == to <= datetime.fromisoformat(told["now"])
    assert abs(sandbox.clock_now() - to.timestamp()) < 20
    moved = read(idle)
    assert (moved.clock_offset_seconds, moved.clock_moves_until) == (30 * 3600, None)
    with uow() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "clock.advanced")).one()
        assert (entry.actor_label, entry.object_id, entry.changes["now"][1]) == ("admin", idle.id, to.isoformat())


def test_the_same_call_again_finds_it_there(client: TestClient, idle: Store) -> None:
    to = (clock.machine_now() + HOUR).isoformat()
    first, second = (advance(client, idle, to=to).json() for _ in range(2))
    assert (first["reached"], first["offset_seconds"]) == (second["reached"], second["offset_seconds"]) == (True, 3600)


def test_seconds_count_from_its_own_now(client: TestClient, idle: Store) -> None:
    for offset in (90, 180):
        assert advance(client, idle, seconds=90).json()["offset_seconds"] == offset


def test_it_never_goes_back(client: TestClient, idle: Store) -> None:
    advance(client, idle, seconds=7200)
    with unchanged(idle):
        answer = advance(client, idle, to=(clock.machine_now() + HOUR).isoformat())
    assert (answer.status_code, answer.json()["code"]) == (409, "clock_goes_forward_only")
    assert datetime.fromisoformat(answer.json()["now"]) > clock.machine_now() + HOUR


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"to": "2026-12-04T00:30:00Z", "seconds": 60}, "invalid"),
        ({"to": None, "seconds": None}, "invalid"),
        ({"to": "2036-12-04T00:30:00"}, "invalid"),
        ({"to": "2036-12-04"}, "invalid"),
        ({"to": "soon"}, "invalid"),
        ({"seconds": 0}, "invalid"),
        ({"seconds": -60}, "invalid"),
        ({"seconds": 1.5}, "invalid"),
        ({"seconds": "60"}, "invalid"),
        ({"seconds": True}, "invalid"),
        ({"seconds": 401 * 86400}, "invalid"),
        ({"seconds": 10**30}, "invalid"),
        ({"seconds": 60, "dry_run": True}, "invalid"),
        ({"to": "9999-12-31T23:59:59-23:59"}, "clock_too_far"),
    ],
)
def test_bad_wishes_move_nothing(client: TestClient, store: Store, body: dict[str, Any], code: str) -> None:
    with unchanged(store):
        answer = advance(client, store, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


def test_a_year_and_a_month_is_the_most_for_one_call(client: TestClient, store: Store) -> None:
    with unchanged(store):
        answer = advance(client, store, to=(clock.machine_now() + timedelta(days=401)).isoformat())
    assert (answer.status_code, answer.json()["code"], answer.json()["maximum_days"]) == (422, "clock_too_far", 400)


@pytest.mark.parametrize(("kind", "role"), PEOPLE)
def test_only_an_admin_moves_or_sees_it(client: TestClient, store: Store, kind: str, role: str) -> None:
    headers = staff(store, role, kind)
    with unchanged(store):
        moving = client.post(f"{path(store)}/advance", json={"seconds": 60}, headers=headers)
        assert (moving.status_code, moving.json()["code"]) == (403, "forbidden")
        assert client.get(path(store), headers=headers).status_code == 403
        assert client.post(f"{path(store)}/advance", json={"seconds": 60}).status_code == 401


def test_no_other_store_has_a_clock_here(client: TestClient, store: Store, make_store: Callable[[], Store]) -> None:
    other = make_store()
    for wrong in (str(other.id), str(uuid4())):
        with unchanged(store), unchanged(other):
            url = f"/api/v1/test/clocks/{wrong}"
            answers = [client.get(url, headers=staff(store))]
            answers.append(client.post(f"{url}/advance", json={"seconds": 60}, headers=staff(store)))
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "clock_not_found")] * 2


def test_ac45_in_a_live_store_the_routes_do_not_exist(client: TestClient, store: Store) -> None:
    with unit_of_work(store.id) as session:
        live = stores.get(session)
        live.mode = "live"
        session.add(live)
    with unchanged(store):
        nowhere = client.get("/api/v1/nowhere").json()
        for headers in ({}, staff(store), staff(store, "packer")):
            for answer in (
                client.get(path(store), headers=headers),
                client.post(f"{path(store)}/advance", json={"seconds": 60}, headers=headers),
            ):
                assert answer.json() | {"request_id": ""} == nowhere | {"request_id": ""}
    with unit_of_work(store.id) as session, pytest.raises(ClockNotFound):
        clocks.take(session, clock.machine_now() + HOUR, SYSTEM)  # nor below the door


def test_two_do_not_move_it_at_once(
    client: TestClient, store: Store, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first waits for a worker that is not there."""
    monkeypatch.setattr(advancing, "CALL_SECONDS", 1.5)
    owe_a_message(store)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(advance, client, store, seconds=60)
        eventually(lambda: read(store).clock_moves_until)
        second = advance(client, store, seconds=86400)
        assert (second.status_code, second.json()["code"]) == (409, "clock_is_moving")
        assert second.headers["Retry-After"] == "1"
        assert first.result().json()["reached"] is False
    assert (read(store).clock_offset_seconds, read(store).clock_moves_until) == (0, None)


def test_a_mover_that_died_is_forgotten_and_cannot_come_back(client: TestClient, idle: Store, uow: UnitOfWork) -> None:
    with uow() as session:
        dead = clocks.take(session, clock.machine_now() + HOUR, SYSTEM)
    assert advance(client, idle, seconds=60).json()["code"] == "clock_is_moving"
    with uow() as session:
        session.execute(text("UPDATE stores SET clock_moves_until = app_now() - interval '1 second'"))
    with uow() as session:
        alive = clocks.take(session, clock.machine_now() + HOUR, SYSTEM)
    with pytest.raises(LeaseLost), uow() as session:
        clocks.move(session, dead, clock.machine_now() + HOUR)
    with uow() as session:
        clocks.release(session, dead)
        assert stores.get(session).clock_moves_until == alive.until
        assert clocks.move(session, alive, clock.machine_now() + HOUR) == 3600
        assert clocks.move(session, alive, clock.machine_now()) == 0
        clocks.release(session, alive)
    assert (read(idle).clock_offset_seconds, read(idle).clock_moves_until) == (3600, None)


def test_without_a_worker_it_stays_where_something_is_due_and_says_so(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "NOBODY_SECONDS", 0.2)
    owe_a_message(store)
    answer = advance(client, store, seconds=86400)
    assert (answer.status_code, answer.json()["code"]) == (503, "nobody_works")
    assert answer.json()["waiting"] == {"messages": 1}
    assert (read(store).clock_offset_seconds, read(store).clock_moves_until) == (0, None)


def test_it_stops_where_a_message_may_first_be_sent(client: TestClient, idle: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits by the machine's clock comes nearer as this one goes on, and no later than its own time."""
    monkeypatch.setattr(settling, "NOBODY_SECONDS", 0.2)
    with unit_of_work(idle.id) as session:
        later = clock.machine_now() + 5 * HOUR
        notifications.queue(session, "notice", "+919876543210", "sms", "test:1", {"body": "hello"}, not_before=later)
    assert advance(client, idle, seconds=4 * 3600).json()["reached"] is True
    answer = advance(client, idle, seconds=86400)
    assert (answer.status_code, answer.json()["waiting"]) == (503, {"messages": 1})
    assert 5 * 3600 - 30 < read(idle).clock_offset_seconds <= 5 * 3600


def test_where_the_sandbox_is_away_it_stays(client: TestClient, idle: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = SandboxClock("http://127.0.0.1:9", Accounts("rzp_test_x"))
    monkeypatch.setattr(clocks, "sandbox", lambda _: gone)
    answer = advance(client, idle, seconds=60)
    assert (answer.status_code, answer.json()["code"]) == (503, "sandbox_away")
    assert (read(idle).clock_offset_seconds, read(idle).clock_moves_until) == (0, None)


def test_accounts_go_by_their_public_names() -> None:
    secrets = {
        "razorpay": {"key_id": "rzp_test_1", "key_secret": "x"},
        "twilio": {"account_sid": "AC1", "auth_token": "x"},
        "sendgrid": {"api_key": "SG.public.secret"},
    }
    assert Accounts.of(secrets) == Accounts("rzp_test_1", ("AC1", "public"))
    assert Accounts.of({}).all == ()


def test_it_knows_all_work_and_all_that_falls_due() -> None:
    """Else it would go on while something is owed, or leave it to a tick that leaves it to the clock's mover."""
    kinds = {model for model in WorkRow.__subclasses__() if model.__module__.startswith("app.")}
    assert kinds == DRAINS.keys()
    assert {look.nudge for look in DUE_LOOKS} == {"charge_due", "dun_due", "expire_orders"}
