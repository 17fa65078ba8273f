"""API, worker, beat and Flower refuse to start in production with what is dangerous; elsewhere they say so and start."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from redis import Redis
from structlog.testing import capture_logs

from app.core.boot import refusals
from app.core.checks.scheduling import judge_scheduler
from app.core.config import Settings, settings
from local.ports import free_port
from tests.cli.sound import environment_with, settings_with
from tests.conftest import BACKEND, Servers
from tests.workers import eventually

CELERY = ("-m", "celery", "-A", "app.core.celery_app")
SHORT = {"secret_key": "short"}
UNREACHABLE = {"database_url": "postgresql://nobody@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1/0"}


@pytest.fixture
def evicting() -> Iterator[None]:
    """The tests' broker evicts, as a cache would."""
    with Redis.from_url(settings.redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        yield
        client.config_set("maxmemory-policy", "noeviction")


def installed(**changes: str) -> Settings:
    """A sound production installation on the tests' servers, with these changes."""
    return settings_with(database_url=settings.database_url, redis_url=settings.redis_url, **changes)


def start(servers: Servers, *command: str, **changes: str) -> tuple[int, str]:
    """Start a process of a production installation that must end by itself; its status and all it said."""
    process = subprocess.run(
        [sys.executable, *command],
        cwd=BACKEND,
        env=production(servers, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout


def production(servers: Servers, **changes: str) -> dict[str, str]:
    """The environment of a process of a sound production installation, with these changes."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BACKEND)}
    return {**own, "DATABASE_URL": servers.postgres.url, "REDIS_URL": servers.valkey.url, **environment_with(**changes)}


def test_a_sound_installation_starts() -> None:
    with capture_logs() as logs:
        assert refusals(installed()) == []
    assert logs == []


def test_every_danger_is_named_at_once(servers: Servers, evicting: None) -> None:
    changes = {"razorpay_key_id": "rzp_test_a1", "razorpay_webhook_secret": "", "sandbox_url": "http://sandbox:9000"}
    dangerous = settings_with(database_url=servers.postgres.admin_url, redis_url=servers.valkey.url, **SHORT, **changes)
    said = refusals(dangerous, judge_scheduler(dangerous, in_worker=True, scheduler="celery.beat:Scheduler"))
    assert len(said) == 7
    for words in (
        "SECRET_KEY is shorter",
        "RAZORPAY_WEBHOOK_SECRET is not set",
        "RAZORPAY_KEY_ID is a test key",
        "SANDBOX_URL is set in production",
        "maxmemory-policy is allkeys-lru",
        "is a superuser",
        "Beat runs inside a worker",
    ):
        assert sum(words in sentence for sentence in said) == 1, words


def test_live_keys_do_not_start_with_a_stand_in() -> None:
    (said,) = refusals(installed(razorpay_base_url="http://sandbox:9000"))
    assert "payments would go to sandbox" in said


def test_development_only_warns(evicting: None) -> None:
    with capture_logs() as logs:
        assert refusals(installed(environment="development", **SHORT)) == []
    assert {entry["log_level"] for entry in logs} == {"warning"}
    assert any("maxmemory-policy" in entry["problem"] for entry in logs)
    assert any("SECRET_KEY" in entry["problem"] for entry in logs)


def test_servers_that_are_away_are_waited_for() -> None:
    with capture_logs() as logs:
        assert refusals(settings_with(**UNREACHABLE)) == []
    assert [entry["event"] for entry in logs] == ["not_checked", "not_checked"]


def test_ac23_the_api_refuses_an_evicting_broker(servers: Servers, evicting: None) -> None:
    status, said = start(servers, "-m", "uvicorn", "app.main:app", "--port", "0", **SHORT)
    assert status != 0
    assert "Refusing to start in production: Redis may throw queues away" in said
    assert "SECRET_KEY is shorter than 32 characters" in said
    assert "Traceback" not in said


def test_ac23_a_worker_refuses_an_evicting_broker_and_a_beat_of_its_own(servers: Servers, evicting: None) -> None:
    status, said = start(servers, *CELERY, "worker", "--beat", "--concurrency=1")
    assert status == 1
    assert said.count("Refusing to start in production") == 2
    assert "maxmemory-policy is allkeys-lru" in said
    assert "Beat runs inside a worker" in said
    assert "Traceback" not in said


def test_beat_refuses_a_foreign_scheduler(servers: Servers) -> None:
    status, said = start(servers, *CELERY, "beat", "--scheduler", "tests.cli.foreign_beat:ForeignScheduler")
    assert status == 1
    assert "Refusing to start in production: Beat's scheduler is tests.cli.foreign_beat:ForeignScheduler" in said
    assert "Traceback" not in said


def test_ac39_flower_refuses_to_be_open(servers: Servers) -> None:
    status, said = start(servers, *CELERY, "flower", "--address=127.0.0.1", "--port=0")
    assert status == 1
    assert "Refusing to start in production: Flower would be open to everybody" in said
    assert "Traceback" not in said


def test_a_setting_that_cannot_be_understood_is_named(servers: Servers) -> None:
    status, said = start(servers, *CELERY, "inspect", "ping", environment="prod", redis_port="many")
    assert status == 1
    assert "These settings cannot be understood:" in said
    assert "ENVIRONMENT: Input should be 'development', 'test' or 'production'." in said
    assert "REDIS_PORT: Input should be a valid integer" in said
    assert "Traceback" not in said


def test_ac39_flower_asks_for_the_password_of_the_settings(servers: Servers, tmp_path: Path) -> None:
    """Flower itself reads FLOWER_BASIC_AUTH in capitals from the process only; this one it would not find."""
    port = free_port()
    command = [sys.executable, *CELERY, "flower", "--address=127.0.0.1", f"--port={port}"]
    variables = production(servers) | {"flower_basic_auth": "admin:a long one"}
    with (tmp_path / "flower.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=BACKEND, env=variables, stdout=log, stderr=log)
    try:
        assert eventually(lambda: status_of(port), seconds=40) == httpx2.codes.UNAUTHORIZED
        assert status_of(port, auth=("admin", "guess")) == httpx2.codes.UNAUTHORIZED
        assert status_of(port, auth=("admin", "a long one")) == httpx2.codes.OK
    finally:
        process.terminate()
        process.wait(20)


def status_of(port: int, auth: tuple[str, str] | None = None) -> int | None:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/workers", auth=auth, trust_env=False, timeout=5).status_code
    except httpx2.TransportError:
        return None
