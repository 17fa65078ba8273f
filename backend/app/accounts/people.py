"""Customers and staff: find, add, change."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.accounts import queries
from app.accounts.errors import ContactNeeded, CustomerKnown, CustomerNotFound, EmailTaken, RoleUnknown, StaffNotFound
from app.accounts.models import STAFF_ROLES, Customer, Staff
from app.accounts.passwords import hash_password
from app.accounts.phones import parse_phone
from app.audit import service as audit
from app.core.actor import Actor
from app.core.work import store_of

MASKED = ["masked", "masked"]  # that a personal value changed is on record for ever, its values are not


def normalise_email(email: str) -> str:
    """As it is stored and compared: people do not tell two addresses apart by case."""
    return email.strip().lower()


def get_customer(session: Session, customer_id: UUID) -> Customer:
    """The customer, erased or not. CustomerNotFound."""
    row = queries.customer(session, customer_id)
    if row is None:
        raise CustomerNotFound
    return row


def get_staff(session: Session, staff_id: UUID) -> Staff:
    """The member of staff, active or not. StaffNotFound."""
    row = queries.staff(session, staff_id)
    if row is None:
        raise StaffNotFound
    return row


def customer_with_phone(session: Session, phone: str) -> Customer:
    """The customer with this number (E.164), made now if there is none. Safe to run twice and in a race."""
    if known := queries.customer_by_phone(session, phone):
        return known
    row = Customer(store_id=store_of(session), phone=phone)
    if queries.insert_customer(session, row):
        audit.record(session, Actor("customer", row.id, "customer"), "customer.added", row)
    found = queries.customer_by_phone(session, phone)
    if found is None:  # its other holder gave the number up between the two statements
        raise CustomerNotFound
    return found


def add_customer(
    session: Session,
    *,
    actor: Actor,
    phone: str | None = None,
    email: str | None = None,
    name: str = "",
    kind: str = "consumer",
    password: str | None = None,
) -> Customer:
    """A customer added by staff, an import or the seed, with a phone or an e-mail address. CustomerKnown if there is one."""
    if not phone and not email:
        raise ContactNeeded
    row = Customer(
        store_id=store_of(session),
        phone=parse_phone(phone) if phone else None,
        email=normalise_email(email) if email else None,
        name=name,
        kind=kind,
        password_hash=hash_password(password) if password else None,
    )
    if not queries.insert_customer(session, row):
        raise CustomerKnown
    audit.record(session, actor, "customer.added", row)
    return get_customer(session, row.id)


def change_customer(session: Session, customer_id: UUID, changes: dict[str, str | None], actor: Actor) -> Customer:
    """Set `name` or `email`; None clears it, but an account keeps its number or its e-mail address. EmailTaken."""
    queries.lock_customer(session, customer_id)
    row = get_customer(session, customer_id)
    email = changes.get("email", row.email)
    if row.phone is None and not email:
        raise ContactNeeded(field="email")
    row.email = normalise_email(email) if email else None
    row.name = changes.get("name", row.name) or ""
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # the index is the judge: a look beforehand would lose a race
        raise EmailTaken(field="email") from error
    if changes:
        audit.record(session, actor, "customer.changed", row, dict.fromkeys(sorted(changes), MASKED))
    return row


def set_customer_password(session: Session, customer_id: UUID, password: str, actor: Actor) -> None:
    """Let the customer sign in with e-mail and password. PasswordTooShort, ContactNeeded without an e-mail address."""
    queries.lock_customer(session, customer_id)
    row = get_customer(session, customer_id)
    if row.email is None:
        raise ContactNeeded(field="email")
    row.password_hash = hash_password(password)
    session.add(row)
    audit.record(session, actor, "customer.password_set", row)


def add_staff(session: Session, email: str, password: str, role: str, actor: Actor, *, name: str = "") -> Staff:
    """A member of staff; the same e-mail address again changes nothing and returns the first (safe to run twice)."""
    if role not in STAFF_ROLES:
        raise RoleUnknown(field="role", allowed=list(STAFF_ROLES))
    email = normalise_email(email)
    if known := queries.staff_by_email(session, email):
        return known
    row = Staff(store_id=store_of(session), email=email, name=name, role=role, password_hash=hash_password(password))
    session.add(row)
    session.flush()
    audit.record(session, actor, "staff.added", row, {"role": [None, role]})
    return row
