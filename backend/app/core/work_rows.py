"""A row that is work: claimed under a lease, settled with its token, found again by the sweep.

The columns stand beside the noun's own `status`. All time is the database's (`app_now()`), so hosts with wrong clocks agree.
The life of a row: queued → working → done | dead, and back to queued after a failure or a lost lease. A row whose holder
died while it may have talked to a provider becomes `unknown` and is claimed, if at all, to look the outcome up.
"""

import functools
import os
import socket
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Update, and_, bindparam, case, func, inspect, select, true, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col

from app.core.config import settings
from app.core.db import metadata
from app.core.errors import LeaseLost
from app.core.work_columns import (
    MAX_BACKOFF_SECONDS,
    WorkRow,
    app_now,
    backoff,
    has_status,
    is_due,
    needs_sweep,
    seconds,
    work_constraints,
)

__all__ = [
    "WorkRow", "app_now", "backoff", "claim_batch", "claim_next", "claim_one", "hold", "is_due", "needs_sweep", "reclaim",
    "renew", "settle_done", "settle_failed", "settle_later", "settle_unknown", "work_constraints",
]  # fmt: skip

MAX_LOST_LEASES = 5  # deaths of a holder that worked on this row alone; then it is dead and in sight
UNAVAILABLE_SECONDS = 60  # a provider that is away is asked again after 30 to 60 s; no attempt is used up
RECLAIM_LIMIT = 500

W = TypeVar("W", bound=WorkRow)


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
            **_lease(alone=alone),
            attempts=col(model.attempts) + 1,
            call_outcome_unknown=col(model.work_status) == "unknown",
        )
    )
    return _returning(session, model, claimed)


def _lease(*, alone: bool) -> dict[str, Any]:
    """What says that the row is ours now."""
    return {
        "work_status": "working",
        "lease_token": uuid4(),
        "lease_until": app_now() + seconds(settings.lease_seconds),
        "claimed_by": f"{socket.gethostname()}:{os.getpid()}"[:100],
        "claimed_alone": alone,
    }


def _returning(session: Session, model: type[W], statement: Update) -> list[W]:
    rows = session.scalars(statement.returning(model), execution_options={"populate_existing": True})
    return list(rows.all())


def claim_one(session: Session, model: type[W], row_id: UUID) -> W | None:
    """Claim the named row if it is due and free; None: somebody has it, it is done, or its time has not come.

    A row that this session has made and not yet written is written claimed: nobody else can have seen it.
    """
    own = next((row for row in session.new if isinstance(row, model) and row.id == row_id), None)
    if own is not None and own.work_status == "queued" and own.next_attempt_at is None:  # due at once
        for name, value in {**_lease(alone=True), "attempts": 1}.items():
            setattr(own, name, value)
        session.flush()
        return own
    return next(iter(_claim(session, model, col(model.id) == row_id, 1, alone=True)), None)


def claim_next(session: Session, model: type[W], which: ColumnElement[bool] | None = None) -> W | None:
    """Claim the row (`which`: of these) that has been due longest, alone: for work whose rows are worked one by one."""
    return next(iter(_claim(session, model, true() if which is None else which, 1, alone=True)), None)


def claim_batch(session: Session, model: type[W], limit: int) -> list[W]:
    """Claim up to `limit` due rows; when no other is left, one suspect (a row whose batch died) alone."""
    rows = _claim(session, model, col(model.is_suspect).is_(False), limit, alone=limit == 1)
    return rows or _claim(session, model, col(model.is_suspect).is_(True), 1, alone=True)


@functools.cache
def _held(model: type[WorkRow]) -> Update:
    """The row of the bound key, while it is held with the bound token; the table's, so that nothing but its values is made."""
    table = metadata.tables[str(model.__tablename__)]
    return update(table).where(
        table.c.store_id == bindparam("its_store_id"),
        table.c.id == bindparam("its_id"),
        has_status(model, "working"),
        table.c.lease_token == bindparam("its_token"),
    )


def _settle(session: Session, row: WorkRow, **values: Any) -> None:
    """One UPDATE for what is said here and what the noun recorded about itself since the row was read, and all read afresh."""
    model, token = type(row), row.lease_token
    session.add(row)  # claimed in an earlier transaction
    noted = {name: row.__dict__[name] for name in inspect(row).committed_state}
    for name, value in noted.items():
        set_committed_value(row, name, value)
    session.flush()
    released = {"lease_token": None, "lease_until": None, **noted, **values}
    computed = {name: value for name, value in released.items() if isinstance(value, ColumnElement)}
    given = {name: value for name, value in released.items() if name not in computed}
    key = {"its_store_id": row.store_id, "its_id": row.id, "its_token": token}
    statement = _held(model).values(**computed).returning(*metadata.tables[str(model.__tablename__)].c)
    settled = session.connection().execute(statement, given | key).mappings().one_or_none()
    if settled is None:
        raise LeaseLost(f"{model.__name__} {row.id}")
    for name, value in settled.items():
        set_committed_value(row, name, value)


def hold(session: Session, row: W) -> W:
    """Lock a claimed row before anything else is, and read it afresh. LeaseLost for a late holder."""
    model = type(row)
    mine = and_(col(model.id) == row.id, has_status(model, "working"), col(model.lease_token) == row.lease_token)
    held = session.scalars(select(model).where(mine).with_for_update()).one_or_none()
    if held is None:
        raise LeaseLost(f"{model.__name__} {row.id}")
    return held


def renew(session: Session, row: WorkRow) -> None:
    """A step of longer work is done, in its own transaction: hold the row for another lease. LeaseLost for a late holder.

    Failures and deaths before this step are forgiven: work that gets on is not the reason for them.
    """
    lease_until = app_now() + seconds(settings.lease_seconds)
    _settle(session, row, lease_token=row.lease_token, lease_until=lease_until, attempts=1, lost_leases=0)


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
        wait = seconds(min(wait_seconds, MAX_BACKOFF_SECONDS)) * (1 + func.random() / 4)
    else:
        wait = seconds(backoff(model, row.attempts) if counts else UNAVAILABLE_SECONDS) * (0.5 + func.random() / 2)
    _settle(
        session,
        row,
        work_status="unknown" if row.call_outcome_unknown else "queued",
        attempts=row.attempts - (0 if counts else 1),
        next_attempt_at=app_now() + wait,
        last_error=str(error)[:500],
    )


def settle_later(session: Session, row: WorkRow, in_seconds: float) -> None:
    """Nothing went wrong, and there is more to do: due again in `in_seconds`; no attempt is used up."""
    again = app_now() + seconds(in_seconds)
    _settle(session, row, work_status="queued", attempts=row.attempts - 1, next_attempt_at=again, last_error=None)


def settle_unknown(session: Session, row: WorkRow, error: object, *, look_up_in_seconds: float | None = None) -> None:
    """The call may have taken effect: look it up in `look_up_in_seconds`, or wait for a receipt or a person (None)."""
    _settle(
        session,
        row,
        work_status="unknown",
        next_attempt_at=None if look_up_in_seconds is None else app_now() + seconds(look_up_in_seconds),
        last_error=str(error)[:500],
    )


def reclaim(session: Session, model: type[W]) -> list[W]:
    """Take back rows whose lease ran out: their holder died or hung. Returns them, some now dead (quarantined).

    A death counts against a row only when it was claimed alone; a batch's rows become suspects and are claimed alone.
    """
    gone = (
        select(col(model.store_id), col(model.id))
        .where(has_status(model, "working"), col(model.lease_until) < app_now())
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
    return app_now() + seconds(wait) * (0.5 + func.random() / 2)
