"""`rozana schedules`: look, run, switch, move; every change is in the audit, and what cannot be is said in a sentence."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.audit.models import AuditEntry
from app.cli import schedules as commands
from app.cli.main import app
from app.core.clock import machine_now
from app.core.nudge import nudger
from app.jobs import service as jobs
from app.jobs.models import Schedule
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import cleanup
from tests.conftest import UnitOfWork
from tests.ticking import NAME, add_schedule, slots_of

CARTS = "cleanup-expired-carts"
Schedules = Callable[..., Result]


@pytest.fixture
def schedules(store: Store, uow: UnitOfWork) -> Iterator[Schedules]:
    """The command, in a store that has its schedules."""
    with uow() as session:
        jobs.ensure_schedules(session, machine_now())
    runner = CliRunner(env={"COLUMNS": "300"})
    yield lambda *arguments: runner.invoke(app, ["schedules", *arguments, "--store", store.slug])
    nudger.flush(2)


def read(session: Session, name: str = CARTS) -> Schedule:
    return session.exec(select(Schedule).where(Schedule.name == name)).one()


def changes(session: Session) -> list[tuple[str, dict[str, Any]]]:
    entries = session.exec(select(AuditEntry).where(AuditEntry.object_type == "schedules"))
    return [(entry.action, entry.changes) for entry in entries]


def test_next_runs_are_listed_in_the_stores_zone_and_how_the_last_slot_went(
    schedules: Schedules, store: Store, uow: UnitOfWork
) -> None:
    with uow() as session:
        now = machine_now()
        add_schedule(session, opened_until=now - timedelta(hours=30), catch_up="last")
        jobs.open_due(session, now)
    cleanup.cleanup_expired_carts(store_id=str(store.id))
    shown = schedules()
    assert shown.exit_code == 0
    assert f"{store.slug}, Asia/Kolkata" in shown.output
    lines = shown.output.splitlines()
    (place,) = (number for number, line in enumerate(lines) if CARTS in line)
    assert all("07:30" in line for line in lines[place : place + 5]), "02:00 in UTC, five days on"
    carts = lines[place]
    assert "0 2 * UTC" in carts
    assert "done; count 0" in carts
    (own,) = (line for line in shown.output.splitlines() if NAME in line)
    assert "queued" in own
    (off,) = (line for line in shown.output.splitlines() if "cleanup-abandoned-sessions" in line)
    assert " off " in off


def test_what_is_run_by_hand_is_a_slot_that_waits_for_a_worker(schedules: Schedules, store: Store) -> None:
    done = schedules("run", CARTS)
    (slot,) = slots_of(store, CARTS)
    assert (done.exit_code, slot.key[:4], slot.work_status) == (0, "run:", "queued")
    assert slot.key in done.output


def test_off_and_on_again(schedules: Schedules, uow: UnitOfWork) -> None:
    for command, is_enabled in (("disable", False), ("disable", False), ("enable", True)):
        assert schedules(command, CARTS).exit_code == 0
        with uow() as session:
            assert read(session).is_enabled is is_enabled
    with uow() as session:
        assert changes(session) == [
            ("schedule.disabled", {"is_enabled": [True, False]}),
            ("schedule.enabled", {"is_enabled": [False, True]}),
        ]


def test_another_time_in_another_zone(schedules: Schedules, uow: UnitOfWork) -> None:
    done = schedules("move", CARTS, "--hour", "5", "--minute", "30", "--zone", "Asia/Kolkata", "--catch-up", "none")
    assert "30 5 * Asia/Kolkata" in done.output
    with uow() as session:
        row = read(session)
        assert (row.hour, row.minute, row.weekday, row.zone, row.catch_up) == ("5", "30", "*", "Asia/Kolkata", "none")
        assert f"{row.next_due_at:%H:%M}" == "00:00"
        assert changes(session)[0][1]["hour"] == ["2", "5"]


def test_an_interval_and_a_wall_clock_again(schedules: Schedules, uow: UnitOfWork) -> None:
    assert schedules("move", CARTS, "--every", "600").output == f"{CARTS}: every 600 s.\n"
    assert schedules("move", CARTS, "--hour", "7").output == f"{CARTS}: 0 7 * UTC.\n"
    with uow() as session:
        assert read(session).interval_seconds is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "no-such"), "there is no schedule no-such in this store"),
        (("enable", "no-such"), "there is no schedule no-such in this store"),
        (("move", CARTS, "--hour", "25"), "Invalid end range: 25 > 23"),
        (("move", CARTS, "--zone", "Asia/Calcutta_City"), "No time zone found"),
        (("move", CARTS, "--every", "0"), "0 is no interval"),
        (("move", CARTS, "--catch-up", "some"), "some is none of all, last, none"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_happens(
    schedules: Schedules, store: Store, uow: UnitOfWork, arguments: tuple[str, ...], said: str
) -> None:
    with uow() as session:
        before = read(session).model_dump()
    refused = schedules(*arguments)
    assert refused.exit_code != 0
    assert said in refused.output
    with uow() as session:
        assert read(session).model_dump() == before
        assert (changes(session), slots_of(store, CARTS)) == ([], [])


def test_a_store_is_never_guessed(schedules: Schedules, store: Store, make_store: Callable[[], Store]) -> None:
    other = make_store()
    runner = CliRunner()
    unnamed = runner.invoke(app, ["schedules", "run", CARTS])
    unknown = runner.invoke(app, ["schedules", "run", CARTS, "--store", "nobody"])
    assert (unnamed.exit_code, unknown.exit_code) == (1, 1)
    assert "several stores live here" in unnamed.output
    assert "there is no store nobody" in unknown.output
    assert slots_of(store, CARTS) == slots_of(other, CARTS) == []


def test_every_store_is_listed_up_to_a_limit(
    schedules: Schedules, store: Store, make_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_store()
    runner = CliRunner(env={"COLUMNS": "300"})
    monkeypatch.setattr(commands, "LIMIT", len(stores.all_ids()))
    shown = runner.invoke(app, ["schedules"]).output
    assert store.slug in shown
    assert other.slug in shown
    monkeypatch.setattr(commands, "LIMIT", 1)
    assert "Only the first 1 stores are shown" in runner.invoke(app, ["schedules"]).output
