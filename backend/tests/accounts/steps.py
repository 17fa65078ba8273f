"""What tests of accounts need: numbers, the code somebody was sent, and many doing one thing at once."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlmodel import Session, col, func, select

from app.accounts import signing_in
from app.accounts.sessions import Device
from app.accounts.tokens import SignedIn
from app.audit.models import AuditEntry
from app.core.clock import machine_now
from app.core.db import Row
from app.core.errors import Refusal
from app.core.security import decrypt
from app.notifications.models import Message

T = TypeVar("T")
PHONE, OTHER_PHONE = "+919876543210", "+919876543211"
DEVICE = Device(ip="203.0.113.7", user_agent="Test/1")
PLENTY = 1000  # a daily limit that is not reached


def request_code(session: Session, phone: str = PHONE, *, ip: str = DEVICE.ip, daily_limit: int = PLENTY) -> None:
    signing_in.request_code(session, phone, ip, signing_in.GUEST, machine_now(), daily_limit)


def newest_code(session: Session, phone: str = PHONE) -> str:
    """The code in the newest SMS queued to this number."""
    statement = select(Message).where(Message.recipient == phone, Message.template == "otp").order_by(col(Message.id).desc())
    secret = session.exec(statement.limit(1)).one().secret_context
    assert secret is not None
    return str(json.loads(decrypt(secret))["code"])


def wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def sign_in(session: Session, phone: str = PHONE, code: str | None = None) -> SignedIn:
    return signing_in.sign_in_with_code(session, phone, code or newest_code(session, phone), DEVICE, machine_now())


def signed_in(session: Session, phone: str = PHONE) -> SignedIn:
    """Somebody who asked for a code and used it."""
    request_code(session, phone)
    return sign_in(session, phone)


def count(session: Session, model: type[Row]) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def audited(session: Session) -> list[str]:
    return list(session.exec(select(AuditEntry.action).order_by(col(AuditEntry.id))).all())


def at_once(times: int, work: Callable[[int], T]) -> Sequence[T | Refusal]:
    """`work(0)` … `work(times - 1)`, started together on threads of their own; refusals come back as results."""
    barrier = threading.Barrier(times)

    def run(number: int) -> T | Refusal:
        barrier.wait(10)
        try:
            return work(number)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
