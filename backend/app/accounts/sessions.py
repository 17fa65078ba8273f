"""Sessions: one per device, with short access tokens and a refresh token that changes at every use.

A refresh token that was rotated away comes back only from somebody who kept a copy, so it ends the session. The exception
is two tabs that race: for a few seconds the token just rotated away is answered again, with the very same successor (it
is derived from the old token and our key, not drawn), so the chain never forks and a thief gains no token of his own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts import queries
from app.accounts.errors import RefreshInvalid, RefreshReused, SessionNotFound
from app.accounts.models import Customer, LoginSession, Staff
from app.accounts.queries import PersonKind
from app.accounts.tokens import SignedIn, actor_of, hand_out, kind_of, successor_of
from app.audit import service as audit
from app.core.actor import SYSTEM, Actor
from app.core.config import settings
from app.core.security import constant_time_equal, hash_token, new_token
from app.core.work import store_of

RACE_SECONDS = 10  # between two tabs, or a lost answer and its repeat
MAX_LIVE_SESSIONS = 20  # devices of one person; the one unused longest is signed out by the next
IDLE_CHUNK = 500


@dataclass(frozen=True)
class Device:
    """Where somebody signs in."""

    ip: str = ""
    user_agent: str = ""


def start_session(session: Session, person: Customer | Staff, device: Device, now: datetime) -> SignedIn:
    """Sign the person in on this device: audited, and written to the access log."""
    actor, kind = actor_of(person), kind_of(person)
    for surplus in queries.live_sessions(session, kind, person.id, now)[MAX_LIVE_SESSIONS - 1 :]:
        _end(session, surplus, "too_many_sessions", actor, now)
    family, secret = new_token(), new_token()
    row = LoginSession(
        store_id=store_of(session),
        created_at=now,
        customer_id=person.id if kind == "customer" else None,
        staff_id=person.id if kind == "staff" else None,
        family_hash=hash_token(family),
        refresh_hash=hash_token(secret),
        user_agent=device.user_agent[:200],
        ip=device.ip[:45],
        last_used_at=now,
        expires_at=now + timedelta(days=settings.refresh_session_days),
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "session.started", row)
    audit.log_access(session, actor, "sign_in", subject=("login_sessions", row.id), ip=device.ip)
    return hand_out(person, row, f"{family}.{secret}")


def refresh_session(session: Session, token: str, device: Device, now: datetime) -> SignedIn:
    """New tokens for an old refresh token. RefreshInvalid when the session is over; RefreshReused ends it, and that stays.

    Locks the session. Within `RACE_SECONDS` the token used last may be used again and gets the same answer.
    """
    family, _, secret = token.partition(".")
    row = queries.lock_session_by_family(session, hash_token(family))
    person = _person(session, row) if row is not None and row.is_live(now) else None
    if row is None or person is None:
        raise RefreshInvalid
    successor, presented = successor_of(row, secret), hash_token(secret)
    if constant_time_equal(presented, row.refresh_hash):
        row.previous_refresh_hash, row.refresh_hash = presented, hash_token(successor)
        row.rotated_at = row.last_used_at = now
        row.expires_at = now + timedelta(days=settings.refresh_session_days)
        row.ip, row.user_agent = device.ip[:45], device.user_agent[:200]
        session.add(row)
        audit.log_access(session, actor_of(person), "session_refreshed", subject=("login_sessions", row.id), ip=device.ip)
    elif not _is_race(row, presented, now):
        _end(session, row, "refresh_reused", SYSTEM, now)
        raise RefreshReused
    return hand_out(person, row, f"{family}.{successor}")


def list_sessions(session: Session, kind: PersonKind, person_id: UUID, now: datetime) -> Sequence[LoginSession]:
    """The person's devices that are signed in, used last first; twenty at most."""
    return queries.live_sessions(session, kind, person_id, now)


def end_session(session: Session, session_id: UUID, kind: PersonKind, person_id: UUID, now: datetime) -> None:
    """Sign a device of the person out; its access token lives on for its few minutes. Safe to run twice. SessionNotFound."""
    row = queries.lock_session_of(session, session_id, kind, person_id)
    if row is None:
        raise SessionNotFound
    if row.revoked_at is None:
        _end(session, row, "signed_out", Actor(kind, person_id, kind), now)


def end_idle_sessions(session: Session, days_old: int, now: datetime) -> int:
    """Sign out up to 500 devices unused for `days_old` days; how many. Safe to run twice."""
    rows = queries.lock_idle_sessions(session, now - timedelta(days=days_old), now, IDLE_CHUNK)
    for row in rows:
        _end(session, row, "idle", SYSTEM, now)
    return len(rows)


def _end(session: Session, row: LoginSession, reason: str, actor: Actor, now: datetime) -> None:
    row.revoke(reason, now)
    session.add(row)
    audit.record(session, actor, "session.ended", row, cause=reason)


def _person(session: Session, row: LoginSession) -> Customer | Staff | None:
    """Whose session it is, unless they left since."""
    if row.staff_id:
        staff = queries.staff(session, row.staff_id)
        return staff if staff and staff.is_active else None
    customer = queries.customer(session, row.customer_id) if row.customer_id else None
    return customer if customer and customer.erased_at is None else None


def _is_race(row: LoginSession, presented: str, now: datetime) -> bool:
    if row.previous_refresh_hash is None or row.rotated_at is None:
        return False
    return constant_time_equal(presented, row.previous_refresh_hash) and now - row.rotated_at <= timedelta(seconds=RACE_SECONDS)
