"""Wait until nothing is owed in a store whose clock stands still for a moment: what a tick, the sweep and the workers do."""

import time
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.checkout import dunning_queries
from app.core import clock
from app.core.errors import Refusal
from app.core.work import defer, unit_of_work
from app.core.work_rows import reclaim
from app.core.work_waiting import bring_forward
from app.insight import due
from app.insight.due import Owed
from app.insight.owed import DRAINS
from app.orders import queries as orders
from app.payments import mandate_queries
from app.providers.sandbox_clock import SandboxClock
from app.stores.clocks import MovingClock

NOBODY_SECONDS = 12.0  # without anybody taking up what is due: a worker that is only busy is back by then
NUDGE_SECONDS = 1.0  # a nudge may get lost: given again
POLL_SECONDS = 0.02
GLANCE_SECONDS = 0.005  # from the first look that sees nothing to the next
QUIET_LOOKS = 2  # between a webhook's arrival and its row, or a row and the next, one look may see neither
NOTHING = Owed({}, 0)


class NobodyWorks(Refusal):
    """Something is due and no worker takes it up: start one. The clock stays where it got to."""

    status, code = 503, "nobody_works"


@dataclass(frozen=True)
class Scene:
    """Where it is waited: the store, its clock in our hands, and the sandbox's."""

    store_id: UUID
    moving: MovingClock
    sandbox: SandboxClock


def settle(scene: Scene, ends: float) -> bool:
    """Wait until nothing is owed; False when the time (of the monotonic clock) is over before. NobodyWorks."""
    changed = nudged = time.monotonic()
    seen, quiet = NOTHING, 0
    while True:
        found, now = _owed(scene), time.monotonic()
        quiet = quiet + 1 if found is None else 0
        if quiet == QUIET_LOOKS:
            return now < ends
        if now > ends:
            return False
        if found is None or found != seen or found.working or not found.waiting:
            seen, changed = found or NOTHING, now
        elif now - changed > NOBODY_SECONDS:
            raise NobodyWorks(waiting=found.waiting, retry_after_seconds=5)
        if now - nudged > NUDGE_SECONDS:
            nudged = now
            nudge(scene)
        time.sleep(POLL_SECONDS if found is not None else GLANCE_SECONDS)


def nudge(scene: Scene) -> None:
    """What the sweep does, for this store and at once: lost leases are taken back, whatever is due is nudged."""
    with unit_of_work(scene.store_id) as session:
        for model in DRAINS:
            reclaim(session, model)
        nudge_due(scene, session)
        waiting = due.owed(session, clock.now(scene.moving)).waiting
        for model, drain in DRAINS.items():
            if model.__tablename__ in waiting:
                defer(session, drain)


def nudge_due(scene: Scene, session: Session) -> None:
    """What a tick does for debits, and for orders that were not paid in time, that are due by the store's own clock."""
    due_at = {"charge_due": mandate_queries.next_debit_at(session), "expire_orders": orders.next_expiry_at(session)}
    due_at["dun_due"] = dunning_queries.next_due_at(session)
    for name, at in due_at.items():
        if at is not None and at <= clock.now(scene.moving):
            defer(session, name)


def wake_waiting(session: Session, by_seconds: int) -> None:
    """The clock went on: what waits by the machine's is that much nearer."""
    for model in due.kinds_waiting(session) if by_seconds else ():
        bring_forward(session, model, by_seconds)
        defer(session, DRAINS[model])


def _owed(scene: Scene) -> Owed | None:
    """What is due or under way, here or between the sandbox and us; None: nothing."""
    with unit_of_work(scene.store_id) as session:
        found = due.owed(session, clock.now(scene.moving))
    return None if not found and scene.sandbox.is_quiet() else found
