"""Drop what has no use any more: codes, counted tries, sessions long over. Audit entries of them stay."""

from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col

from app.accounts import limits
from app.accounts.models import LoginSession, OneTimeCode, SignInTry
from app.core.db import delete_some

KEEP_CODES = timedelta(days=1)  # for whoever asks why a code did not work
KEEP_DEAD_SESSIONS = timedelta(days=30)  # a stolen refresh token that shows up late is still recognised


def forget_expired(session: Session, now: datetime, limit: int) -> int:
    """Delete at most `limit` rows of each kind; how many in all. Safe to run twice; run until it returns 0."""
    ended_before = now - KEEP_DEAD_SESSIONS
    doomed = (
        (OneTimeCode, col(OneTimeCode.expires_at) < now - KEEP_CODES),
        (SignInTry, col(SignInTry.created_at) < now - timedelta(seconds=limits.KEEP_SECONDS)),
        (LoginSession, or_(col(LoginSession.expires_at) < ended_before, col(LoginSession.revoked_at) < ended_before)),
    )
    return sum(delete_some(session, model, which, limit) for model, which in doomed)
