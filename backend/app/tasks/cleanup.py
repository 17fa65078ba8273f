"""The documented clean-ups: in every store, or the one named, a transaction per chunk; all are safe to run twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.carts import service as carts
from app.core import clock
from app.core.actor import SYSTEM
from app.core.celery_app import celery_app
from app.core.errors import Invalid
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.idempotency import service as idempotency
from app.stores import service as stores
from app.stores.service import StoreFacts
from app.tasks.stray_results import forget_stray_results

log = get_logger(__name__)

CHUNK = 1000  # rows deleted in one transaction
ACCESS_LOG_MONTHS_AHEAD = 2


class Cleaned(TypedDict):
    status: str
    count: int


class TokensCleaned(Cleaned):
    redis_keys: int


@celery_app.task(name="app.tasks.cleanup.cleanup_expired_tokens")
def cleanup_expired_tokens(store_id: str | None = None) -> TokensCleaned:
    """Drop expired codes, counted tries, sessions over for a month, kept answers, and our stray results in Redis."""
    count = _everywhere(store_id, lambda session, _: accounts.forget_expired(session, clock.machine_now(), CHUNK))
    count += _everywhere(store_id, lambda session, _: idempotency.forget_old(session, clock.machine_now(), CHUNK))
    return {"status": "success", "count": count, "redis_keys": forget_stray_results()}


@celery_app.task(name="app.tasks.cleanup.cleanup_abandoned_sessions")
def cleanup_abandoned_sessions(days_old: int = 30, store_id: str | None = None) -> Cleaned:
    """Sign out devices that nobody used for `days_old` days."""
    _check(days_old)
    now = clock.machine_now()
    return _cleaned(_everywhere(store_id, lambda session, _: accounts.end_idle_sessions(session, days_old, now)))


@celery_app.task(name="app.tasks.cleanup.cleanup_expired_carts")
def cleanup_expired_carts(days_old: int = 30, store_id: str | None = None) -> Cleaned:
    """Close carts that nobody touched for `days_old` days, by each store's own clock."""
    _check(days_old)
    return _cleaned(_everywhere(store_id, lambda session, store: carts.expire_old(session, days_old, clock.now(store), SYSTEM)))


@celery_app.task(name="app.tasks.cleanup.cleanup_old_audit_logs")
def cleanup_old_audit_logs(days_old: int = 90, store_id: str | None = None) -> Cleaned:
    """Drop whole months of the access log older than `days_old` days, and prepare the coming ones; `count` is in months.

    The log is one for the installation, so `store_id` names whom it is done for and narrows nothing. Audit entries stay.
    """
    _check(days_old)
    before = (clock.machine_now() - timedelta(days=days_old)).date()
    store = stores.find_by_id(UUID(store_id)).id if store_id else next(iter(stores.all_ids()), None)
    if store is None:
        return _cleaned(0)
    with unit_of_work(store) as session:
        audit.prepare_access_log(session, ACCESS_LOG_MONTHS_AHEAD)
        count = audit.drop_access_log_before(session, before)
    return _cleaned(count)


def _everywhere(store_id: str | None, work: Callable[[Session, StoreFacts], int]) -> int:
    """Run `work` in each store until it finds nothing more; a store where it fails does not keep the others waiting."""
    count, failures = 0, list[Exception]()
    for one in [UUID(store_id)] if store_id else stores.all_ids():
        try:
            count += _until_done(stores.find_by_id(one), work)
        except Exception as error:  # noqa: BLE001 - raised below, after the other stores had their turn
            log.error("cleanup_failed", store_id=str(one), error=str(error))
            failures.append(error)
    if failures:
        raise failures[0]
    return count


def _until_done(store: StoreFacts, work: Callable[[Session, StoreFacts], int]) -> int:
    count = 0
    while True:
        with unit_of_work(store.id) as session:
            done = work(session, store)
        count += done
        if not done:
            return count


def _check(days_old: int) -> None:
    if days_old < 1:
        raise Invalid("days_old must be at least 1", field="days_old")


def _cleaned(count: int) -> Cleaned:
    return {"status": "success", "count": count}
