"""A row that is work: claimed under a lease, settled with its token, found again by the sweep.

The columns stand beside the noun's own `status`. All time is the database's (`app_now()`), so hosts with wrong clocks agree.
The life of a row: queued → working → done | dead, and back to queued after a failure or a lost lease. A row whose holder
died while it may have talked to a provider becomes `unknown` and is claimed, if at all, to look the outcome up.
"""

import os
import socket
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.sql.functions import Function
from sqlmodel import Field, Session, String, col

from app.core.config import settings
from app.core.db import Row
from app.core.errors import LeaseLost

MAX_LOST_LEASES = 5  # deaths of a holder that worked on this row alone; then it is dead and in sight
MAX_BACKOFF_SECONDS = 600
UNAVAILABLE_SECONDS = 60  # a provider that is away is asked again after 30 to 60 s; no attempt is used up
RECLAIM_LIMIT = 500

WORK_STATUSES = ("queued", "working", "unknown", "done", "dead")
DUE = ("queued", "unknown")


class WorkRow(Row):
    """Mixin: add `*work_constraints("table")` to `__table_args__`."""

    calls_provider: ClassVar[bool] = False  # True: a lost lease means the outcome of a call is unknown
    looks_up: ClassVar[bool] = False  # True: an unknown outcome can be asked for; else it waits for a receipt or a person
    max_attempts: ClassVar[int] = 4  # "max 3 retries": one call and three more
    backoff_seconds: ClassVar[int] = 5

    work_status: str = Field(default="queued", sa_type=String(10))
    attempts: int = Field(default=0)  # tries with an outcome, plus the running one
    # Due at once unless a time is given, by the database's clock: a host a few milliseconds ahead would queue work that
    # the nudge right behind it finds not yet due. Null later on: waits for somebody else's word.
    next_attempt_at: datetime | None = Field(default=None, sa_column_kwargs={"default": func.app_now()})
    lease_token: UUID | None = None
    lease_until: datetime | None = None
    claimed_by: str | None = Field(default=None, max_length=100)
    claimed_alone: bool = False
    is_suspect: bool = False  # a batch it was in died: claimed alone from now on
    lost_leases: int = Field(default=0)
    call_outcome_unknown: bool = False  # the next holder begins with a look-up
    last_error: str | None = Field(default=None, max_length=500)
    settled_at: datetime | None = None

    def lose_lease(self) -> None:
        """What the noun records about itself when its holder died; in the transaction that takes it back."""


W = TypeVar("W", bound=WorkRow)


def work_constraints(table: str) -> tuple[Any, ...]:
    """The checks and the two partial indexes every work table has."""
    return (
        CheckConstraint(f"work_status in {WORK_STATUSES!r}", name="work_status_known"),
        CheckConstraint("(work_status = 'working') = (lease_token is not null and lease_until is not null)", name="lease_held"),
        CheckConstraint("(work_status in ('done', 'dead')) = (settled_at is not null)", name="settled_stamped"),
        CheckConstraint("attempts >= 0 and lost_leases >= 0", name="counts_not_negative"),
        Index(f"ix_{table}_due", "store_id", "next_attempt_at", postgresql_where=text("work_status in ('queued', 'unknown')")),
        Index(f"ix_{table}_leased", "lease_until", postgresql_where=text("work_status = 'working'")),
    )


def app_now() -> Function[datetime]:
    """The database's clock; simulations set `rozana.now`, production never does."""
    return func.app_now()


def _has_status(model: type[WorkRow], *statuses: str) -> ColumnElement[bool]:
    """Rendered as literals, so that even a generic plan proves the partial indexes usable."""
    return col(model.work_status).in_(bindparam(None, statuses, expanding=True, literal_execute=True))


def _seconds(value: Any) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, value)


def is_due(model: type[WorkRow]) -> ColumnElement[bool]:
    """Queued, or unknown with a look-up planned, and its time has come."""
    return and_(_has_status(model, *DUE), col(model.next_attempt_at) <= app_now())


