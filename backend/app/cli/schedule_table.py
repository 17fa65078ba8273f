"""The schedules of one store as a table for people."""

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table
from sqlmodel import Session

from app.core import clock
from app.core.slots import RhythmInvalid
from app.jobs import queries
from app.jobs.models import Schedule, Slot
from app.stores import service as stores

NEXT_RUNS = 5


def table_of(session: Session) -> Table:
    """When each is due next, in the store's zone, and how its last slot went."""
    store = stores.get(session)
    zone, now = ZoneInfo(store.zone), clock.now(store)
    table = Table("Schedule", "When", f"Next {NEXT_RUNS} runs", "Last slot", "How it went", title=f"{store.slug}, {store.zone}")
    last = queries.last_slots(session)
    for schedule in queries.all_schedules(session):
        slot = last.get(schedule.name)
        table.add_row(
            schedule.name,
            when(schedule),
            "\n".join(_next_runs(schedule, now, zone)),
            f"{slot.due_at.astimezone(zone):%d %b %H:%M}" if slot else "",
            _how_it_went(slot) if slot else "",
        )
    return table


def when(schedule: Schedule) -> str:
    if schedule.interval_seconds is not None:
        return f"every {schedule.interval_seconds} s"
    return f"{schedule.minute} {schedule.hour} {schedule.weekday} {schedule.zone}"


def _next_runs(schedule: Schedule, now: datetime, zone: ZoneInfo) -> list[str]:
    if not schedule.is_enabled:
        return ["off"]
    try:
        dues = islice(schedule.rhythm.after(now), NEXT_RUNS)
        return [f"{due.at.astimezone(zone):%a %d %b %H:%M}" for due in dues]
    except RhythmInvalid as invalid:
        return [invalid.detail]


def _how_it_went(slot: Slot) -> str:
    counts = ", ".join(f"{name} {value}" for name, value in slot.counts.items())
    return escape("; ".join(part for part in (slot.outcome or slot.work_status, counts, slot.last_error) if part))
