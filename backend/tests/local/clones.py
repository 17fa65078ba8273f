"""A clone of the working tree with servers of its own, on the virtual environment that runs the tests."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.paths import ROOT
from tests.local.families import children_of, eventually, is_running

PARTS = ("backend", "frontend-stub", "pyproject.toml")
# All that a clone inherits: what a test run sets for itself must not reach it.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass
class Clone:
    """`scripts/run` without its set-up of the virtual environment."""

    folder: Path
    runs: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def run(self, *options: str) -> "subprocess.Popen[str]":
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        with (self.folder / "run.err").open("a") as said:
            run = subprocess.Popen(
                [sys.executable, "-m", "local.run", "--json", *options],
                cwd=self.folder / "backend",
                env=environment,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        self.runs.append(run)
        return run

    def story(self, run: "subprocess.Popen[str]") -> dict[str, Any]:
        """What it tells, once the story is over; it may keep serving."""
        assert run.stdout is not None
        told = run.stdout.readline()
        assert told, (self.folder / "run.err").read_text()
        story: dict[str, Any] = json.loads(told)
        return story

    def kill(self, run: "subprocess.Popen[str]") -> list[int]:
        """The accident: kill -9 of the supervisor. Returns the processes it leaves behind."""
        family = children_of(run.pid)
        run.kill()
        run.wait()
        eventually(lambda: not any(map(is_running, family)))
        return [pid for pid in family if is_running(pid)]

    def close(self) -> None:
        for run in self.runs:
            run.kill()
            run.communicate()
        home = self.folder / ".rozana" / "postgres" / "home"
        if home.exists():
            shutil.rmtree(home.read_text().strip(), ignore_errors=True)


def make_clone(folder: Path) -> Clone:
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(ROOT / part, folder / part)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    return Clone(folder)


def step(story: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in story["steps"] if step["name"] == name)
    return found
