"""How often a code may be sent and a password tried.

Exact over a sliding window (a fixed one lets twice as many through at its edge), counted from rows in PostgreSQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Literal

from sqlmodel import Session

from app.accounts import code_queries
from app.accounts.errors import TooManyCodes, TooManyTries
from app.accounts.models import SignInTry
from app.core.errors import TooMany
from app.core.logging import get_logger
from app.core.work import store_of

log = get_logger(__name__)
HOUR, QUARTER, DAY = 3600, 900, 86_400


@dataclass(frozen=True)
class Limit:
    """At most `most` of the same subject (a number or address), the same IP address or the whole store in `seconds`."""

    per: Literal["subject", "ip", "store"]
    most: int
    seconds: int


CODES_PER_NUMBER = Limit("subject", 5, HOUR)  # a person needs one or two; more is somebody else's phone being rung
CODES_PER_IP = Limit("ip", 20, HOUR)  # a family or an office behind one address
PASSWORDS_PER_ACCOUNT = Limit("subject", 10, QUARTER)  # 960 guesses a day, of a password of ten characters
PASSWORDS_PER_IP = Limit("ip", 50, QUARTER)
KEEP_SECONDS = 2 * DAY  # beyond the longest window


def count_code(session: Session, subject_hash: str, ip: str, now: datetime, daily_limit: int) -> None:
    """Count one code to be sent, or TooManyCodes. Senders of one store take turns, so the limits hold under any race.

    The store's daily limit caps what SMS can cost.
    """
    ip = household(ip)
    code_queries.lock_tries(session, "code_sent")
    limits = (CODES_PER_NUMBER, CODES_PER_IP, Limit("store", daily_limit, DAY))
    _count(session, "code_sent", subject_hash, ip, now, limits, TooManyCodes)


def count_password(session: Session, subject_hash: str, ip: str, now: datetime) -> None:
    """Count one password to be tried, or TooManyTries; exact per account: two tries at once on one account are one too many.

    Per IP address the limit may be overshot by as many as run at once: they do not wait for each other's digests.
    """
    ip = household(ip)
    if not code_queries.try_lock_tries(session, "password_tried", subject_hash):
        raise TooManyTries(retry_after_seconds=1)
    _count(session, "password_tried", subject_hash, ip, now, (PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_IP), TooManyTries)


def household(ip: str) -> str:
    """What a network gives one customer: an IPv4 address, but a whole /64 of IPv6, to come from another address each time."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if not isinstance(address, IPv6Address):
        return ip
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


def _count(
    session: Session, kind: str, subject_hash: str, ip: str, now: datetime, limits: tuple[Limit, ...], refusal: type[TooMany]
) -> None:
    for limit in limits:
        count, oldest = code_queries.tries_since(
            session,
            kind,
            now - timedelta(seconds=limit.seconds),
            subject_hash=subject_hash if limit.per == "subject" else None,
            ip=ip if limit.per == "ip" else None,
        )
        if count >= limit.most:
            log.warning("sign_in_limit_reached", kind=kind, per=limit.per, most=limit.most, store_id=str(store_of(session)))
            wait = (oldest + timedelta(seconds=limit.seconds) - now).total_seconds() if oldest else limit.seconds
            raise refusal(retry_after_seconds=max(1, round(wait)))
    session.add(SignInTry(store_id=store_of(session), created_at=now, kind=kind, subject_hash=subject_hash, ip=ip))
    session.flush()
