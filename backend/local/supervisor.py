"""Starts services in stages, brings a dead one back, and stops all in the opposite order."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local.processes import Child, StartFailed, spawn, wait_until_ready

START_SECONDS = 90  # six Python processes that compile their modules for the first time, on two slow cores
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
HEALTHY_SECONDS = 60.0  # alive that long, a service begins again with the shortest pause


class Service(Protocol):
    """What can be supervised: the embedded servers, and every `Program`."""

    @property
    def name(self) -> str: ...

    @property
    def is_alive(self) -> bool: ...

    def start(self) -> object: ...

    def restart(self) -> object: ...

    def ask_to_stop(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Program:
    """A process of ours. `is_ready` sees its log since the start; `grace_seconds` is its time to stop in order."""

    name: str
    command: Sequence[str | Path]
    cwd: Path
    log: Path
    environment: Mapping[str, str]
    is_ready: Callable[[str], bool]
    grace_seconds: float = 10.0
    _child: Child | None = field(default=None, init=False)

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive

    @property
    def pid(self) -> int:
        if self._child is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._child.pid

    def start(self) -> None:
        """Only the launch: `wait` separately, so that a stage comes up side by side."""
        self._child = spawn(self.command, log=self.log, cwd=self.cwd, environment=self.environment, stop_signal=signal.SIGTERM)

    def wait(self) -> None:
        """Until it is ready; StartFailed otherwise."""
        child = self._child
        if child is None:
            raise RuntimeError(f"{self.name} was never started")
        wait_until_ready(child, lambda: self.is_ready(child.log_since_start()), name=self.name, seconds=START_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def ask_to_stop(self) -> None:
        if self._child is not None:
            self._child.ask_to_stop()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(self.grace_seconds)


@dataclass
class _Watched:
    service: Service
    started_at: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None


class Supervisor:
    """Everything is called from one thread, the main one: children die with the thread that started them."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._stages: list[list[_Watched]] = []

    def start(self, *services: Service) -> None:
        """One stage: all are launched, then all are waited for. On StartFailed the caller decides, usually `stop`."""
        stage: list[_Watched] = []
        self._stages.append(stage)
        for service in services:
            stage.append(_Watched(service, self._clock()))  # first, so that a failing start is stopped too
            service.start()
        for service in services:
            if isinstance(service, Program):
                service.wait()

    def watch(self) -> None:
        """Bring dead services back, each after its pause: 0.5 s, doubled at every death up to 30 s. Call it often."""
        for watched in (watched for stage in self._stages for watched in stage):
            if not watched.service.is_alive:
                self._revive(watched)

    def stop_last_stage(self) -> None:
        """Ask all of the stage to stop, then wait for each, killing what does not listen."""
        stage = self._stages.pop()
        for watched in stage:
            watched.service.ask_to_stop()
        for watched in reversed(stage):
            watched.service.stop()

    def stop(self) -> None:
        """Last stage first: nobody loses the server it still needs. Safe to call twice."""
        while self._stages:
            self.stop_last_stage()

    def _revive(self, watched: _Watched) -> None:
        now = self._clock()
        if watched.restart_at is None:
            if now - watched.started_at >= HEALTHY_SECONDS:
                watched.pause_seconds = FIRST_PAUSE_SECONDS
            watched.restart_at = now + watched.pause_seconds
            watched.pause_seconds = min(2 * watched.pause_seconds, LONGEST_PAUSE_SECONDS)
            self._say(f"{watched.service.name} ended, starting it again")
        if now < watched.restart_at:
            return
        watched.restart_at = None
        watched.started_at = now
        try:
            watched.service.restart()
        except StartFailed as failure:
            self._say(str(failure))
