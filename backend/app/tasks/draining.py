"""Work off what is due in one store, a slice of at most ten seconds at a time."""

import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.core.work import defer, unit_of_work
from app.core.work_rows import WorkRow, is_due

SLICE_SECONDS = 10.0  # then another task goes on: short tasks keep the queue fair between stores
LOOK_AHEAD = 20  # ids read at a time; several drains race for them and each row is claimed by one


def drain(store_id: UUID, model: type[WorkRow], work: Callable[[UUID, UUID], object], nudge: str) -> int:
    """Call `work(store_id, row_id)` for every due row until none is left or the slice is over; then nudge the next slice.

    `work` claims its row itself, so rows that somebody else has are passed over. Returns how many were worked on.
    """
    end, worked = time.monotonic() + SLICE_SECONDS, 0
    seen: set[UUID] = set()
    while ids := [row_id for row_id in _due_ids(store_id, model) if row_id not in seen]:
        for row_id in ids:
            if time.monotonic() > end:
                with unit_of_work(store_id) as session:
                    defer(session, nudge)
                return worked
            seen.add(row_id)
            work(store_id, row_id)
            worked += 1
    return worked


def _due_ids(store_id: UUID, model: type[WorkRow]) -> list[UUID]:
    with unit_of_work(store_id) as session:
        statement = select(col(model.id)).where(is_due(model)).order_by(col(model.next_attempt_at)).limit(LOOK_AHEAD)
        return list(session.execute(statement).scalars())
