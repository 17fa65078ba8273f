"""Work on a slot step by step: each step, what it counted and the slot's lease are one transaction.

So effect and record are one: a holder who lost the lease writes nothing, and one that dies loses its last step at most.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.core.errors import LeaseLost, Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.core.work_rows import hold, renew, settle_done, settle_failed, settle_later
from app.jobs import queries
from app.jobs import service as jobs
from app.jobs.models import Slot
from app.stores import service as stores

log = get_logger(__name__)

Counts = Mapping[str, int | str]

ELSEWHERE = "skipped: another store does it for the whole installation"


@dataclass(frozen=True)
class Step:
    """What one step did. Numbers add up over the steps, a word replaces the one before. `more`: another step is wanted."""

    counts: Counts
    more: bool = False
    outcome: str = "done"


@dataclass(frozen=True)
class Steps:
    """How the slots of a task are worked on.

    `step(session, store, slot, **arguments)` is called until it wants no more. `outside` is done before the first step and
    with no transaction open, and must be safe to run twice. `is_installation_wide`: what the oldest store does is done for
    all, so the due slots of the others are skipped.
    """

    step: Callable[..., Step]
    outside: Callable[[], Counts]
    is_installation_wide: bool

    def is_done_elsewhere(self, slot: Slot) -> bool:
        return self.is_installation_wide and not slot.is_asked_for and slot.store_id != stores.all_ids()[0]


def work(steps: Steps, store_id: UUID, slot: Slot, until: float, failures: list[Exception]) -> Slot:
    """Take steps until the claimed slot is settled or `until` is over (it is queued again then); how it stands.

    What breaks is recorded on the slot, which says when it is tried again, and added to `failures`.
    """
    try:
        besides = {} if slot.counts else steps.outside()
        while slot.work_status == "working":
            slot = _take(steps, store_id, slot, besides, until)
            besides = {}
    except LeaseLost:
        log.warning("lease_lost", table="slots", schedule=slot.schedule, key=slot.key)
        with unit_of_work(store_id) as session:
            return queries.get_slot(session, slot.schedule, slot.key)
    except Exception as error:
        log.error("step_broke", task=slot.task, schedule=slot.schedule, key=slot.key, exc_info=error)
        failures.append(error)
        return _fail(store_id, slot, error)
    return slot


def _take(steps: Steps, store_id: UUID, claimed: Slot, besides: Counts, until: float) -> Slot:
    store, is_done_elsewhere = stores.find_by_id(store_id), steps.is_done_elsewhere(claimed)
    with unit_of_work(store_id) as session:
        slot = hold(session, claimed)
        step = Step({}, outcome=ELSEWHERE) if is_done_elsewhere else steps.step(session, store, slot, **slot.arguments)
        slot.counts = add(slot.counts, besides, step.counts)
        if not step.more:
            slot.outcome = step.outcome
            settle_done(session, slot)
            return slot
        renew(session, slot)
        if time.monotonic() > until:
            settle_later(session, slot, 0)
            jobs.wake(session, slot)
        return slot


def _fail(store_id: UUID, slot: Slot, error: Exception) -> Slot:
    """A refusal is for good, a database that went away nobody's fault; everything else is tried three times more."""
    is_away = isinstance(error, OperationalError) and error.connection_invalidated
    reason = error.detail if isinstance(error, Refusal) else f"{type(error).__name__} in a step; the log says more"
    with unit_of_work(store_id) as session:
        try:
            held = hold(session, slot)
        except LeaseLost:
            return queries.get_slot(session, slot.schedule, slot.key)
        settle_failed(session, held, reason, counts=not is_away, final=isinstance(error, Refusal))
        return held


def add(*parts: Counts) -> dict[str, int | str]:
    """Numbers under the same name add up; a word replaces what was there."""
    total: dict[str, int | str] = {}
    for part in parts:
        for name, value in part.items():
            before = total.get(name, 0)
            total[name] = before + value if isinstance(value, int) and isinstance(before, int) else value
    return total
