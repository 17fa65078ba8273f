"""Real Celery processes for tests, which may be killed, and waiting without sleeping for luck."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import redis

from app.core.config import settings

T = TypeVar("T")
BACKEND = Path(__file__).parents[1]
POLL_SECONDS = 0.02


def eventually(read: Callable[[], T], seconds: float = 20, why: str = "") -> T:
    """The first truthy result of `read`, asked again and again until the deadline; then the test fails."""
    deadline = time.monotonic() + seconds
    while True:
        if result := read():
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {why or read}; last: {result!r}")
        time.sleep(POLL_SECONDS)


class CeleryProcess:
    """A Celery program in a process group of its own; `kill` is kill -9 of all of it."""

    def __init__(self, log: Path, app: str, *arguments: str) -> None:
        self.log = log
        self.command = [sys.executable, "-m", "celery", "-A", app, *arguments, "--loglevel=WARNING"]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start and return at once; the queue keeps what is sent meanwhile."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=BACKEND,
                env=os.environ | {"PYTHONPATH": str(BACKEND)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the process and all its children; safe to call twice."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()


class Worker(CeleryProcess):
    """`celery worker` (with beat's ticks, if asked), which finds an empty broker."""

    def __init__(
        self,
        log: Path,
        *,
        beat: bool = False,
        queues: str = "default,notifications,subscriptions",
        concurrency: int = 2,
        app: str = "app.core.celery_app",
    ) -> None:
        flags = ("--without-gossip", "--without-mingle", *(("--beat",) if beat else ()))
        super().__init__(log, app, "worker", "-Q", queues, f"--concurrency={concurrency}", *flags)

    def __enter__(self) -> Self:
        with redis.Redis.from_url(settings.redis_url) as broker:
            broker.flushall()
        return super().__enter__()


class Beat(CeleryProcess):
    """`celery beat`, as many as one likes."""

    def __init__(self, log: Path, *, app: str = "app.core.celery_app") -> None:
        super().__init__(log, app, "beat")
