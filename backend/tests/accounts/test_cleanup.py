"""The documented clean-ups: what goes, what stays, twice in a row, in one store and in all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import text
from sqlmodel import Session, select

from app.accounts import people, sessions
from app.accounts.models import LoginSession, OneTimeCode, SignInTry
from app.audit.models import AccessLogEntry, AuditEntry
from app.carts import service as carts
from app.carts.models import Cart
from app.core.actor import SYSTEM
from app.core.celery_app import celery_app
from app.core.clock import machine_now
from app.core.config import settings
from app.core.errors import Invalid
from app.core.work import store_of, unit_of_work
from app.idempotency import service as idempotency
from app.idempotency.models import IdempotencyKey
from app.jobs import service as jobs
from app.jobs.models import Slot
from app.stores.errors import NoStore
from app.stores.models import Store
from app.tasks import cleanup
from tests.accounts.steps import DEVICE, PHONE, count, request_code, signed_in
from tests.conftest import UnitOfWork

NOW = machine_now()
LONG_AGO = NOW - timedelta(days=70)
OLDEST = f"{NOW - timedelta(days=401):%Y-%m-%d}%"


def grow_old(session: Session) -> None:
    """What somebody left behind seventy days ago."""
    for column in ("one_time_codes.expires_at", "sign_in_tries.created_at", "login_sessions.expires_at"):
        table, _, name = column.partition(".")
        session.execute(text(f"UPDATE {table} SET {name} = {name} - interval '70 days'"))  # noqa: S608 - ours
    session.add(
        IdempotencyKey(
            store_id=store_of(session), created_at=LONG_AGO, caller="customer:x", key="k", fingerprint="f",
            status="completed", response_status=200, response_body={},
        )
    )  # fmt: skip


def test_expired_tokens_go_and_live_ones_stay(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        signed_in(session)
        grow_old(session)
    with uow() as session:
        signed_in(session)
        entries = count(session, AuditEntry)
    result = cleanup.cleanup_expired_tokens(store_id=str(store.id))
    assert (result["status"], result["count"]) == ("success", 4)  # a code, a counted try, a session, a kept answer
    assert cleanup.cleanup_expired_tokens(store_id=str(store.id))["count"] == 0
    with uow() as session:
        assert [count(session, model) for model in (OneTimeCode, SignInTry, LoginSession, IdempotencyKey)] == [1, 1, 1, 0]
        assert count(session, AuditEntry) == entries


def test_kept_answers_go_a_chunk_at_a_time(session: Session) -> None:
    for number in range(3):
        idempotency.begin(session, "customer:x", f"key-{number}", "print", LONG_AGO)
    assert [idempotency.forget_old(session, NOW, limit=2) for _ in range(3)] == [2, 1, 0]


def test_a_code_just_expired_stays_for_whoever_asks(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        request_code(session)
        session.execute(text("UPDATE one_time_codes SET expires_at = now() - interval '1 hour'"))
    assert cleanup.cleanup_expired_tokens(store_id=str(store.id))["count"] == 0


def test_without_a_store_every_store_is_cleaned(uow: UnitOfWork, make_store: Callable[[], Store]) -> None:
    other = make_store().id

    def elsewhere() -> AbstractContextManager[Session]:
        return unit_of_work(other)

    for place in (uow, elsewhere):
        with place() as session:
            signed_in(session)
            grow_old(session)
    assert cleanup.cleanup_expired_tokens()["count"] >= 8
    for place in (uow, elsewhere):
        with place() as session:
            assert count(session, LoginSession) == 0


def test_slots_of_more_than_a_year_ago_go_and_dead_ones_stay_in_sight(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        jobs.ensure_schedules(session, NOW - timedelta(days=402))
        jobs.open_due(session, NOW, "cleanup-expired-carts")
        session.flush()
        session.execute(text("UPDATE slots SET work_status = 'dead', settled_at = now() WHERE key LIKE :day"), {"day": OLDEST})
    assert cleanup.cleanup_expired_tokens(store_id=str(store.id))["count"] == 1
    with uow() as session:
        kept = session.exec(select(Slot).where(Slot.schedule == "cleanup-expired-carts").order_by(Slot.key)).all()
        assert len(kept) == 401
        assert [slot.work_status for slot in kept[:2]] == ["dead", "done"]


def test_only_our_result_keys_without_an_expiry_leave_redis(store: Store) -> None:
    with Redis.from_url(settings.result_backend_url) as redis:
        stray, expiring = f"rozana:celery-task-meta-{store.id}", f"rozana:celery-task-meta-{store.id}-expiring"
        queue, foreign = f"rozana:a-queue-{store.id}", f"celery-task-meta-{store.id}"
        redis.set(stray, "{}")
        redis.set(expiring, "{}", ex=600)
        redis.set(queue, "work")
        redis.set(foreign, "somebody else's")
        assert cleanup.cleanup_expired_tokens(store_id=str(store.id))["redis_keys"] >= 1
        assert [redis.exists(key) for key in (stray, expiring, queue, foreign)] == [0, 1, 1, 1]
        redis.delete(expiring, queue, foreign)


def test_idle_devices_are_signed_out(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        customer = people.add_customer(session, actor=SYSTEM, phone=PHONE)
        idle = sessions.start_session(session, customer, DEVICE, NOW - timedelta(days=8)).session
        used = sessions.start_session(session, customer, DEVICE, NOW).session
    for ended in (1, 0):
        result = cleanup.cleanup_abandoned_sessions(7, store_id=str(store.id))
        assert result == {"status": "success", "count": ended}
    with uow() as session:
        rows = {row.id: row.revoked_reason for row in session.exec(select(LoginSession)).all()}
        assert rows == {idle.id: "idle", used.id: None}


def test_old_carts_are_closed(uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        old, _ = carts.open_cart(session, None, NOW - timedelta(days=31))
        new, _ = carts.open_cart(session, None, NOW)
    for closed in (1, 0):
        assert cleanup.cleanup_expired_carts(store_id=str(store.id)) == {"status": "success", "count": closed}
    with uow() as session:
        rows = {row.id: row.status for row in session.exec(select(Cart)).all()}
        assert rows == {old.id: "expired", new.id: "open"}


def test_old_months_of_the_access_log_go_and_audit_entries_stay(uow: UnitOfWork, store: Store) -> None:
    month = date(2019, 1, 1)
    add_month(month)
    with uow() as session:
        person = signed_in(session)
        entries = count(session, AuditEntry)
        log = AccessLogEntry(store_id=store.id, at=datetime(2019, 1, 5, tzinfo=UTC), actor_kind="guest", action="sign_in")
        session.add(log)
    assert cleanup.cleanup_old_audit_logs(90, store_id=str(store.id))["count"] >= 1
    assert cleanup.cleanup_old_audit_logs(90, store_id=str(store.id)) == {"status": "success", "count": 0}
    with uow() as session:
        assert [entry.actor_id for entry in session.exec(select(AccessLogEntry)).all()] == [person.person.id]
        assert count(session, AuditEntry) == entries
        found = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'access_log'::regclass")
        names = set(session.execute(found).scalars())
        assert f"access_log_{NOW:%Y_%m}" in names
        assert "access_log_2019_01" not in names


def add_month(month: date) -> None:
    """As the owner of the database, who alone may: a month of the log that is long over."""
    from sqlalchemy import create_engine

    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS access_log_{month:%Y_%m} PARTITION OF access_log "
                f"FOR VALUES FROM ('{month}') TO ('{month + timedelta(days=31)}')"
            )
        )
    engine.dispose()


@pytest.mark.parametrize(
    "task", [cleanup.cleanup_abandoned_sessions, cleanup.cleanup_expired_carts, cleanup.cleanup_old_audit_logs]
)
@pytest.mark.parametrize("days", [0, -1])
def test_what_is_of_today_is_never_cleaned(task: Callable[..., object], days: int, uow: UnitOfWork, store: Store) -> None:
    with uow() as session:
        signed_in(session)
    with pytest.raises(Invalid):
        task(days, store_id=str(store.id))
    with uow() as session:
        assert [row.revoked_at for row in session.exec(select(LoginSession)).all()] == [None]
        assert len(session.exec(select(AccessLogEntry)).all()) == 1


def test_a_store_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(NoStore):
        cleanup.cleanup_expired_tokens(store_id=str(UUID(int=1)))


def test_the_documented_names_are_registered() -> None:
    kinds = ("expired_tokens", "abandoned_sessions", "expired_carts", "old_audit_logs")
    assert {f"app.tasks.cleanup.cleanup_{kind}" for kind in kinds} <= celery_app.tasks.keys()
