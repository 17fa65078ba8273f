"""Sign in: with a code sent to a phone, or with e-mail and password."""

from datetime import datetime

from sqlmodel import Session

from app.accounts import codes, limits, people, queries, sessions
from app.accounts.errors import PasswordWrong
from app.accounts.models import Customer, Staff
from app.accounts.passwords import password_fits
from app.accounts.phones import parse_phone
from app.accounts.sessions import Device
from app.accounts.tokens import SignedIn
from app.audit import service as audit
from app.core.actor import Actor
from app.core.security import hash_token

GUEST = Actor("guest", label="guest")


def request_code(session: Session, phone: str, ip: str, actor: Actor, now: datetime, daily_limit: int) -> None:
    """Send a sign-in code to a mobile number. PhoneInvalid, TooManyCodes."""
    codes.send_code(session, "sign_in", parse_phone(phone), ip, actor, now, daily_limit)


def sign_in_with_code(session: Session, phone: str, code: str, device: Device, now: datetime) -> SignedIn:
    """The number's first sign-in makes its customer. CodeWrong (the try stays counted), PhoneInvalid."""
    number = parse_phone(phone)
    codes.use_code(session, "sign_in", number, code, device.ip, GUEST, now)
    return sessions.start_session(session, people.customer_with_phone(session, number), device, now)


def sign_in_with_password(session: Session, email: str, password: str, device: Device, now: datetime) -> SignedIn:
    """Staff, or a customer who has a password. PasswordWrong (the try stays counted), TooManyTries.

    One digest is computed whatever the address, so that time does not tell who has an account.
    """
    address = people.normalise_email(email)
    limits.count_password(session, hash_token(address), device.ip, now)
    person = _holder(session, address)
    if not password_fits(password, person.password_hash if person else None) or person is None:
        audit.log_access(session, GUEST, "password_refused", ip=device.ip)
        raise PasswordWrong
    return sessions.start_session(session, person, device, now)


def _holder(session: Session, email: str) -> Customer | Staff | None:
    """Who signs in with this address: staff before a customer of the same address, who has the phone."""
    staff = queries.staff_by_email(session, email)
    customer = queries.customer_by_email(session, email)  # always asked, for the same time
    return staff if staff and staff.is_active else customer
