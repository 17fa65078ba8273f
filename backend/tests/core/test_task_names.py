"""A task's name is one function's: a second one refuses to boot."""

import os
import subprocess
import sys
from typing import Any

import pytest

from app.core.task_names import StrictCelery, TaskNamedTwice
from tests.conftest import BACKEND


def make_app() -> StrictCelery:
    return StrictCelery("names", set_as_current=False)


def one() -> None: ...


def other() -> None: ...


def as_function(app: StrictCelery, function: Any) -> None:
    app.task(name="a.name", shared=False)(function)
    app.finalize()


def as_class(app: StrictCelery, function: Any) -> None:
    app.register_task(type("One", (app.Task,), {"name": "a.name", "run": staticmethod(function)})())


@pytest.mark.parametrize("second", [as_function, as_class])
@pytest.mark.parametrize("first", [as_function, as_class])
def test_ac04_a_name_registered_twice_raises(first: Any, second: Any) -> None:
    app = make_app()
    first(app, one)
    with pytest.raises(TaskNamedTwice, match=r"a\.name"):
        second(app, other)
    assert app.tasks["a.name"].run is one, "the first stands"


def test_the_same_function_may_come_again() -> None:
    app = make_app()
    for _ in range(2):
        as_function(app, one)
    assert "a.name" in app.tasks


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_ac04_neither_worker_nor_beat_boots(program: str) -> None:
    command = [sys.executable, "-m", "celery", "-A", "tests.core.named_twice", program, "--loglevel=WARNING"]
    environment = os.environ | {"PYTHONPATH": str(BACKEND)}
    ended = subprocess.run(command, cwd=BACKEND, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "TaskNamedTwice: app.tasks.cleanup.cleanup_expired_carts" in ended.stderr
