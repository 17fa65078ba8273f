"""Play a test store's time: stop at each instant that makes something due, and let the workers do it as in production.

Nothing here does the work itself: slots are opened as a tick opens them, nudges wake the workers, the sandbox sends its
webhooks, and the clock waits until nothing is owed. So what a test sees is what production does, only sooner.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import ProviderError, Refusal
from app.core.work import defer, unit_of_work
from app.core.work_rows import reclaim
from app.core.work_waiting import bring_forward
from app.insight import due
from app.insight.due import DRAINS, Owed
from app.jobs import service as jobs
from app.payments import mandate_queries
from app.providers.sandbox_clock import SandboxClock
from app.stores import clocks
from app.stores.clocks import MovingClock

CALL_SECONDS = 20.0  # of one call; the caller comes again for the rest, and no proxy's patience ends before
NOBODY_SECONDS = 8.0  # without anybody taking up what is due: a worker that is only busy is back by then
NUDGE_SECONDS = 1.0  # a nudge may get lost: given again
POLL_SECONDS = 0.01
QUIET_LOOKS = 2  # between a webhook's arrival and its row, or a row and the next, one look may see neither
NOTHING = Owed({}, 0)
TRIES_IN_A_ROW = 20  # stops for waiting work only: what a provider's bad moment takes, and not a whole day of its outage


class NobodyWorks(Refusal):
    """Something is due and no worker takes it up: start one. The clock stays where it got to."""

    status, code = 503, "nobody_works"


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
        sandbox = clocks.sandbox(session)
    journey = Journey(store_id, moving, sandbox, time.monotonic() + CALL_SECONDS)
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
    """One call's way: from instant to instant, each left only when nothing is owed there."""

    store_id: UUID
    moving: MovingClock
    sandbox: SandboxClock
    ends: float  # by the monotonic clock
    visited: list[datetime] = field(default_factory=list)

    def go(self, to: datetime) -> bool:
        """Whether `to` was reached in time."""
        self.sandbox.put(self.moving.clock_offset_seconds)
        self._nudge()
        tries = 0
        while self._is_settled():
            at, is_try = self._next(with_tries=tries < TRIES_IN_A_ROW)
            if at is None or at > to:
                self._stop_at(to)
                return self._is_settled()
            self.visited.append(at)
            tries = tries + 1 if is_try else 0
            self._stop_at(at)
        return False

    def _next(self, *, with_tries: bool) -> tuple[datetime | None, bool]:
        """The next instant to stop at, and whether it is only for work that waits."""
        sandbox_at = self.sandbox.next_at()
        with unit_of_work(self.store_id) as session:
            own_at = due.next_at(session)
            try_at = due.next_try_at(session) if with_tries else None
        at = min(filter(None, (own_at, sandbox_at)), default=None)
        if try_at is not None and (at is None or try_at < at):
            return try_at, True
        return at, False

    def _stop_at(self, at: datetime) -> None:
        """Be there: first this store's clock, then its providers', then what waits: nobody is called by a clock behind."""
        with unit_of_work(self.store_id) as session:
            by_seconds = clocks.move(session, self.moving, at)
        if by_seconds:
            self.sandbox.put(self.moving.clock_offset_seconds)
        with unit_of_work(self.store_id) as session:
            for model, drain in DRAINS.items():
                if by_seconds and bring_forward(session, model, by_seconds):
                    defer(session, drain)
            self._open_due(session)

    def _open_due(self, session: Session) -> None:
        """What the ticks do: they leave it to us while the clock is being moved."""
        now = clock.now(self.moving)
        jobs.open_due(session, now)
        debit_at = mandate_queries.next_debit_at(session)
        if debit_at is not None and debit_at <= now:
            defer(session, "charge_due")

    def _nudge(self) -> None:
        """What the sweep does too, for this store and at once: lost leases are taken back, whatever is due is nudged."""
        with unit_of_work(self.store_id) as session:
            for model in DRAINS:
                reclaim(session, model)
            self._open_due(session)
            waiting = due.owed(session, clock.now(self.moving)).waiting
            for model, drain in DRAINS.items():
                if model.__tablename__ in waiting:
                    defer(session, drain)

    def _is_settled(self) -> bool:
        """Wait until nothing is owed; False when the time is over before. NobodyWorks."""
        changed = nudged = time.monotonic()
        seen, quiet = NOTHING, 0
        while True:
            found, now = self._owed(), time.monotonic()
            quiet = quiet + 1 if found is None else 0
            if quiet == QUIET_LOOKS:
                return now < self.ends
            if now > self.ends:
                return False
            if found is None or found != seen or found.working or not found.waiting:
                seen, changed = found or NOTHING, now
            elif now - changed > NOBODY_SECONDS:
                raise NobodyWorks(waiting=found.waiting, retry_after_seconds=5)
            if now - nudged > NUDGE_SECONDS:
                nudged = now
                self._nudge()
            time.sleep(POLL_SECONDS)

    def _owed(self) -> Owed | None:
        """What is due or under way, here or between the sandbox and us; None: nothing."""
        with unit_of_work(self.store_id) as session:
            found = due.owed(session, clock.now(self.moving))
        return None if not found and self.sandbox.is_quiet() else found
