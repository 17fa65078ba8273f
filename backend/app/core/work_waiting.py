"""Work that waits, woken from outside: somebody told us something, or a store's test clock went on."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from app.core.errors import Refusal
from app.core.work_columns import WorkRow, app_now, has_status, seconds


class StillWorking(Refusal):
    """Somebody works on this at the moment; come again shortly."""

    status, code = 409, "still_working"


def wake(session: Session, row: WorkRow) -> None:
    """Due now, whatever it waited for, also when it was done. The caller holds the row's lock.

    StillWorking while somebody holds its lease: what they are about to settle may be older than the news.
    """
    if row.work_status == "working":
        raise StillWorking
    row.work_status, row.settled_at, row.last_error = "queued", None, None
    session.add(row)
    session.flush()
    model = type(row)
    due = update(model).where(col(model.store_id) == row.store_id, col(model.id) == row.id).values(next_attempt_at=app_now())
    session.execute(due, execution_options={"synchronize_session": "fetch"})


def wake_done(session: Session, model: type[WorkRow], ids: Collection[UUID]) -> None:
    """Have these looked at once more, as far as they are done; what somebody holds or what waits already stays as it is."""
    done = update(model).where(col(model.id).in_(ids), has_status(model, "done"))
    woken = done.values(work_status="queued", settled_at=None, next_attempt_at=app_now())
    session.execute(woken, execution_options={"synchronize_session": False})


def bring_forward(session: Session, model: type[WorkRow], by_seconds: float) -> None:
    """What waits in this store becomes due that much sooner: rows wait by the machine's clock, and a test clock went on."""
    waits = col(model.next_attempt_at) > app_now()
    earlier = col(model.next_attempt_at) - seconds(by_seconds)
    statement = update(model).where(waits, has_status(model, "queued", "unknown")).values(next_attempt_at=earlier)
    session.execute(statement, execution_options={"synchronize_session": False})
