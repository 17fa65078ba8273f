"""The SELECTs and locks of one-time codes and counted tries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, true, update
from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.accounts.models import MAX_CODE_TRIES, OneTimeCode, SignInTry
from app.core.work import store_of


def withdraw_live_code(session: Session, purpose: str, destination_hash: str, now: datetime) -> None:
    session.execute(
        update(OneTimeCode).where(_is_open(purpose, destination_hash)).values(withdrawn_at=now),
        execution_options={"synchronize_session": False},
    )


def count_code_try(session: Session, purpose: str, destination_hash: str, now: datetime) -> OneTimeCode | None:
    """Use up one of the live code's tries; None: there is no code that can still be tried.

    One statement: twins wait on the row and see the count (and the use) the other one left, so a sixth try never counts.
    """
    statement = (
        update(OneTimeCode)
        .where(_is_open(purpose, destination_hash), col(OneTimeCode.expires_at) > now, col(OneTimeCode.tries) < MAX_CODE_TRIES)
        .values(tries=col(OneTimeCode.tries) + 1)
        .returning(OneTimeCode)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def _is_open(purpose: str, destination_hash: str) -> ColumnElement[bool]:
    return (
        (col(OneTimeCode.purpose) == purpose)
        & (col(OneTimeCode.destination_hash) == destination_hash)
        & col(OneTimeCode.used_at).is_(None)
        & col(OneTimeCode.withdrawn_at).is_(None)
    )


def lock_tries(session: Session, *key: str) -> None:
    """Those who count tries of the same kind take turns until the transaction ends."""
    session.execute(columns(func.pg_advisory_xact_lock(_lock_key(session, key))))


def try_lock_tries(session: Session, *key: str) -> bool:
    """As `lock_tries`, but False at once when somebody else has the turn."""
    return bool(session.scalar(columns(func.pg_try_advisory_xact_lock(_lock_key(session, key)))))


def _lock_key(session: Session, key: tuple[str, ...]) -> Any:
    return func.hashtextextended(":".join(("sign_in_tries", str(store_of(session)), *key)), 0)


def tries_since(
    session: Session, kind: str, since: datetime, *, subject_hash: str | None = None, ip: str | None = None
) -> tuple[int, datetime | None]:
    """How many, and when the oldest of them was."""
    statement = columns(func.count(), func.min(SignInTry.created_at)).where(
        col(SignInTry.kind) == kind,
        col(SignInTry.created_at) > since,
        col(SignInTry.subject_hash) == subject_hash if subject_hash else true(),
        col(SignInTry.ip) == ip if ip is not None else true(),
    )
    count, oldest = session.execute(statement).one()
    return count, oldest
