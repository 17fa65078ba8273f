"""Where a customer wants things delivered."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlmodel import Session

from app.accounts import queries
from app.accounts.errors import AddressNotFound, TooManyAddresses
from app.accounts.models import Address
from app.accounts.people import MASKED
from app.accounts.phones import parse_phone
from app.audit import service as audit
from app.core.actor import Actor
from app.core.work import store_of

MAX_ADDRESSES = 50  # of one customer; nobody lives in more places, and lists stay one page


class AddressFields(TypedDict):
    """What a customer tells of an address; the columns of the same names."""

    name: str
    phone: str
    line1: str
    line2: str
    city: str
    state_code: str
    pin: str


def list_addresses(session: Session, customer_id: UUID) -> Sequence[Address]:
    """Those in use, oldest first."""
    return queries.addresses(session, customer_id)


def get_address(session: Session, address_id: UUID, customer_id: UUID) -> Address:
    """The customer's address in use; AddressNotFound for anybody else's and for a deleted one."""
    row = queries.address(session, address_id, customer_id)
    if row is None or row.archived_at is not None:
        raise AddressNotFound
    return row


def add_address(session: Session, customer_id: UUID, fields: AddressFields, actor: Actor) -> Address:
    """PhoneInvalid, TooManyAddresses. Locks the customer, so that the limit holds."""
    queries.lock_customer(session, customer_id)
    if len(queries.addresses(session, customer_id)) >= MAX_ADDRESSES:
        raise TooManyAddresses(allowed=MAX_ADDRESSES)
    normal: AddressFields = {**fields, "phone": parse_phone(fields["phone"])}
    row = Address(store_id=store_of(session), customer_id=customer_id, **normal)
    session.add(row)
    session.flush()
    audit.record(session, actor, "address.added", row)
    return row


def change_address(session: Session, address_id: UUID, customer_id: UUID, fields: dict[str, str], actor: Actor) -> Address:
    """Set the given fields. Orders keep the address they were placed with. AddressNotFound, PhoneInvalid."""
    row = queries.address(session, address_id, customer_id, lock=True)
    if row is None or row.archived_at is not None:
        raise AddressNotFound
    for field, value in fields.items():
        setattr(row, field, parse_phone(value) if field == "phone" else value)
    session.add(row)
    session.flush()
    if fields:
        audit.record(session, actor, "address.changed", row, dict.fromkeys(sorted(fields), MASKED))
    return row


def archive_address(session: Session, address_id: UUID, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Take it out of use. Safe to run twice. AddressNotFound for anybody else's."""
    row = queries.address(session, address_id, customer_id, lock=True)
    if row is None:
        raise AddressNotFound
    if row.archived_at is None:
        row.archived_at = now
        session.add(row)
        audit.record(session, actor, "address.archived", row)
