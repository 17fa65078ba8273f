"""The documented clean-ups: in every store, a chunk at a time; all are safe to run twice."""

from datetime import timedelta

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.carts import service as carts
from app.core import clock
from app.core.actor import SYSTEM
from app.core.errors import Invalid
from app.idempotency import service as idempotency
from app.jobs import service as jobs
from app.jobs.models import Slot
from app.stores.service import StoreFacts
from app.tasks.scheduling import Step, scheduled
from app.tasks.stepping import Counts
from app.tasks.stray_results import forget_stray_results

MAX_DAYS_OLD = 36_500  # nothing here is a century old; far beyond it the calendar ends
CHUNK = 1000  # rows deleted in one transaction
ACCESS_LOG_MONTHS_AHEAD = 2


def _check(days_old: int = 1) -> None:
    if type(days_old) is not int:  # not isinstance: True is no number of days
        raise Invalid("days_old is a whole number", field="days_old")
    if days_old < 1:
        raise Invalid("days_old must be at least 1", field="days_old")
    if days_old > MAX_DAYS_OLD:
        raise Invalid(f"days_old must be at most {MAX_DAYS_OLD}", field="days_old")


def _chunk(count: int) -> Step:
    """Until one finds nothing: rows that somebody holds are passed over, so a short chunk is no sign of the end."""
    return Step({"count": count}, more=count > 0)


def _stray_results() -> Counts:
    return {"redis_keys": forget_stray_results()}


@scheduled("cleanup-expired-tokens", counted=("count", "redis_keys"), outside=_stray_results)
def cleanup_expired_tokens(session: Session, store: StoreFacts, _slot: Slot) -> Step:
    """Drop expired codes, counted tries, sessions over for a month, kept answers, old slots, and our stray results in Redis."""
    now = clock.machine_now()
    count = accounts.forget_expired(session, now, CHUNK) + idempotency.forget_old(session, now, CHUNK)
    return _chunk(count + jobs.forget_old(session, clock.now(store), CHUNK))


@scheduled("cleanup-abandoned-sessions", check=_check)
def cleanup_abandoned_sessions(session: Session, _store: StoreFacts, _slot: Slot, days_old: int = 30) -> Step:
    """Sign out devices that nobody used for `days_old` days."""
    _check(days_old)
    return _chunk(accounts.end_idle_sessions(session, days_old, clock.machine_now()))


@scheduled("cleanup-expired-carts", check=_check)
def cleanup_expired_carts(session: Session, store: StoreFacts, _slot: Slot, days_old: int = 30) -> Step:
    """Close carts that nobody touched for `days_old` days, by each store's own clock."""
    _check(days_old)
    return _chunk(carts.expire_old(session, days_old, clock.now(store), SYSTEM))


@scheduled("cleanup-old-audit-logs", check=_check, is_installation_wide=True)
def cleanup_old_audit_logs(session: Session, _store: StoreFacts, _slot: Slot, days_old: int = 90) -> Step:
    """Drop whole months of the access log older than `days_old` days, and prepare the coming ones; `count` is in months.

    The log is one for the installation, so the oldest store's schedule does it for all, and `store_id` narrows nothing.
    Audit entries stay.
    """
    _check(days_old)
    audit.prepare_access_log(session, ACCESS_LOG_MONTHS_AHEAD)
    before = (clock.machine_now() - timedelta(days=days_old)).date()
    return Step({"count": audit.drop_access_log_before(session, before)})