def _claim(session: Session, model: type[W], which: ColumnElement[bool], limit: int, *, alone: bool) -> list[W]:
    due = (
        select(col(model.store_id), col(model.id))
        .where(is_due(model), which)
        .order_by(col(model.next_attempt_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    claimed = (
        update(model)
        .where(col(model.store_id) == due.c.store_id, col(model.id) == due.c.id)
        .values(
            work_status="working",
            attempts=col(model.attempts) + 1,
            lease_token=uuid4(),
            lease_until=app_now() + _seconds(settings.lease_seconds),
            claimed_by=f"{socket.gethostname()}:{os.getpid()}"[:100],
            claimed_alone=alone,
            call_outcome_unknown=col(model.work_status) == "unknown",
        )
    )
    return _returning(session, model, claimed)


def _returning(session: Session, model: type[W], statement: Update) -> list[W]:
    rows = session.scalars(statement.returning(model), execution_options={"populate_existing": True})
    return list(rows.all())


def claim_one(session: Session, model: type[W], row_id: UUID) -> W | None:
    """Claim the named row if it is due and free; None: somebody has it, it is done, or its time has not come."""
    return next(iter(_claim(session, model, col(model.id) == row_id, 1, alone=True)), None)


def claim_next(session: Session, model: type[W]) -> W | None:
    """Claim the row that has been due longest, alone: for work whose rows are worked one by one."""
    return next(iter(_claim(session, model, true(), 1, alone=True)), None)


def claim_batch(session: Session, model: type[W], limit: int) -> list[W]:
    """Claim up to `limit` due rows; when no other is left, one suspect (a row whose batch died) alone."""
    rows = _claim(session, model, col(model.is_suspect).is_(False), limit, alone=limit == 1)
    return rows or _claim(session, model, col(model.is_suspect).is_(True), 1, alone=True)


def _held(row: WorkRow, **values: Any) -> Update:
    model = type(row)
    return (
        update(model)
        .where(
            col(model.store_id) == row.store_id,
            col(model.id) == row.id,
            _has_status(model, "working"),
            col(model.lease_token) == row.lease_token,
        )
        .values(**values)
    )


def _settle(session: Session, row: W, **values: Any) -> None:
    session.add(row)  # claimed in an earlier transaction
    session.flush()  # what the noun recorded about itself goes first, so that the refresh below keeps it
    released = {"lease_token": None, "lease_until": None, **values}
    if not _returning(session, type(row), _held(row, **released)):
        raise LeaseLost(f"{type(row).__name__} {row.id}")


def settle_done(session: Session, row: WorkRow) -> None:
    """The work is done; in the effect's own transaction. LeaseLost (and so a rollback) for a late holder."""
    _settle(session, row, work_status="done", settled_at=app_now(), last_error=None, call_outcome_unknown=False)


def settle_failed(
    session: Session,
    row: WorkRow,
    error: object,
    *,
    counts: bool = True,
    final: bool = False,
    wait_seconds: float | None = None,
) -> None:
    """It did not work. `final`: never again. `counts=False`: a provider is away, the attempt is given back.

    Back-off `min(600, base·2^(attempts-1)) × uniform(0.5, 1)` seconds, or `wait_seconds × uniform(1, 1.25)`; after
    `max_attempts` counted tries the row is dead and stays in sight with its cause. A row claimed for a look-up that could
    not be made stays unknown: the next holder begins with the look-up too.
    """
    model = type(row)
    if final or (counts and row.attempts >= model.max_attempts):
        _settle(session, row, work_status="dead", settled_at=app_now(), last_error=str(error)[:500], call_outcome_unknown=False)
        return
    if wait_seconds is not None:  # what the provider asked for: never earlier
        wait = _seconds(min(wait_seconds, MAX_BACKOFF_SECONDS)) * (1 + func.random() / 4)
    else:
        wait = _seconds(backoff(model, row.attempts) if counts else UNAVAILABLE_SECONDS) * (0.5 + func.random() / 2)
    _settle(
        session,
        row,
        work_status="unknown" if row.call_outcome_unknown else "queued",
        attempts=row.attempts - (0 if counts else 1),
        next_attempt_at=app_now() + wait,
        last_error=str(error)[:500],
    )


def settle_unknown(session: Session, row: WorkRow, error: object, *, look_up_in_seconds: float | None = None) -> None:
    """The call may have taken effect: look it up in `look_up_in_seconds`, or wait for a receipt or a person (None)."""
    _settle(
        session,
        row,
        work_status="unknown",
        next_attempt_at=None if look_up_in_seconds is None else app_now() + _seconds(look_up_in_seconds),
        last_error=str(error)[:500],
    )


def backoff(model: type[WorkRow], attempts: int) -> float:
    """Seconds before jitter: doubling from the model's base, at most ten minutes."""
    return float(min(MAX_BACKOFF_SECONDS, model.backoff_seconds * 2 ** max(0, attempts - 1)))


def reclaim(session: Session, model: type[W]) -> list[W]:
    """Take back rows whose lease ran out: their holder died or hung. Returns them, some now dead (quarantined).

    A death counts against a row only when it was claimed alone; a batch's rows become suspects and are claimed alone.
    """
    gone = (
        select(col(model.store_id), col(model.id))
        .where(_has_status(model, "working"), col(model.lease_until) < app_now())
        .order_by(col(model.lease_until))
        .limit(RECLAIM_LIMIT)
        .with_for_update(skip_locked=True)
        .cte("gone")
        .prefix_with("MATERIALIZED")
    )
    is_last = and_(col(model.claimed_alone), col(model.lost_leases) >= MAX_LOST_LEASES - 1)
    lost_leases = col(model.lost_leases) + case((col(model.claimed_alone), 1), else_=0)
    statement = (
        update(model)
        .where(col(model.store_id) == gone.c.store_id, col(model.id) == gone.c.id)
        .values(
            work_status=case((is_last, "dead"), else_="unknown" if model.calls_provider else "queued"),
            settled_at=case((is_last, app_now())),
            lost_leases=lost_leases,
            attempts=col(model.attempts) - 1,
            is_suspect=True,
            next_attempt_at=_after_lost_lease(model),
            last_error=func.concat("lease lost by ", col(model.claimed_by)),
            lease_token=None,
            lease_until=None,
        )
    )
    rows = _returning(session, model, statement)
    for row in rows:
        row.lose_lease()
    return rows


def _after_lost_lease(model: type[WorkRow]) -> Any:
    if model.calls_provider and not model.looks_up:
        return None  # nobody can be asked: a receipt or a person settles it
    wait = func.least(MAX_BACKOFF_SECONDS, 5 * func.power(2, col(model.lost_leases)))
    return app_now() + _seconds(wait) * (0.5 + func.random() / 2)


def needs_sweep(model: type[WorkRow], grace_seconds: float) -> ColumnElement[bool]:
    """Due for longer than `grace_seconds` (its nudge was lost), or its lease ran out."""
    return or_(
        and_(_has_status(model, *DUE), col(model.next_attempt_at) <= app_now() - _seconds(grace_seconds)),
        and_(_has_status(model, "working"), col(model.lease_until) < app_now()),
    )
