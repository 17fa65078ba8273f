"""What is wrong with the servers: asked of real ones, judged on plain facts."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from app.cli.doctor.migrations import check_migrations, judge_migrations, known_revisions
from app.cli.doctor.running import check_beat, check_queues, judge_beat, judge_queues
from app.core.checks.broker import ask_broker, judge_broker
from app.core.checks.database import DatabaseFacts, ask_database, judge_clock, judge_login, judge_version
from app.core.checks.findings import Finding, NotReached
from app.core.clock import machine_now
from app.core.config import settings
from app.core.ids import new_id
from app.core.work import across_stores
from app.jobs import service as jobs
from tests.cli.sound import settings_with
from tests.conftest import Servers
from tests.workers import Worker, eventually

CLOSED = 1  # a port of this machine where nobody listens
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """The URL of an empty database beside the tests' own."""
    name = f"empty_{new_id().hex}"
    with psycopg.connect(servers.postgres.admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER rozana')
        yield servers.postgres.url_for(name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def login(servers: Servers) -> Iterator[Callable[[str], str]]:
    """Makes a login role with the given attributes; its URL."""
    made: list[str] = []

    def make(attributes: str) -> str:
        made.append(f"login_{new_id().hex}")
        admin.execute(f'CREATE ROLE "{made[-1]}" LOGIN {attributes}')
        return servers.postgres.url.replace("//rozana@", f"//{made[-1]}@")

    with psycopg.connect(servers.postgres.admin_url, autocommit=True) as admin:
        yield make
        for name in made:
            admin.execute(f'DROP ROLE "{name}"')


@contextmanager
def redis_setting(name: str, value: str) -> Iterator[None]:
    with Redis.from_url(settings.redis_url, decode_responses=True) as client:
        before = client.config_get(name)[name]
        client.config_set(name, value)
        try:
            yield
        finally:
            client.config_set(name, before)


def problems(findings: Iterator[Finding]) -> str:
    return " ".join(f"{finding.level}: {finding.problem}" for finding in findings)


def test_nothing_is_wrong_with_the_tests_own_servers(servers: Servers) -> None:
    facts = ask_database(servers.postgres.url)
    found = [*judge_version(facts), *judge_login(facts), *judge_clock(facts), *judge_broker(ask_broker(servers.valkey.url))]
    assert found == []
    assert list(check_migrations(settings)) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "DATABASE_URL is not set"),
        (f"postgresql://rozana:hunter2@127.0.0.1:{CLOSED}/shop", "/shop: connection failed"),
        ("postgres is over there", "an address that is no URL"),
    ],
)
def test_a_database_that_cannot_be_reached(url: str, words: str) -> None:
    with pytest.raises(NotReached) as away:
        ask_database(url)
    assert words in str(away.value)
    assert "hunter2" not in str(away.value.finding)


def test_a_database_that_is_too_old(servers: Servers) -> None:
    facts = ask_database(servers.postgres.url)
    assert facts.version_number >= 150_000
    old = dataclasses.replace(facts, version_number=140_013, version="14.13")
    assert problems(judge_version(old)) == "error: PostgreSQL 14.13 is too old."


def test_a_superuser_is_refused(servers: Servers) -> None:
    found = problems(judge_login(ask_database(servers.postgres.admin_url)))
    assert found == "error: The database login postgres is a superuser and could see every store."


def test_a_superuser_without_the_role_is_refused() -> None:
    facts = DatabaseFacts(180_000, "18", "postgres", True, True, can_become_app=False, app_bypasses_rls=False, seconds_ahead=0)
    assert [finding.level for finding in judge_login(facts)] == ["error", "error"]


def test_a_login_that_cannot_act_as_the_application(login: Callable[[str], str]) -> None:
    found = problems(judge_login(ask_database(login("NOSUPERUSER"))))
    assert "cannot act as rozana_app" in found
    assert "could see every store" not in found


def test_a_login_that_bypasses_row_level_security(login: Callable[[str], str]) -> None:
    found = problems(judge_login(ask_database(login("BYPASSRLS IN ROLE rozana_app"))))
    assert "has BYPASSRLS and could see every store" in found


def test_the_application_role_itself_must_not_bypass(servers: Servers) -> None:
    facts = dataclasses.replace(ask_database(servers.postgres.url), app_bypasses_rls=True)
    assert problems(judge_login(facts)) == "error: rozana_app passes row-level security."


