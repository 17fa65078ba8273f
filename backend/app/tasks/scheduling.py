"""The documented scheduled tasks: called as written, and each due time takes effect once.

    @scheduled("cleanup-expired-carts")
    def cleanup_expired_carts(session: Session, store: StoreFacts, slot: Slot, days_old: int = 30) -> Step: ...

The function is one step: a chunk of the work in one transaction, together with the renewal or the settling of its slot's
lease. So effect and record are one, and a holder who lost the lease writes nothing. The task made of it is called

- with `tick=True`, by beat: it opens what is due of the schedule in every store, and returns;
- with `store_id` and `slot_id`, by a nudge: it works on that slot, and on others of this task that are due, for a while;
- with the documented arguments, by hand: the call is a slot too, keyed by the task's id, in every store or the one named by
  `store_id`, and worked on at once. Delivered again, the message finds it done and answers with what was counted.
"""

import inspect
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from celery import uuid
from sqlalchemy import and_
from sqlmodel import col

from app.core import clock
from app.core.celery_app import RowTask, celery_app
from app.core.errors import Refusal
from app.core.nudge import NUDGES, SLOT, Nudge, slot_nudge
from app.core.work import unit_of_work
from app.core.work_rows import claim_next, claim_one
from app.jobs import service as jobs
from app.jobs.models import Slot
from app.stores import service as stores
from app.tasks.base import RAW_RETRIES, NotYet, Result
from app.tasks.looking import open_everywhere
from app.tasks.stepping import Counts, Step, Steps, add, work

__all__ = ["Step", "scheduled"]

SLICE_SECONDS = 25.0  # then the slot goes back into the queue, and others have their turn
BUSY_SECONDS = 2.0  # somebody else works on it
SETTLED = ("done", "dead")


def nothing_besides() -> Counts:
    return {}


def any_arguments(**_: Any) -> None:
    """Whatever fits the signature will do."""


class ScheduledTask(RowTask):
    """See the module."""

    abstract = True
    typing = False  # checked against the step's own signature, before anything is written
    max_retries = None  # type: ignore[assignment]  # Celery: no limit; a call by hand waits as long as its rows do
    retry_kwargs = {"max_retries": RAW_RETRIES}

    schedule: str
    steps: Steps
    check: Callable[..., None]
    counted: tuple[str, ...]
    documented_signature: inspect.Signature

    def run(self, *args: Any, tick: bool = False, slot_id: str | None = None, **kwargs: Any) -> Result:
        if tick:
            return {"status": "success", "opened": open_everywhere(self.schedule)}
        if slot_id is not None:
            return {"status": "success", "served": self._serve(UUID(kwargs["store_id"]), UUID(slot_id))}
        is_direct = self.request.called_directly
        try:
            return self._call(args, dict(kwargs), is_direct=is_direct)
        except Refusal as refusal:
            if is_direct:
                raise
            return {"status": "failed", "reason": refusal.code}
        except NotYet as later:
            raise self.retry(args=args, kwargs=kwargs, countdown=later.seconds) from later

    def _serve(self, store_id: UUID, slot_id: UUID) -> int:
        """Work on the named slot, then on whatever else of this task is due in the store, for a slice; how many slots."""
        until, served = time.monotonic() + SLICE_SECONDS, 0
        is_mine = col(Slot.task) == self.name
        which = and_(is_mine, col(Slot.id) == slot_id)
        while True:
            with unit_of_work(store_id) as session:
                slot = claim_next(session, Slot, which)
            if slot is None:
                return served
            work(self.steps, store_id, slot, until, [])
            served, which = served + 1, is_mine
            if time.monotonic() > until:
                break
        with unit_of_work(store_id) as session:
            jobs.wake_due(session, self.name)
        return served

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_direct: bool) -> Result:
        """Record the call in each store, and do it there. One store's failure keeps no other waiting."""
        named = kwargs.pop("store_id", None)
        arguments = dict(self.documented_signature.bind(*args, **kwargs).arguments)
        self.check(**arguments)
        call_id, until = self.request.id or uuid(), float("inf") if is_direct else time.monotonic() + SLICE_SECONDS
        failures = list[Exception]()
        slots = list[Slot]()
        for store_id in self._stores(named):
            if time.monotonic() > until:
                raise NotYet(0)  # those that are done answer at once next time
            slots.append(self._do(store_id, call_id, arguments, until, failures))
        if is_direct and failures:
            raise failures[0]
        if waits := [_wait_seconds(slot) for slot in slots if slot.work_status not in SETTLED]:
            raise NotYet(min(waits))
        counts = add(dict.fromkeys(self.counted, 0), *(slot.counts for slot in slots))
        if dead := [slot.last_error for slot in slots if slot.work_status == "dead"]:
            return {"status": "failed", "reason": dead[0], **counts}
        return {"status": "success", **counts}

    def _stores(self, named: str | UUID | None) -> list[UUID]:
        if named is not None:
            return [stores.find_by_id(UUID(str(named))).id]
        return stores.all_ids()[: 1 if self.steps.is_installation_wide else None]

    def _do(self, store_id: UUID, call_id: str, arguments: dict[str, Any], until: float, failures: list[Exception]) -> Slot:
        now = clock.now(stores.find_by_id(store_id))
        with unit_of_work(store_id) as session:
            slot = jobs.record_call(session, self.schedule, self.name, call_id, arguments, now)
            claimed = claim_one(session, Slot, slot.id)
        return work(self.steps, store_id, claimed, until, failures) if claimed else slot


def scheduled(
    schedule: str,
    *,
    counted: tuple[str, ...] = ("count",),
    check: Callable[..., None] = any_arguments,
    outside: Callable[[], Counts] = nothing_besides,
    is_installation_wide: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Step]], Any]:
    """Make the documented task of a step function; its name is the function's, in the module that defines it.

    `counted`: what a result always tells. `check` refuses arguments of a call by hand before anything is recorded. `outside`
    and `is_installation_wide`: see `Steps`. `options` are Celery's.
    """

    def make(step: Callable[..., Step]) -> Any:
        name = f"{step.__module__}.{step.__name__}"
        nudge = NUDGES.setdefault(slot_nudge(name), Nudge(name, 0, SLOT))
        attributes: dict[str, Any] = {
            "__module__": step.__module__,
            "__doc__": step.__doc__,
            "abstract": False,
            "name": name,
            "urgency": nudge.priority,
            "schedule": schedule,
            "steps": Steps(step, outside, is_installation_wide),
            "check": staticmethod(check),
            "counted": counted,
            "documented_signature": inspect.Signature(list(inspect.signature(step).parameters.values())[3:]),
            **options,
        }
        return celery_app.register_task(type(step.__name__, (ScheduledTask,), attributes)())

    return make


def _wait_seconds(slot: Slot) -> float:
    """Until the slot may be tried again; somebody who works on it takes a moment."""
    if slot.work_status == "working" or slot.next_attempt_at is None:
        return BUSY_SECONDS
    return (slot.next_attempt_at - clock.machine_now()).total_seconds()
