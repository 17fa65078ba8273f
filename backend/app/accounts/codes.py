"""One-time codes: sent to a number, for one purpose, used once."""

from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session

from app.accounts import code_queries, limits
from app.accounts.errors import CodeWrong
from app.accounts.models import OneTimeCode
from app.audit import service as audit
from app.core.actor import Actor
from app.core.config import settings
from app.core.security import constant_time_equal, hash_token, new_code
from app.core.work import store_of
from app.notifications import service as notifications

Purpose = Literal["sign_in", "change_phone"]
DIGITS = 6
RESEND_SECONDS = 30  # when a page should offer another: most SMS have come by then


def send_code(session: Session, purpose: Purpose, phone: str, ip: str, actor: Actor, now: datetime, daily_limit: int) -> None:
    """Send a new code to `phone` (E.164); the one before stops working. TooManyCodes.

    Nothing here asks whether somebody has that number, so the answer and its time cannot tell. Senders of one store
    take turns until the transaction ends.
    """
    destination = hash_token(phone)
    limits.count_code(session, destination, ip, now, daily_limit)
    code_queries.withdraw_live_code(session, purpose, destination, now)
    code = new_code(DIGITS)
    row = OneTimeCode(
        store_id=store_of(session),
        created_at=now,
        purpose=purpose,
        destination_hash=destination,
        code_hash="",
        expires_at=now + timedelta(seconds=settings.otp_seconds),
        ip=ip,
    )
    row.code_hash = _digest(row, code)
    session.add(row)
    session.flush()
    audit.record(session, actor, "code.sent", row, {"purpose": [None, purpose]})
    notifications.queue(
        session,
        template="otp",
        channel="sms",
        to=phone,
        event_key=f"otp:{row.id}",
        context={"minutes": max(1, settings.otp_seconds // 60)},
        secrets={"code": code},
        expires_at=row.expires_at,
    )


def use_code(session: Session, purpose: Purpose, phone: str, code: str, ip: str, actor: Actor, now: datetime) -> OneTimeCode:
    """Use the code up; at most one caller ever succeeds. CodeWrong counts the try; five tries end the code.

    Locks the code's row until the transaction ends.
    """
    row = code_queries.count_code_try(session, purpose, hash_token(phone), now)
    if row is None:
        raise CodeWrong(field="code")
    if not constant_time_equal(row.code_hash, _digest(row, code)):
        audit.log_access(session, actor, "code_refused", subject=("one_time_codes", row.id), ip=ip)
        raise CodeWrong(field="code")
    row.used_at = now
    session.add(row)
    session.flush()
    return row


def _digest(row: OneTimeCode, code: str) -> str:
    """Keyed, and bound to its row: six digits alone would be found by trying them all."""
    return hash_token(f"code:{row.id}:{code}")