@pytest.mark.parametrize(
    ("skew_seconds", "found"),
    [
        (4, ""),
        (-20, "warning: This machine's clock is 20 s ahead of the database's."),
        (90, "error: This machine's clock is 90 s behind the database's."),
    ],
)
def test_clocks_that_disagree(servers: Servers, skew_seconds: float, found: str) -> None:
    facts = ask_database(servers.postgres.url, now=lambda: machine_now() - timedelta(seconds=skew_seconds))
    assert problems(judge_clock(facts)) == found


def test_pending_migrations(empty_database: str) -> None:
    found = problems(check_migrations(settings_with(database_url=empty_database)))
    assert "pending: 0001" in found
    assert found.startswith("error")


def test_migrations_of_a_newer_release(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    found = problems(check_migrations(settings_with(database_url=empty_database)))
    assert found == "error: The database is newer than this code: it has migration 9999."


def test_only_the_migrations_after_the_databases_head_are_pending() -> None:
    assert known_revisions()[0] == "0001"
    assert problems(judge_migrations(["0002"], ["0001", "0002", "0003"])) == "error: 1 migration is pending: 0003."
    assert list(judge_migrations(["0003"], ["0001", "0002", "0003"])) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "REDIS_URL is not set"),
        (f"redis://:hunter2@127.0.0.1:{CLOSED}/0", "Redis cannot be reached at 127.0.0.1"),
        (f"amqp://guest:hunter2@127.0.0.1:{CLOSED}//", "The broker cannot be reached at 127.0.0.1"),
    ],
)
def test_a_broker_that_cannot_be_reached(url: str, words: str) -> None:
    with pytest.raises(NotReached) as away:
        ask_broker(url)
    assert words in str(away.value)
    assert "hunter2" not in str(away.value.finding)


def test_a_wrong_password_is_not_reached_either(servers: Servers) -> None:
    with pytest.raises(NotReached, match="invalid username-password pair"):
        ask_broker(f"redis://:wrong@127.0.0.1:{servers.valkey.port}/0")


def test_ac23_a_broker_that_throws_queues_away() -> None:
    with redis_setting("maxmemory-policy", "allkeys-lru"):
        found = problems(judge_broker(ask_broker(settings.broker_url)))
    assert found == "error: Redis may throw queues away: maxmemory-policy is allkeys-lru."


def test_a_broker_that_forgets_at_a_restart() -> None:
    with redis_setting("appendonly", "no"):
        found = problems(judge_broker(ask_broker(settings.broker_url)))
    assert found.startswith("warning: Redis keeps nothing on disk")


def test_a_queue_nobody_consumes(servers: Servers, tmp_path: Path) -> None:
    assert "No worker answers: nobody consumes default, notifications, subscriptions" in problems(check_queues(settings))
    with Worker(tmp_path / "worker.log", queues="default,notifications", concurrency=1):
        found = eventually(lambda: None if "No worker" in (now := problems(check_queues(settings))) else now, seconds=40)
    assert found == "error: Nobody consumes the queue subscriptions."


def test_queues_are_consumed_by_whichever_worker() -> None:
    answers = {"a@one": [{"name": "default"}], "b@two": [{"name": "notifications"}, {"name": "default"}]}
    assert list(judge_queues({"default", "notifications"}, answers)) == []


def test_no_broker_no_questions_to_workers() -> None:
    with pytest.raises(NotReached):
        list(check_queues(settings_with(redis_url=f"redis://127.0.0.1:{CLOSED}/0")))


@pytest.mark.parametrize(
    ("seconds_ago", "found"),
    [
        (None, "error: Beat has never ticked: no sweep has run yet; the first comes 15 s after its start."),
        (90, ""),
        (91, "error: Beat is not ticking: the last sweep ran 91 s ago, one is due every 15 s."),
    ],
)
def test_beat_that_does_not_tick(seconds_ago: int | None, found: str) -> None:
    last = None if seconds_ago is None else NOON - timedelta(seconds=seconds_ago)
    assert problems(judge_beat(last, NOON, sweep_seconds=15)) == found


def test_the_heartbeat_is_read_from_the_database(servers: Servers, empty_database: str) -> None:
    with across_stores() as session:
        jobs.beat(session, "sweep")
    assert list(check_beat(settings)) == []
    assert problems(check_beat(settings_with(database_url=empty_database))).startswith("error: The heartbeats cannot be read")
