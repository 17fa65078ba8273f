"""What recurs: a store's schedules, opening what is due of them, calls by hand, and signs of life."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import and_, text
from sqlmodel import Session, col, select

from app.core.config import settings
from app.core.db import add_once, delete_some
from app.core.logging import get_logger
from app.core.nudge import NUDGES, slot_nudge
from app.core.schedules import RECURRING
from app.core.slots import RhythmInvalid, slots
from app.core.work import defer, store_of
from app.jobs import queries
from app.jobs.models import CALL_KEY, RUN_KEY, Schedule, Slot
from app.jobs.rules import outcomes

log = get_logger(__name__)

MAX_OPENED = 10_000  # slots of one schedule recorded in one statement; the next tick goes on
MAX_NUDGES = 20  # more would only stand in the queue: whoever has done a slot goes on with the next
KEEP_SLOTS = timedelta(days=400)  # people compare with the year before
TIMES = {"minute", "hour", "weekday", "zone", "interval_seconds"}
GRACE_TICKS = 2  # a slot of this age is in time, one tick having been late

_BEAT = text("INSERT INTO heartbeats (name, at) VALUES (:name, app_now()) ON CONFLICT (name) DO UPDATE SET at = excluded.at")
_LAST = text("SELECT at FROM heartbeats WHERE name = :name")


def beat(session: Session, name: str) -> None:
    """`name` runs now, by the database's clock."""
    session.execute(_BEAT, {"name": name})


def last_beat(session: Session, name: str) -> datetime | None:
    return session.execute(_LAST, {"name": name}).scalar_one_or_none()


def ensure_schedules(session: Session, now: datetime) -> None:
    """Give the store the documented schedules it lacks, counting from `now`: nothing of the past is made up for.

    Safe to run twice; a row that is there is never changed.
    """
    for entry in RECURRING:
        schedule = Schedule(
            store_id=store_of(session),
            name=entry.name,
            task=entry.task,
            minute=entry.minute,
            hour=entry.hour,
            weekday="*",
            arguments=entry.arguments,
            is_enabled=entry.is_enabled,
            opened_until=now,
            next_due_at=now,
        )
        schedule.open_until(now)
        add_once(session, schedule, "name")


def open_due(session: Session, now: datetime, name: str | None = None) -> list[Slot]:
    """Record every slot of this store (of the schedule `name`) that is due at `now` by its own clock, and wake its task.

    Returns those that are to be done; what the catch-up rule skips is recorded with them. Safe to run twice and in a race:
    the schedule is locked, and a slot goes in once.
    """
    opened: list[Slot] = []
    for schedule in queries.due_locked(session, now, name):
        try:
            opened += _open(session, schedule, now)
        except RhythmInvalid as invalid:
            log.error("schedule_invalid", schedule=schedule.name, store_id=str(schedule.store_id), error=invalid.detail)
    return opened


def _open(session: Session, schedule: Schedule, now: datetime) -> list[Slot]:
    dues = list(islice(slots(schedule.rhythm, schedule.opened_until, now), MAX_OPENED))
    is_whole = len(dues) < MAX_OPENED
    grace = timedelta(seconds=GRACE_TICKS * settings.tick_seconds)
    ids = queries.insert_slots(session, schedule, dues, outcomes(dues, schedule.catch_up, now, grace, is_whole=is_whole))
    schedule.open_until(now if is_whole else dues[-1].at)
    session.add(schedule)
    opened = queries.slots_by_id(session, ids)
    for slot in opened[:MAX_NUDGES]:
        wake(session, slot)
    return opened


def wake(session: Session, slot: Slot) -> None:
    """Nudge the slot's task. One that this release does not know waits in sight for a release that does."""
    if slot_nudge(slot.task) in NUDGES:
        defer(session, slot_nudge(slot.task), slot.id)
    else:
        log.warning("task_not_known", task=slot.task, schedule=slot.schedule, key=slot.key)


def wake_due(session: Session, task: str | None = None) -> None:
    """Nudge every task (or the one) of which a slot is due in this store, with the slot that has been due longest."""
    for slot in queries.slots_by_id(session, queries.longest_due_of_each_task(session, task)):
        wake(session, slot)


def open_now(session: Session, name: str, now: datetime) -> Slot:
    """Open a slot of the schedule because somebody asks for it, due or not, and wake its task. ScheduleNotFound."""
    schedule = queries.get(session, name)
    slot = _asked_for(session, schedule.name, schedule.task, f"{RUN_KEY}{now:%Y-%m-%dT%H:%M:%S.%fZ}", schedule.arguments, now)
    wake(session, slot)
    return slot


def record_call(session: Session, name: str, task: str, call_id: str, arguments: Mapping[str, Any], now: datetime) -> Slot:
    """The slot of one call of a task by hand; a repeat of the call finds the first one's. Wakes nobody: the caller does it."""
    return _asked_for(session, name, task, f"{CALL_KEY}{call_id}"[:100], arguments, now)


def _asked_for(session: Session, name: str, task: str, key: str, arguments: Mapping[str, Any], now: datetime) -> Slot:
    slot = Slot(store_id=store_of(session), schedule=name, key=key, task=task, due_at=now, arguments=dict(arguments))
    add_once(session, slot, "schedule", "key")
    return queries.get_slot(session, name, key)


def set_enabled(session: Session, name: str, now: datetime, *, is_enabled: bool) -> Schedule:
    """Switch a schedule on or off. What was due while it was off is nobody's business. ScheduleNotFound."""
    schedule = queries.get(session, name)
    if is_enabled and not schedule.is_enabled:
        schedule.open_until(now)
    schedule.is_enabled = is_enabled
    session.add(schedule)
    return schedule


def change(session: Session, name: str, now: datetime, **values: Any) -> Schedule:
    """Change when a schedule is due, or how it catches up. New times count from `now`; what the old ones made due is opened.

    ScheduleNotFound, RhythmInvalid.
    """
    schedule = queries.get(session, name)
    has_new_times = bool(values.keys() & TIMES)
    if has_new_times:
        open_due(session, now, name)
    for field, value in values.items():
        setattr(schedule, field, value)
    if has_new_times:
        schedule.open_until(now)
    session.add(schedule)
    return schedule


def forget_old(session: Session, now: datetime, limit: int) -> int:
    """Delete at most `limit` slots that were done long ago; how many. Dead ones stay in sight. Run until it returns 0."""
    of_a_schedule = col(Slot.schedule).in_(select(col(Schedule.name)))  # so that the index by schedule and time serves
    is_old = and_(of_a_schedule, col(Slot.due_at) < now - KEEP_SLOTS, col(Slot.work_status) == "done")
    return delete_some(session, Slot, is_old, limit)
