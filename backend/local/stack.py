"""Everything that `scripts/run` starts, in the order in which one needs the other."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2

from local import environment
from local.environment import Servers
from local.paths import BACKEND, LOGS, PYTHON, STATE
from local.postgres import EmbeddedPostgres
from local.processes import StartFailed, spawn
from local.progress import step
from local.supervisor import Program, Supervisor
from local.valkey import EmbeddedValkey

COMMAND_SECONDS = 300
PORT_TRIES = 3
NOTHING: Mapping[str, str] = {}
CELERY: tuple[str | Path, ...] = (PYTHON, "-m", "celery", "-A", "app.core.celery_app")


def start_servers(supervisor: Supervisor) -> Servers:
    """PostgreSQL and Valkey, each only if DATABASE_URL or REDIS_URL does not name one of the user's."""
    database_url, redis_url = environment.given("DATABASE_URL"), environment.given("REDIS_URL")
    if database_url is None:
        postgres = EmbeddedPostgres(STATE / "postgres")
        with step("Starting PostgreSQL"):
            supervisor.start(postgres)
        database_url = postgres.url
    if redis_url is None:
        valkey = EmbeddedValkey(STATE / "valkey")
        with step("Starting Valkey"):
            supervisor.start(valkey)
        redis_url = valkey.url
    return Servers(database_url, redis_url)


def migrate() -> None:
    run_command("migrate", [PYTHON, "-m", "alembic", "upgrade", "head"])


def seed(*arguments: str) -> None:
    """Safe to run twice: only what is missing is added."""
    run_command("seed", [PYTHON, "-m", "app.cli.main", "seed", *arguments], environment.admin())


def start_programs(supervisor: Supervisor, servers: Servers, values: dict[str, str]) -> dict[str, str]:
    """Sandbox, API, workers and beat; returns the values of `.rozana/env`, with other ports where one was taken."""
    for attempt in range(1, PORT_TRIES + 1):
        try:
            supervisor.start(*programs(values))
            break
        except StartFailed as failure:
            supervisor.stop_last_stage()
            if attempt == PORT_TRIES or "address already in use" not in str(failure).lower():
                raise
            values = environment.write(servers, environment.addresses(keep_ports=False))
    return values


def programs(values: dict[str, str]) -> list[Program]:
    api, sandbox = values["BACKEND_URL"], values["SANDBOX_URL"]
    state = STATE / "sandbox.sqlite"
    return [
        _program(
            "sandbox",
            [PYTHON, "-m", "sandbox", "--port", _port(sandbox), "--state", state, "--config", environment.SANDBOX_CONFIG],
            lambda log: sandbox in log,
        ),
        _program(
            "api",
            [PYTHON, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", _port(api), "--no-access-log"],
            lambda _: _answers(f"{api}/readyz"),
        ),
        _worker("worker", "default,notifications", "--concurrency=2"),
        # Money singly: one charge prefetched, one in work.
        _worker("worker-subscriptions", "subscriptions", "--concurrency=1", "--prefetch-multiplier=1"),
        _program("beat", [*CELERY, "beat", "--loglevel=info"], lambda log: "beat: Starting" in log),
    ]


def urls(values: dict[str, str]) -> dict[str, str]:
    """Where to look."""
    api, sandbox = values["BACKEND_URL"], values["SANDBOX_URL"]
    return {
        "api": f"{api}/api/v1",
        "docs": f"{api}/docs",
        "storefront": f"{api}/shop/",
        "sandbox": f"{sandbox}/",
        "inbox": f"{sandbox}/inbox",
    }


def run_command(name: str, command: list[str | Path], more: Mapping[str, str] = NOTHING, *, tolerant: bool = False) -> str:
    """Run one of the app's commands to its end; what it said, which is in its log too. StartFailed with the end of that, unless
    `tolerant` of a status that is no success. `more`: environment.
    """
    log = LOGS / f"{name}.log"
    child = spawn(command, log=log, cwd=BACKEND, environment={**_environment(), **more})
    try:
        status = child.wait(COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        raise StartFailed(f"{name} was not done after {COMMAND_SECONDS} s, see {log}") from None
    finally:
        child.kill()
    said = child.log_since_start()
    if status != 0 and not tolerant:
        raise StartFailed(f"{name} failed:\n" + "\n".join(said.splitlines()[-20:]))
    return said


def _worker(name: str, queues: str, *options: str) -> Program:
    command = [
        *CELERY,
        "worker",
        "-n",
        f"{name}@%h",
        "-Q",
        queues,
        *options,
        "--loglevel=info",
        "--without-gossip",
        "--without-mingle",
    ]
    return _program(name, command, lambda log: " ready." in log)


def _program(name: str, command: list[str | Path], is_ready: Callable[[str], bool]) -> Program:
    return Program(name, command, BACKEND, LOGS / f"{name}.log", _environment(), is_ready)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def _port(url: str) -> str:
    return url.rpartition(":")[2]


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
