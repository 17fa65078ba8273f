"""Whether deliveries are billed as they should be: the watchdog's last word, and whether it still speaks."""

from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from app.core.config import settings
from app.jobs import service as jobs
from app.jobs.models import Schedule, Slot
from app.subscriptions import run_queries

Trouble = Literal["beat_silent", "watchdog_silent", "deliveries_owed", "run_held"]
WATCHDOG = "watch-billing"
SILENT_AFTER = timedelta(minutes=25)  # it comes every quarter of an hour


def beat_is_silent(session: Session, now: datetime) -> bool:
    """Two sweeps are missing, and a minute for a deployment. `now`: the machine's."""
    last = jobs.last_beat(session, "sweep")
    return last is None or now - last > timedelta(seconds=2 * settings.sweep_seconds + 60)


def troubles(session: Session, now: datetime) -> list[Trouble]:
    """Of one store. `now`: the machine's, for silence is not measured by a test clock."""
    found = list[Trouble]()
    done = select(Slot).where(Slot.schedule == WATCHDOG, Slot.outcome == "done").order_by(col(Slot.due_at).desc())
    last = session.exec(done.limit(1)).first()
    schedule = session.exec(select(Schedule).where(Schedule.name == WATCHDOG)).one_or_none()
    since = last.settled_at if last is not None else schedule.created_at if schedule is not None else None
    if since is not None and now - since > SILENT_AFTER:
        found.append("watchdog_silent")
    if last is not None and last.counts.get("owed"):
        found.append("deliveries_owed")
    if run_queries.held(session) is not None:
        found.append("run_held")
    return found
