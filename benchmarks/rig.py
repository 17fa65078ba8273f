"""Everything that is measured, started as in production: durable PostgreSQL, Valkey, sandbox, API, workers, beat.

The environment is set before anything of the app is imported: its settings are read once. So this module imports the app only
inside functions, and a benchmark's own module is imported after the rig is up.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx2
import psycopg

from local.paths import BACKEND, PYTHON
from local.ports import LOOPBACK, free_port
from local.postgres import EmbeddedPostgres
from local.progress import say, step
from local.supervisor import Program, Supervisor
from local.valkey import EmbeddedValkey

ON_DISK = "/var/tmp"  # noqa: S108 - mkdtemp makes a private folder; /tmp is often memory, where fsync costs nothing
CELERY: tuple[str | Path, ...] = (PYTHON, "-m", "celery", "-A", "app.core.celery_app")
QUIET = ("--without-gossip", "--without-mingle", "--loglevel=info")


class Rig:
    """PostgreSQL and Valkey are there inside the `with`; the programs come when they are asked for."""

    def __enter__(self) -> Self:
        self._cleanup = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="rozana-bench-", dir=ON_DISK))
        self._cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)  # PostgreSQL's user passes through
        self._supervisor = Supervisor(say)
        self._cleanup.callback(self._supervisor.stop)
        self.programs: dict[str, Program] = {}
        try:
            self._start_servers()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with step("Stopping"):
            self._cleanup.close()

    @property
    def pids(self) -> dict[str, int]:
        """Our processes by name; what a figure of processor time is made of. The sandbox is not ours."""
        servers = {"postgres": self.postgres.pid, "valkey": self.valkey.pid}
        return {name: program.pid for name, program in self.programs.items()} | servers

    def start_everything(self) -> None:
        """Sandbox, API, workers and beat, with the options that they have in production."""
        with step("Starting API, workers, beat and sandbox"):
            self._start(
                self._sandbox(),
                self.server("api", "app.main:app", self.api_url, "/readyz"),
                self._worker("worker", "default,notifications", "--concurrency=2"),
                self._worker("worker-subscriptions", "subscriptions", "--concurrency=1", "--prefetch-multiplier=1"),
                self._program("beat", [*CELERY, "beat", "--loglevel=info"], lambda log: "beat: Starting" in log),
            )

    def start_worker(self, queue: str) -> None:
        """The one worker of a queue, as in production, and nothing else."""
        with step(f"Starting the worker of {queue}"):
            self._start(self._worker(f"worker-{queue}", queue, "--concurrency=1", "--prefetch-multiplier=1"))

    def start_servers_of(self, *programs: Program) -> None:
        """Some of them only, and others: what a benchmark compares with."""
        with step(f"Starting {', '.join(program.name for program in programs)}"):
            self._start(*programs)

    def analyze(self) -> None:
        """As autovacuum does within a minute: a plan made for an empty table takes any index for good, also in foreign keys."""
        with psycopg.connect(self.postgres.url, autocommit=True) as owner:
            owner.execute("ANALYZE")

    def stop_programs(self) -> None:
        """All of them; PostgreSQL and Valkey stay."""
        self._supervisor.stop_last_stage()
        self.programs.clear()

    def server(self, name: str, application: str, url: str, path: str) -> Program:
        """An ASGI application, served as the Dockerfile serves ours."""
        port = url.rpartition(":")[2]
        command: list[str | Path] = [
            PYTHON,
            "-m",
            "uvicorn",
            application,
            "--host",
            LOOPBACK,
            "--port",
            port,
            "--no-access-log",
        ]
        return self._program(name, command, lambda _: _answers(f"{url}{path}"))

    def _start_servers(self) -> None:
        self.postgres, self.valkey = EmbeddedPostgres(self.folder / "postgres"), EmbeddedValkey(self.folder / "valkey")
        with step("Starting PostgreSQL (fsync on) and Valkey"):
            self._supervisor.start(self.postgres, self.valkey)
        self.api_url, self.sandbox_url = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        os.environ.update(
            ENVIRONMENT="test",  # reads no file that a developer has lying about
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.valkey.url,
            BACKEND_URL=self.api_url,
            FRONTEND_URL=f"{self.api_url}/shop",
            SANDBOX_URL=self.sandbox_url,
            SECRET_KEY=secrets.token_urlsafe(48),
            ENCRYPTION_KEY=secrets.token_urlsafe(48),
            EMAIL_PROVIDER="sendgrid",
            SMS_PROVIDER="twilio",
            PYTHONPATH=os.pathsep.join((str(BACKEND), str(BACKEND.parent))),
            PYTHONUNBUFFERED="1",
        )
        with step("Migrating"):
            _migrate()

    def _start(self, *programs: Program) -> None:
        self.programs |= {program.name: program for program in programs}
        self._supervisor.start(*programs)

    def _sandbox(self) -> Program:
        port, state = self.sandbox_url.rpartition(":")[2], self.folder / "sandbox.sqlite"
        command: list[str | Path] = [PYTHON, "-m", "sandbox", "--port", port, "--state", state]
        return self._program("sandbox", command, lambda log: self.sandbox_url in log)

    def _worker(self, name: str, queues: str, *options: str) -> Program:
        return self._program(
            name, [*CELERY, "worker", "-n", f"{name}@%h", "-Q", queues, *options, *QUIET], lambda log: " ready." in log
        )

    def _program(self, name: str, command: Sequence[str | Path], is_ready: Callable[[str], bool]) -> Program:
        return Program(name, command, BACKEND, self.folder / f"{name}.log", dict(os.environ), is_ready)


def _migrate() -> None:
    from alembic import command
    from alembic.config import Config

    command.upgrade(Config(BACKEND / "alembic.ini"), "head")


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
