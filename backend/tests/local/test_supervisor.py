"""Dead services come back with growing pauses, and everything stops in the opposite order."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.processes import StartFailed
from local.supervisor import Program, Supervisor


@dataclass
class Recorded:
    """A service that writes down what is asked of it."""

    name: str
    diary: list[str]
    is_alive: bool = False

    def start(self) -> None:
        self.is_alive = True
        self.diary.append(f"start {self.name}")

    def restart(self) -> None:
        self.is_alive = True
        self.diary.append(f"restart {self.name}")

    def ask_to_stop(self) -> None:
        self.diary.append(f"ask {self.name}")

    def stop(self) -> None:
        self.is_alive = False
        self.diary.append(f"stop {self.name}")


@dataclass
class Clock:
    now: float = 0.0
    said: list[str] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


def test_stages_stop_last_first_and_all_of_a_stage_are_asked_before_one_is_waited_for() -> None:
    diary: list[str] = []
    supervisor = Supervisor(diary.append)
    supervisor.start(Recorded("database", diary))
    supervisor.start(Recorded("api", diary), Recorded("worker", diary))
    diary.clear()
    supervisor.stop()
    supervisor.stop()
    assert diary == ["ask api", "ask worker", "stop worker", "stop api", "ask database", "stop database"]


def test_the_pause_before_a_restart_doubles_up_to_thirty_seconds_and_is_forgotten_after_a_healthy_minute() -> None:
    clock, diary = Clock(), list[str]()
    service = Recorded("api", diary)
    supervisor = Supervisor(clock.said.append, clock)
    supervisor.start(service)
    pauses = [seconds_until_restart(supervisor, service, clock) for _ in range(8)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert len(clock.said) == 8
    clock.now += 61
    assert seconds_until_restart(supervisor, service, clock) == 0.5


def seconds_until_restart(supervisor: Supervisor, service: Recorded, clock: Clock) -> float:
    service.is_alive = False
    died_at = clock.now
    while not service.is_alive:
        supervisor.watch()
        if not service.is_alive:
            clock.now += 0.5
    return clock.now - died_at


def program(folder: Path, script: str) -> Program:
    return Program("a program", [sys.executable, "-c", script], folder, folder / "log", {}, lambda log: "ready" in log)


def test_a_program_is_waited_for_and_a_killed_one_comes_back(tmp_path: Path) -> None:
    it = program(tmp_path, "import time; print('ready', flush=True); time.sleep(60)")
    clock = Clock()
    supervisor = Supervisor(clock.said.append, clock)
    supervisor.start(it)
    first = it.pid
    supervisor.watch()
    assert it.pid == first
    it.stop()
    supervisor.watch()
    clock.now += 0.5
    supervisor.watch()
    assert it.is_alive
    assert it.pid != first
    supervisor.stop()
    assert not it.is_alive


def test_a_program_that_dies_before_it_is_ready_fails_the_start_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(print)
    with pytest.raises(StartFailed, match="nothing to read"):
        supervisor.start(program(tmp_path, "raise SystemExit('nothing to read')"))
    supervisor.stop()
