"""Every SELECT and every lock of the package."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.accounts.models import Address, Customer, LoginSession, Staff
from app.core.db import add_once

PersonKind = Literal["customer", "staff"]

_CUSTOMER = select(Customer).where(Customer.id == bindparam("customer_id"))
_ADDRESS = select(Address).where(Address.id == bindparam("address_id"), Address.customer_id == bindparam("customer_id"))
_LOCKED_ADDRESS = _ADDRESS.with_for_update()


def customer(session: Session, customer_id: UUID) -> Customer | None:
    return session.exec(_CUSTOMER, params={"customer_id": customer_id}).one_or_none()


def customer_by_phone(session: Session, phone: str) -> Customer | None:
    return session.exec(select(Customer).where(Customer.phone == phone)).one_or_none()


def customer_by_email(session: Session, email: str) -> Customer | None:
    return session.exec(select(Customer).where(Customer.email == email)).one_or_none()


def insert_customer(session: Session, row: Customer) -> bool:
    """Whether the row went in; False: somebody else has its number or e-mail address (a racing twin is waited for)."""
    return add_once(session, row)


def staff(session: Session, staff_id: UUID) -> Staff | None:
    return session.exec(select(Staff).where(Staff.id == staff_id)).one_or_none()


def staff_by_email(session: Session, email: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.email == email)).one_or_none()


def address(session: Session, address_id: UUID, customer_id: UUID, *, lock: bool = False) -> Address | None:
    """The customer's address, archived or not; somebody else's does not exist."""
    statement = _LOCKED_ADDRESS if lock else _ADDRESS
    return session.exec(statement, params={"address_id": address_id, "customer_id": customer_id}).one_or_none()


def addresses(session: Session, customer_id: UUID) -> Sequence[Address]:
    """The customer's addresses in use, oldest first."""
    statement = select(Address).where(Address.customer_id == customer_id, col(Address.archived_at).is_(None))
    return session.exec(statement.order_by(col(Address.id))).all()


def lock_customer(session: Session, customer_id: UUID) -> None:
    """Whoever counts a customer's rows before adding one holds this until the transaction ends.

    It keeps nobody waiting who only writes a row that points to the customer, such as a message about an order.
    """
    session.execute(columns(col(Customer.id)).where(col(Customer.id) == customer_id).with_for_update(key_share=True))


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
