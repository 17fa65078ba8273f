"""Play a test store's time: stop at each instant that makes something due, and let the workers do it as in production.

Nothing here does the work itself: slots are opened as a tick opens them, nudges wake the workers, the sandbox sends its
webhooks, and the clock waits until nothing is owed. So what a test sees is what production does, only sooner.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.api.settling import Scene, nudge, nudge_due, settle, wake_waiting
from app.core import clock
from app.core.actor import Actor
from app.core.errors import ProviderError, Refusal
from app.core.work import unit_of_work
from app.insight import due
from app.insight.due import Stop
from app.jobs import service as jobs
from app.payments import catching_up
from app.stores import clocks

CALL_SECONDS = 20.0  # of one call; the caller comes again for the rest, and no proxy's patience ends before
TRIES_IN_A_ROW = 20  # stops for waiting work only: what a provider's bad moment takes, and not a whole day of its outage


class SandboxAway(Refusal):
    """The provider sandbox does not answer, and its clock goes with this one. The clock stays where it got to."""

    status, code = 503, "sandbox_away"


@dataclass(frozen=True)
class Advance:
    """How far one call got: `reached` when the clock is there and nothing is owed. `visited`: where it stopped, in order."""

    reached: bool
    visited: list[datetime]


def advance(store_id: UUID, to: datetime, actor: Actor) -> Advance:
    """Move the clock of a test store to `to`, or as far as one call gets; a repeat goes on. Never moves it back.

    ClockIsMoving, ClockGoesForwardOnly, ClockTooFar: nothing happened. NobodyWorks, SandboxAway: it got part of the way.
    """
    with unit_of_work(store_id) as session:
        moving = clocks.take(session, to, actor)
        jobs.ensure_schedules(session, clock.now(moving))
        catching_up.ensure_watch(session)
        sandbox = clocks.sandbox(session)
    journey = Journey(Scene(store_id, moving, sandbox), time.monotonic() + CALL_SECONDS)
    try:
        with sandbox:
            reached = journey.go(to)
    except ProviderError as error:
        raise SandboxAway(str(error)) from error
    finally:
        with unit_of_work(store_id) as session:
            clocks.release(session, moving)
    return Advance(reached, journey.visited)


@dataclass
class Journey:
    """One call's way: from stop to stop, each left only when nothing is owed there."""

    scene: Scene
    ends: float  # by the monotonic clock
    visited: list[datetime] = field(default_factory=list)

    def go(self, to: datetime) -> bool:
        """Whether `to` was reached in time."""
        self.scene.sandbox.put(self.scene.moving.clock_offset_seconds)
        self._open_all()
        nudge(self.scene)
        tries = 0
        while settle(self.scene, self.ends):
            stop, is_try = self._next(with_tries=tries < TRIES_IN_A_ROW)
            if stop is None or stop.at > to:
                self._stop_at(Stop(to))
                self._open_all()
                return settle(self.scene, self.ends)
            self.visited.append(stop.at)
            tries = tries + 1 if is_try else 0
            self._stop_at(stop)
        return False

    def _next(self, *, with_tries: bool) -> tuple[Stop | None, bool]:
        """Where to stop next, and whether it is only for work that waits."""
        sandbox_at = self.scene.sandbox.next_at()
        with unit_of_work(self.scene.store_id) as session:
            stop = due.next_stop(session)
            try_at = due.next_try_at(session) if with_tries else None
        if sandbox_at is not None and (stop is None or sandbox_at < stop.at):
            stop = Stop(sandbox_at)
        if try_at is not None and (stop is None or try_at < stop.at):
            return Stop(try_at), True
        return stop, False

    def _stop_at(self, stop: Stop) -> None:
        """Be there: first this store's clock, then its providers', then what waits: nobody is called by a clock behind."""
        moving, store_id = self.scene.moving, self.scene.store_id
        with unit_of_work(store_id) as session:
            by_seconds = clocks.move(session, moving, stop.at)
        if by_seconds:
            self.scene.sandbox.put(moving.clock_offset_seconds)
        with unit_of_work(store_id) as session:
            wake_waiting(session, by_seconds)
            for schedule in stop.schedules:
                jobs.open_due(session, clock.now(moving), schedule)
            nudge_due(self.scene, session)

    def _open_all(self) -> None:
        """What a tick does, and at the two ends of the way only: in between, a slot that is covered would find nothing to do.

        One go records some thousands of slots: as often as it gets on.
        """
        before, now = None, clock.now(self.scene.moving)
        while True:
            with unit_of_work(self.scene.store_id) as session:
                due_at = due.slot_due_since(session)
                if due_at is None or due_at > now or due_at == before:
                    return
                before = due_at
                jobs.open_due(session, now)
