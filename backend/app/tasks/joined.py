"""One task for several rows of a store: nudges that came at the same moment travel in one message (`core/nudge.py`)."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.core.logging import get_logger, request_id
from app.core.work import defer, unit_of_work
from app.tasks.draining import SLICE_SECONDS

log = get_logger(__name__)

T = TypeVar("T")
More = Sequence[tuple[str, str]]  # rows besides the one that is named, each with the id of the request it came from


def work_each(store_id: str, row_id: str, more: More, work: Callable[[UUID, UUID], T], drain: str) -> T:
    """`work` for the named row, whose result is returned, and for each of `more` under its own request id.

    `work` claims its row itself. One that breaks keeps no other waiting: it is logged, and its lease runs out. When the slice
    is over the nudge `drain` has the rest taken up.
    """
    end = time.monotonic() + SLICE_SECONDS
    try:
        return work(UUID(store_id), UUID(row_id))
    finally:
        for other_id, of_request in more:
            if time.monotonic() > end:
                with unit_of_work(UUID(store_id)) as session:
                    defer(session, drain)
                break
            request_id.set(of_request)
            try:
                work(UUID(store_id), UUID(other_id))
            except OperationalError:  # the database is away: not this row's doing, and Celery tries again
                raise
            except Exception as error:
                log.error("work_broke", task_of=drain, id=other_id, exc_info=error)
