"""Steps of dunning that are due, each in a unit of work of its own."""

import time
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.checkout import dunning_queries, dunning_stepping
from app.core import clock
from app.core.logging import get_logger
from app.core.work import defer, unit_of_work
from app.stores import service as stores

log = get_logger(__name__)

SLICE_SECONDS = 10.0
CHUNK = 100  # in one look; the next takes the others


def step_due(store_id: UUID) -> int:
    """How many were looked at. What is not reached in a slice is for the next."""
    end, looked_at = time.monotonic() + SLICE_SECONDS, 0
    with unit_of_work(store_id) as session:
        due = dunning_queries.due(session, clock.now(stores.get(session)), CHUNK)
    for dunning_id in due:
        try:
            with unit_of_work(store_id) as session:
                dunning_stepping.step(session, dunning_id, clock.now(stores.get(session)))
        except OperationalError:  # the database is away: nothing is wrong with the order
            raise
        except Exception as error:
            log.error("dunning_not_stepped", id=str(dunning_id), exc_info=error)
        looked_at += 1
        if time.monotonic() > end:
            break
    if looked_at < len(due) or len(due) == CHUNK:
        with unit_of_work(store_id) as session:
            defer(session, "dun_due")
    return looked_at
