"""A test store's own clock: moved forward by one caller at a time, under a lease that is a column of the store.

While somebody moves it no tick opens what is due: whoever moves the clock does, at each instant on the way. A mover that
dies is forgotten when its lease runs out.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col

from app.audit.service import record
from app.core import clock
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import LeaseLost
from app.core.work import store_of
from app.core.work_columns import app_now, seconds
from app.providers.sandbox_clock import Accounts, SandboxClock
from app.stores import service as stores
from app.stores.errors import ClockGoesForwardOnly, ClockIsMoving, ClockNotFound, ClockTooFar, NotConfigured
from app.stores.models import Store

LEASE_SECONDS = 60.0  # renewed with every step; above what one call may take
MAX_AHEAD = timedelta(days=400)  # in one call: a year and a month. More is most likely a slip of the pen
AT_SANDBOX: Final[tuple[Literal["razorpay", "sendgrid", "twilio"], ...]] = ("razorpay", "sendgrid", "twilio")
REPEAT = timedelta(minutes=10)  # a clock goes on by itself, so a call that is made again finds it past its target


@dataclass
class MovingClock:
    """A store's clock in the hands of whoever moves it; `until` is both the lease's end and the proof of holding it."""

    zone: str
    clock_offset_seconds: int
    until: datetime


def take(session: Session, to: datetime, actor: Actor) -> MovingClock:
    """Take the clock in order to move it to `to`. ClockIsMoving while somebody else does; ClockGoesForwardOnly, ClockTooFar;
    ClockNotFound in a live store.

    A `to` that was reached a moment ago is taken too: there is nothing to move then, and perhaps something left to be done.
    """
    store = stores.get(session)
    if store.mode != "test":
        raise ClockNotFound
    now = clock.now(store)
    if to < now - REPEAT:
        raise ClockGoesForwardOnly(field="to", now=now.isoformat())
    if to > now + MAX_AHEAD:
        raise ClockTooFar(field="to", now=now.isoformat(), maximum_days=MAX_AHEAD.days)
    is_free = or_(col(Store.clock_moves_until).is_(None), col(Store.clock_moves_until) < app_now())
    taken = _change(session, is_free, clock_moves_until=_lease())
    if taken is None:
        raise ClockIsMoving(retry_after_seconds=1)
    offset, until = taken
    changes = {"now": [now.isoformat(), to.isoformat()]}
    record(session, actor, "clock.advanced", ("stores", store.id), changes, cause="the test clock was asked to go on")
    return MovingClock(store.zone, offset, until)


def move(session: Session, moving: MovingClock, at: datetime) -> int:
    """Have the store's now be `at`, if it is not past it; by how many seconds it went on. LeaseLost for a late holder.

    The offset is whole seconds and rounded up, so that what is due at `at` is due.
    """
    before = moving.clock_offset_seconds
    offset = math.ceil((at - clock.machine_now()).total_seconds())
    changed = _change(
        session,
        col(Store.clock_moves_until) == moving.until,
        clock_offset_seconds=func.greatest(col(Store.clock_offset_seconds), offset),
        clock_moves_until=_lease(),
    )
    if changed is None:
        raise LeaseLost(f"the clock of store {store_of(session)}")
    moving.clock_offset_seconds, moving.until = changed
    return moving.clock_offset_seconds - before


def release(session: Session, moving: MovingClock) -> None:
    """The clock goes on by itself from here. Nothing, for a late holder."""
    _change(session, col(Store.clock_moves_until) == moving.until, clock_moves_until=None)


def sandbox(session: Session) -> SandboxClock:
    """The clocks of this store's accounts at the sandbox; of none where its providers are elsewhere."""
    url = settings.sandbox_url.rstrip("/")
    ours: dict[str, dict[str, str]] = {}
    for provider in AT_SANDBOX:
        if url and settings.provider_url(provider) == url:
            try:
                ours[provider] = stores.provider_account(session, provider).secrets
            except NotConfigured:
                continue
    return SandboxClock(url, Accounts.of(ours))


def _lease() -> ColumnElement[datetime]:
    until: ColumnElement[datetime] = app_now() + seconds(LEASE_SECONDS)
    return until


def _change(session: Session, which: ColumnElement[bool], **values: object) -> tuple[int, datetime] | None:
    """One statement, so that of two callers one finds the other's lease. The offset and the lease afterwards."""
    ours = update(Store).where(col(Store.id) == store_of(session), which)
    changed = ours.values(**values).returning(col(Store.clock_offset_seconds), col(Store.clock_moves_until))
    found = session.execute(changed, execution_options={"synchronize_session": False}).one_or_none()
    return None if found is None else (found.clock_offset_seconds, found.clock_moves_until)
