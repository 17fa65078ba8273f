"""Every SELECT and every lock of the package."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, true, tuple_, update
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.accounts.models import MAX_CODE_TRIES, Address, Customer, LoginSession, OneTimeCode, SignInTry, Staff
from app.core.db import Row
from app.core.work import store_of

PersonKind = Literal["customer", "staff"]


def customer(session: Session, customer_id: UUID) -> Customer | None:
    return session.exec(select(Customer).where(Customer.id == customer_id)).one_or_none()


def customer_by_phone(session: Session, phone: str) -> Customer | None:
    return session.exec(select(Customer).where(Customer.phone == phone)).one_or_none()


def customer_by_email(session: Session, email: str) -> Customer | None:
    return session.exec(select(Customer).where(Customer.email == email)).one_or_none()


def insert_customer(session: Session, row: Customer) -> bool:
    """Whether the row went in; False: somebody else has its number or e-mail address (a racing twin is waited for)."""
    statement = insert(Customer).values(row.model_dump()).on_conflict_do_nothing().returning(col(Customer.id))
    return session.execute(statement).first() is not None


def staff(session: Session, staff_id: UUID) -> Staff | None:
    return session.exec(select(Staff).where(Staff.id == staff_id)).one_or_none()


def staff_by_email(session: Session, email: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.email == email)).one_or_none()


def address(session: Session, address_id: UUID, customer_id: UUID, *, lock: bool = False) -> Address | None:
    """The customer's address, archived or not; somebody else's does not exist."""
    statement = select(Address).where(Address.id == address_id, Address.customer_id == customer_id)
    return session.exec(statement.with_for_update() if lock else statement).one_or_none()


def addresses(session: Session, customer_id: UUID) -> Sequence[Address]:
    """The customer's addresses in use, oldest first."""
    statement = select(Address).where(Address.customer_id == customer_id, col(Address.archived_at).is_(None))
    return session.exec(statement.order_by(col(Address.id))).all()


def lock_customer(session: Session, customer_id: UUID) -> None:
    """Whoever counts a customer's rows before adding one holds this until the transaction ends."""
    session.execute(columns(col(Customer.id)).where(col(Customer.id) == customer_id).with_for_update())


def _belongs_to(kind: PersonKind, person_id: UUID) -> ColumnElement[bool]:
    return col(LoginSession.customer_id if kind == "customer" else LoginSession.staff_id) == person_id


def lock_session_by_family(session: Session, family_hash: str) -> LoginSession | None:
    return session.exec(select(LoginSession).where(LoginSession.family_hash == family_hash).with_for_update()).one_or_none()


def lock_session_of(session: Session, session_id: UUID, kind: PersonKind, person_id: UUID) -> LoginSession | None:
    statement = select(LoginSession).where(LoginSession.id == session_id, _belongs_to(kind, person_id))
    return session.exec(statement.with_for_update()).one_or_none()


def live_sessions(session: Session, kind: PersonKind, person_id: UUID, now: datetime) -> Sequence[LoginSession]:
    """Used last first."""
    statement = select(LoginSession).where(
        _belongs_to(kind, person_id), col(LoginSession.revoked_at).is_(None), LoginSession.expires_at > now
    )
    return session.exec(statement.order_by(col(LoginSession.last_used_at).desc(), col(LoginSession.id).desc())).all()


def lock_idle_sessions(session: Session, unused_since: datetime, now: datetime, limit: int) -> Sequence[LoginSession]:
    """Live sessions nobody used since; those in use this moment are left alone."""
    statement = select(LoginSession).where(
        col(LoginSession.revoked_at).is_(None), LoginSession.expires_at > now, LoginSession.last_used_at < unused_since
    )
    return session.exec(statement.limit(limit).with_for_update(skip_locked=True)).all()


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


def delete_some(session: Session, model: type[Row], which: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` rows, skipping those somebody holds; how many went."""
    key = tuple_(col(model.store_id), col(model.id))
    doomed = columns(col(model.store_id), col(model.id)).where(which).limit(limit).with_for_update(skip_locked=True)
    statement = delete(model).where(key.in_(doomed))
    return int(session.execute(statement, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]
