"""The two ticks: the sweep finds what Redis lost and whoever died left behind, `open_slots` what is due by itself."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.core.celery_app import celery_app
from app.core.logging import get_logger
from app.core.work import across_stores, defer, unit_of_work
from app.core.work_rows import WorkRow, needs_sweep, reclaim
from app.insight.owed import DRAINS
from app.jobs import service as jobs
from app.tasks.looking import look_everywhere

log = get_logger(__name__)

GRACE_SECONDS = 5.0  # a row due for less is on its way through the queue
STORES_PER_SWEEP = 50  # per kind of work: the next sweep takes the others, longest owed first


@celery_app.task(name="app.tasks.work.open_slots", soft_time_limit=60, time_limit=90)
def open_slots() -> dict[str, int]:
    """Open the slots that are due in every store, and wake whoever has due rows. Safe to run twice, or ten at once."""
    return look_everywhere()


@celery_app.task(name="app.tasks.work.drain_slots", soft_time_limit=60, time_limit=90)
def drain_slots(store_id: str) -> None:
    """Wake each task of which a slot is due in this store: it runs on its own queue, and goes on with the others."""
    with unit_of_work(UUID(store_id)) as session:
        jobs.wake_due(session)


@celery_app.task(name="app.tasks.work.sweep", soft_time_limit=60, time_limit=90)
def sweep() -> dict[str, int]:
    """Take back lost leases and wake a drain for every store that is owed something. Safe to run twice, or ten at once."""
    owed = 0
    for model, drain in DRAINS.items():
        for store_id in _owed_stores(model):
            with unit_of_work(store_id) as session:
                for row in reclaim(session, model):
                    log.warning("lease_lost", table=row.__tablename__, id=str(row.id), work_status=row.work_status)
                defer(session, drain)
            owed += 1
    _beat()
    return {"owed": owed}


def _owed_stores(model: type[WorkRow]) -> list[UUID]:
    with across_stores() as session:
        return owed_stores(session, model)


def owed_stores(session: Session, model: type[WorkRow], grace_seconds: float = GRACE_SECONDS) -> list[UUID]:
    """Stores with rows of this kind that are due beyond the grace or whose lease ran out, longest owed first."""
    store_id, due_at = col(model.store_id), func.least(col(model.next_attempt_at), col(model.lease_until))
    statement = select(store_id).where(needs_sweep(model, grace_seconds)).group_by(store_id).order_by(func.min(due_at))
    return list(session.execute(statement.limit(STORES_PER_SWEEP)).scalars())


def _beat() -> None:
    """So that `doctor` and the watchdog see beat and a worker alive. A heartbeat belongs to no store."""
    with across_stores() as session:
        jobs.beat(session, "sweep")
