"""Real Celery processes for tests, which may be killed, and waiting without sleeping for luck."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

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


class Worker:
    """`celery worker` (with beat's sweep, if asked) in a process group of its own; `kill` is kill -9 of all of it."""

    def __init__(
        self, log: Path, *, beat: bool = False, queues: str = "default,notifications,subscriptions", concurrency: int = 2
    ) -> None:
        self.log, self.beat, self.queues, self.concurrency = log, beat, queues, concurrency
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Worker":
        with redis.Redis.from_url(settings.redis_url) as broker:
            broker.flushall()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start and return at once; the queue keeps what is sent meanwhile."""
        command = [sys.executable, "-m", "celery", "-A", "app.core.celery_app", "worker", "-Q", self.queues,
                   f"--concurrency={self.concurrency}", "--without-gossip", "--without-mingle", "--loglevel=WARNING",
                   *(["--beat"] if self.beat else [])]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=BACKEND,
                env=os.environ | {"PYTHONPATH": str(BACKEND)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the worker and all its children; safe to call twice."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()
