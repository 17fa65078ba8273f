"""A scheduled task of the tests, whose effects can be counted; `celery -A tests.ticking` knows it beside all others."""

from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit import service as audit
from app.audit.models import AuditEntry
from app.core import clock
from app.core.actor import SYSTEM
from app.core.celery_app import celery_app
from app.core.errors import Invalid
from app.core.work import store_of, unit_of_work
from app.jobs.models import Schedule, Slot
from app.stores import service as stores
from app.stores.models import Store
from app.stores.service import StoreFacts
from app.tasks.scheduling import Step, scheduled

__all__ = ["celery_app", "count_effects"]

NAME = "count-effects"
TASK = "tests.ticking.count_effects"
HANGS_SECONDS = 60.0


def _check(steps: int = 1, **_: Any) -> None:
    if steps < 1:
        raise Invalid("at least one step", field="steps")


@scheduled(NAME, counted=("count", "done_at"), check=_check)
def count_effects(
    session: Session, _store: StoreFacts, slot: Slot, steps: int = 1, breaks: bool = False, hangs: bool = False
) -> Step:
    """Write one audit entry a step: once for ever. `hangs`: until its first holder is killed."""
    audit.record(session, SYSTEM, "effect.made", ("slots", slot.id), cause=slot.key)
    if breaks:
        raise RuntimeError("broken on purpose")
    if hangs and not slot.counts and slot.lost_leases == 0:
        Event().wait(HANGS_SECONDS)
    return Step({"count": 1, "done_at": slot.key}, more=int(slot.counts.get("count", 0)) + 1 < steps)


def add_schedule(session: Session, **fields: Any) -> Schedule:
    """Hourly in UTC and all of it made up for, unless told otherwise; it counts from an hour ago."""
    since = clock.now(stores.get(session)) - timedelta(hours=1)
    times = {} if "interval_seconds" in fields else {"minute": "0", "hour": "*", "weekday": "*"}
    given = {"name": NAME, "task": TASK, "catch_up": "all", "opened_until": since, "next_due_at": since, **times, **fields}
    schedule = Schedule(store_id=store_of(session), **given)
    schedule.open_until(schedule.opened_until)
    session.add(schedule)
    session.flush()
    return schedule


def slots_of(store: Store | UUID, name: str = NAME) -> list[Slot]:
    with unit_of_work(store if isinstance(store, UUID) else store.id) as session:
        return list(session.exec(select(Slot).where(Slot.schedule == name).order_by(col(Slot.due_at), col(Slot.key))))


def effects_of(store: Store | UUID) -> list[str]:
    """The key of the slot of every effect, in the order in which they were made."""
    with unit_of_work(store if isinstance(store, UUID) else store.id) as session:
        made = select(AuditEntry.cause).where(AuditEntry.action == "effect.made").order_by(col(AuditEntry.id))
        return list(session.exec(made))
