"""Work off what is due in one store, a slice of at most ten seconds at a time."""

import time
from collections.abc import Callable, Set
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from app.core.logging import get_logger
from app.core.work import defer, unit_of_work
from app.core.work_rows import WorkRow, is_due

log = get_logger(__name__)

SLICE_SECONDS = 10.0  # then another task goes on: short tasks keep the queue fair between stores
LOOK_AHEAD = 20  # ids read at a time; several drains race for them and each row is claimed by one


def drain(store_id: UUID, model: type[WorkRow], work: Callable[[UUID, UUID], object], nudge: str) -> int:
    """Call `work(store_id, row_id)` for every due row until none is left or the slice is over; then nudge the next slice.

    `work` claims its row itself, so rows that somebody else has are passed over. Returns how many were worked on. A row
    whose work breaks is logged and keeps nobody waiting: its lease runs out, or it is still due for the next drain.
    """
    end, worked = time.monotonic() + SLICE_SECONDS, 0
    seen, still_due = set[UUID](), set[UUID]()  # worked on and due all the same: somebody held them, or their work broke
    while ids := _due_ids(store_id, model, still_due):
        still_due |= seen.intersection(ids)
        for row_id in ids:
            if row_id in still_due:
                continue
            if time.monotonic() > end:
                with unit_of_work(store_id) as session:
                    defer(session, nudge)
                return worked
            seen.add(row_id)
            try:
                work(store_id, row_id)
            except OperationalError:  # the database is away: not this row's doing, and Celery tries again
                raise
            except Exception as error:
                log.error("work_broke", table=model.__tablename__, id=str(row_id), exc_info=error)
            worked += 1
    return worked


def _due_ids(store_id: UUID, model: type[WorkRow], besides: Set[UUID]) -> list[UUID]:
    with unit_of_work(store_id) as session:
        due = select(col(model.id)).where(is_due(model), col(model.id).not_in(besides))
        return list(session.execute(due.order_by(col(model.next_attempt_at)).limit(LOOK_AHEAD)).scalars())
