"""Slots are opened once, by whichever tick; a catch-up rule says what becomes of those that nobody saw; the row wins."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app.core import clock
from app.core.celery_app import celery_app
from app.core.schedules import RECURRING
from app.core.slots import RhythmInvalid, every, slots, wall_clock
from app.core.work import unit_of_work
from app.jobs import service as jobs
from app.jobs.errors import ScheduleNotFound
from app.jobs.models import Schedule, Slot
from app.jobs.rules import COVERED, TOO_LATE
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import looking
from tests.conftest import UnitOfWork
from tests.racing import race
from tests.ticking import NAME, TASK, add_schedule, effects_of, slots_of

NOW = datetime(2026, 12, 1, 10, 7, tzinfo=UTC)
THREE_DAYS = timedelta(hours=72)


def open_due(store: Store, now: datetime, name: str | None = None) -> list[Slot]:
    with unit_of_work(store.id) as session:
        return jobs.open_due(session, now, name)


def due_before(uow: UnitOfWork, since: datetime, **fields: Any) -> None:
    with uow() as session:
        add_schedule(session, opened_until=since, **fields)


def test_every_due_time_becomes_a_slot_in_order(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=3))
    opened = open_due(store, NOW)
    assert [slot.key for slot in opened] == ["2026-12-01T08:00", "2026-12-01T09:00", "2026-12-01T10:00"]
    assert {(slot.task, slot.work_status, slot.outcome) for slot in opened} == {(TASK, "queued", "")}
    assert open_due(store, NOW) == []
    assert len(slots_of(store)) == 3


def test_ac15_after_72_hours_the_newest_is_done_and_the_others_are_recorded(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - THREE_DAYS, catch_up="last")
    (opened,) = open_due(store, NOW)
    assert opened.key == "2026-12-01T10:00"
    rows = slots_of(store)
    assert len(rows) == 72
    assert [(row.work_status, row.outcome) for row in rows[:-1]] == [("done", COVERED)] * 71
    assert [slot.key for slot in open_due(store, NOW + timedelta(hours=1))] == ["2026-12-01T11:00"]


def test_ac15_a_schedule_that_makes_nothing_up_records_what_it_missed(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - THREE_DAYS, catch_up="none")
    assert open_due(store, NOW) == []
    assert Counter((row.work_status, row.outcome) for row in slots_of(store)) == {("done", TOO_LATE): 72}
    at = datetime(2026, 12, 1, 11, 0, 40, tzinfo=UTC)  # a tick and a bit late
    assert [slot.key for slot in open_due(store, at)] == ["2026-12-01T11:00"]


def test_a_year_of_hours_is_recorded_at_once(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(days=365), catch_up="last")
    with uow() as session:
        statements = count_statements(session)
        assert len(jobs.open_due(session, NOW)) == 1
        session.flush()
        assert len(statements) <= 4, "one for the schedule, one for all its slots, one to read, one to move on"
    assert len(slots_of(store)) == 8760


def count_statements(session: Session) -> list[str]:
    from sqlalchemy import event

    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
    return statements


def test_more_than_fits_into_one_statement_is_gone_on_with(
    uow: UnitOfWork, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_OPENED", 10)
    due_before(uow, NOW - timedelta(hours=25), catch_up="last")
    assert [[slot.key for slot in open_due(store, NOW)] for _ in range(3)] == [[], [], ["2026-12-01T10:00"]]
    assert len({slot.key for slot in slots_of(store)}) == 25


def test_ac19_many_ticks_at_once_open_each_slot_once(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=5))
    opened = race(12, lambda _: open_due(store, NOW))
    assert sorted(slot.key for slots in opened for slot in slots) == [f"2026-12-01T{hour:02}:00" for hour in range(6, 11)]
    assert len(slots_of(store)) == 5


def test_a_slot_that_is_there_is_not_opened_again_whatever_the_schedule_remembers(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=2))
    open_due(store, NOW)
    with uow() as session:  # a restored row, or a hand that slipped
        session.execute(text("UPDATE schedules SET opened_until = opened_until - interval '1 day', next_due_at = opened_until"))
    assert len(open_due(store, NOW)) == 22, "those of the day before; the last two stand"
    assert len(slots_of(store)) == len({slot.key for slot in slots_of(store)}) == 24


def test_a_store_gets_the_documented_schedules_once_and_nothing_of_the_past(uow: UnitOfWork, store: Store) -> None:
    for now in (NOW, NOW + timedelta(days=1)):
        with uow() as session:
            jobs.ensure_schedules(session, now)
    with uow() as session:
        rows = {row.name: row for row in session.exec(select(Schedule))}
        assert jobs.open_due(session, NOW) == []
    assert rows.keys() == {entry.name for entry in RECURRING}
    assert {row.opened_until for row in rows.values()} == {NOW}
    assert {name for name, row in rows.items() if not row.is_enabled} == {"cleanup-abandoned-sessions"}
    assert rows["cleanup-old-audit-logs"].arguments == {"days_old": 365}
    next_due = {name: row.next_due_at.strftime("%d %H:%M") for name, row in rows.items()}
    assert next_due == {
        "process-due-subscriptions": "01 11:00",
        "send-subscription-renewal-reminders": "01 10:15",
        "watch-billing": "01 10:10",
        "top-up-wallets": "01 10:20",
        "issue-statements": "01 10:25",
        "reconcile-settlements": "02 01:45",
        "check-invariants": "01 10:30",
        "cleanup-expired-carts": "02 02:00",
        "cleanup-expired-tokens": "02 03:00",
        "cleanup-old-audit-logs": "02 03:30",
        "cleanup-abandoned-sessions": "02 04:00",
    }


def test_beat_has_the_documented_entries_each_only_a_tick() -> None:
    documented = {
        "process-due-subscriptions": ("app.tasks.subscriptions.process_due_subscriptions", {0}, {0}),
        "cleanup-expired-carts": ("app.tasks.cleanup.cleanup_expired_carts", {2}, {0}),
        "cleanup-expired-tokens": ("app.tasks.cleanup.cleanup_expired_tokens", {3}, {0}),
        "cleanup-old-audit-logs": ("app.tasks.cleanup.cleanup_old_audit_logs", {3}, {30}),
    }
    entries = celery_app.conf.beat_schedule
    for name, (task, hours, minutes) in documented.items():
        entry = entries[name]
        assert (entry["task"], entry["schedule"].hour, entry["schedule"].minute) == (task, hours, minutes)
    assert all(entries[entry.name]["kwargs"] == {"tick": True} for entry in RECURRING if entry.is_enabled)
    assert "cleanup-abandoned-sessions" not in entries, "the documents have it switched off"


def test_the_midnight_of_the_documents_is_one_of_the_hours_of_the_row(uow: UnitOfWork, store: Store) -> None:
    midnight = datetime(2026, 12, 2, tzinfo=UTC)
    with uow() as session:
        jobs.ensure_schedules(session, midnight - timedelta(minutes=30))
    (slot,) = open_due(store, midnight, "process-due-subscriptions")
    assert slot.key == "2026-12-02T00:00"
    assert open_due(store, midnight + timedelta(seconds=20), "process-due-subscriptions") == []


@pytest.mark.parametrize("catch_up", ["all", "last"])
def test_what_is_switched_off_is_not_opened_and_counts_on_when_it_is_on_again(
    uow: UnitOfWork, store: Store, catch_up: str
) -> None:
    due_before(uow, NOW - timedelta(hours=3), catch_up=catch_up)
    with uow() as session:
        jobs.set_enabled(session, NAME, NOW, is_enabled=False)
    assert open_due(store, NOW) == []
    with uow() as session:
        jobs.set_enabled(session, NAME, NOW, is_enabled=True)
    assert open_due(store, NOW) == []
    assert [slot.key for slot in open_due(store, NOW + timedelta(hours=1))] == ["2026-12-01T11:00"]


def test_the_time_that_staff_wrote_wins(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        jobs.ensure_schedules(session, NOW)
        jobs.change(session, "cleanup-expired-carts", NOW, hour="5", minute="45", zone="Asia/Kolkata")
    with uow() as session:
        jobs.ensure_schedules(session, NOW)
    at_the_old_time = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
    assert open_due(store, at_the_old_time, "cleanup-expired-carts") == []
    (slot,) = open_due(store, datetime(2026, 12, 2, 2, 0, tzinfo=UTC), "cleanup-expired-carts")
    assert (slot.key, slot.due_at) == ("2026-12-02T05:45", datetime(2026, 12, 2, 0, 15, tzinfo=UTC))


def test_what_the_old_times_made_due_is_not_forgotten_by_new_ones(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=2))
    with uow() as session:
        jobs.change(session, NAME, NOW, minute="30")
    assert [slot.key for slot in slots_of(store)] == ["2026-12-01T09:00", "2026-12-01T10:00"]
    assert [slot.key for slot in open_due(store, NOW + timedelta(hours=1))] == ["2026-12-01T10:30"]


def test_another_catch_up_rule_is_for_what_was_missed_already(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=3), catch_up="none")
    with uow() as session:
        jobs.change(session, NAME, NOW, catch_up="all")
    assert len(open_due(store, NOW)) == 3


def test_a_change_that_is_no_time_is_refused_and_changes_nothing(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW)
    with pytest.raises(RhythmInvalid), uow() as session:
        jobs.change(session, NAME, NOW, hour="25")
    with uow() as session:
        assert [row.hour for row in session.exec(select(Schedule))] == ["*"]
    with pytest.raises(ScheduleNotFound), uow() as session:
        jobs.set_enabled(session, "no-such-thing", NOW, is_enabled=True)


def test_nonsense_in_one_row_keeps_no_other_waiting(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=1))
    due_before(uow, NOW - timedelta(hours=1), name="a-broken-one")
    with uow() as session:
        session.execute(text("UPDATE schedules SET zone = 'Middle/Earth' WHERE name = 'a-broken-one'"))
    assert [slot.schedule for slot in open_due(store, NOW)] == [NAME]


def test_a_task_that_this_release_does_not_know_waits_for_one_that_does(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, NOW - timedelta(hours=1), task="app.tasks.tomorrow.do")
    (slot,) = open_due(store, NOW)
    assert slot.work_status == "queued"


def move_clock(uow: UnitOfWork, offset: timedelta, moves_for: timedelta | None = None) -> None:
    with uow() as session:
        store = stores.get(session)
        store.clock_offset_seconds = int(offset.total_seconds())
        store.clock_moves_until = clock.machine_now() + moves_for if moves_for else None
        session.add(store)


def test_a_tick_asks_each_store_for_its_own_time(uow: UnitOfWork, store: Store, make_store: Callable[[], Store]) -> None:
    here, ahead = store, make_store()
    for one in (here, ahead):
        with unit_of_work(one.id) as session:
            add_schedule(session, minute="0", hour="*", opened_until=clock.machine_now())
    with unit_of_work(ahead.id) as session:
        stores.get(session).clock_offset_seconds = 2 * 3600
    looking.look_everywhere()
    assert (len(slots_of(here)), len(slots_of(ahead))) == (0, 2)


def test_a_store_whose_clock_is_being_moved_is_left_alone(uow: UnitOfWork, store: Store) -> None:
    due_before(uow, clock.machine_now() - timedelta(hours=2))
    move_clock(uow, timedelta(days=2), moves_for=timedelta(minutes=1))
    looking.look_everywhere()
    assert slots_of(store) == []
    with uow() as session:
        assert session.exec(select(Schedule).where(Schedule.name != NAME)).all() == []
    move_clock(uow, timedelta(days=2), moves_for=timedelta(minutes=-1))  # whoever moved it died: its lease is over
    looking.look_everywhere()
    assert len(slots_of(store)) >= 48


def test_a_tick_gives_a_store_its_schedules_and_leaves_a_sign_of_life(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        before = jobs.last_beat(session, "open_slots")
    looking.look_everywhere()
    with uow() as session:
        assert len(session.exec(select(Schedule)).all()) == len(RECURRING)
        last = jobs.last_beat(session, "open_slots")
    assert last is not None and (before is None or last > before)


def test_a_documented_tick_opens_its_own_slot_and_no_other(uow: UnitOfWork, store: Store) -> None:
    hour_ago = clock.machine_now() - timedelta(hours=1)
    due_before(uow, hour_ago)
    due_before(uow, hour_ago, name="another")
    race(4, lambda _: celery_app.tasks[TASK].apply(kwargs={"tick": True}).get())
    assert (len(slots_of(store)), slots_of(store, "another"), effects_of(store)) == (1, [], [])


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", "America/New_York"])
def test_ac20_each_local_slot_of_a_year_is_opened_once_by_uneven_and_doubled_ticks(
    uow: UnitOfWork, store: Store, zone: str
) -> None:
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    with uow() as session:
        add_schedule(session, opened_until=year[0], zone=zone, minute="30", hour="0,2")
        add_schedule(session, opened_until=year[0], zone=zone, name="hourly")
    at, step = year[0], timedelta(hours=73)
    while at < year[1]:
        at = min(at + step, year[1])
        race(2, lambda _, at=at: open_due(store, at))  # type: ignore[misc]
    expected = [due.key for due in slots(wall_clock("30", "0,2", "*", zone), *year)]
    assert [slot.key for slot in slots_of(store)] == expected
    assert len(expected) == 730
    assert len({slot.key for slot in slots_of(store, "hourly")}) == (8760 if zone == "Asia/Kolkata" else 8759)


def test_intervals_have_instants_as_keys(uow: UnitOfWork, store: Store) -> None:
    since = NOW - timedelta(minutes=10)
    due_before(uow, since, interval_seconds=300)
    assert [slot.key for slot in open_due(store, NOW)] == [due.key for due in slots(every(300), since, NOW)]
