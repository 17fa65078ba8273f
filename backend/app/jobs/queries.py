"""Schedules and slots: every SELECT, every lock, and the one INSERT of many."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from app.core.ids import new_id
from app.core.slots import Due
from app.core.work_rows import is_due
from app.jobs.errors import ScheduleNotFound
from app.jobs.models import Schedule, Slot

_INSERT = text("""
INSERT INTO slots (store_id, id, created_at, work_status, attempts, next_attempt_at, claimed_alone, is_suspect, lost_leases,
                   call_outcome_unknown, settled_at, schedule, key, task, due_at, arguments, counts, outcome)
SELECT :store_id, new.id, app_now(), CASE WHEN new.outcome = '' THEN 'queued' ELSE 'done' END, 0, app_now(), false, false, 0,
       false, CASE WHEN new.outcome <> '' THEN app_now() END, of.name, new.key, of.task, new.due_at, of.arguments, '{}',
       new.outcome
  FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:due_ats AS timestamptz[]), CAST(:outcomes AS text[]))
         AS new (id, key, due_at, outcome), schedules AS of
 WHERE of.store_id = :store_id AND of.id = :schedule_id
ON CONFLICT (store_id, schedule, key) DO NOTHING RETURNING id, work_status
""")


def due_locked(session: Session, now: datetime, name: str | None) -> Sequence[Schedule]:
    """The store's schedules (or the named one) that have something due, locked: a second tick waits, then finds none."""
    due = select(Schedule).where(col(Schedule.is_enabled), Schedule.next_due_at <= now)
    if name is not None:
        due = due.where(Schedule.name == name)
    return session.exec(due.order_by(Schedule.name).with_for_update()).all()


def insert_slots(session: Session, schedule: Schedule, dues: Sequence[Due], outcomes: Sequence[str]) -> list[UUID]:
    """Record these due times at once, each unless it is recorded; the ids of those that went in to be done, in order."""
    ids = [new_id() for _ in dues]
    values = {
        "store_id": schedule.store_id,
        "schedule_id": schedule.id,
        "ids": ids,
        "keys": [due.key for due in dues],
        "due_ats": [due.at for due in dues],
        "outcomes": list(outcomes),
    }
    queued = {row.id for row in session.execute(_INSERT, values) if row.work_status == "queued"}
    return [slot_id for slot_id in ids if slot_id in queued]


def slots_by_id(session: Session, ids: Sequence[UUID]) -> list[Slot]:
    """In the order of their due times."""
    return list(session.exec(select(Slot).where(col(Slot.id).in_(ids)).order_by(col(Slot.due_at))))


def get_slot(session: Session, schedule: str, key: str) -> Slot:
    return session.exec(select(Slot).where(Slot.schedule == schedule, Slot.key == key)).one()


def longest_due_of_each_task(session: Session, name: str | None) -> Sequence[UUID]:
    """Of every task (or the one) with due slots in this store, the slot that has been due longest."""
    task, since = col(Slot.task), col(Slot.next_attempt_at)
    is_meant = task == name if name is not None else true()
    return session.exec(select(Slot.id).where(is_due(Slot), is_meant).ext(distinct_on(task)).order_by(task, since)).all()


def get(session: Session, name: str) -> Schedule:
    """Locked, since it is about to be changed. ScheduleNotFound."""
    schedule = session.exec(select(Schedule).where(Schedule.name == name).with_for_update()).one_or_none()
    if schedule is None:
        raise ScheduleNotFound(f"there is no schedule {name} in this store")
    return schedule


def all_schedules(session: Session) -> Sequence[Schedule]:
    return session.exec(select(Schedule).order_by(Schedule.name)).all()


def last_slots(session: Session) -> dict[str, Slot]:
    """By schedule, the newest slot of this store, however it ended."""
    newest = select(Slot).ext(distinct_on(col(Slot.schedule))).order_by(col(Slot.schedule), col(Slot.due_at).desc())
    return {slot.schedule: slot for slot in session.exec(newest)}
