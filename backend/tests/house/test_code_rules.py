"""House rules that a reader would otherwise have to remember, each with its reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2]
MODULES = sorted(path for package in ("app", "sandbox", "local") for path in (BACKEND / package).rglob("*.py"))
APP = [path for path in MODULES if path.is_relative_to(BACKEND / "app")]
MAX_LINES, USUAL_LINES, USUAL_SHARE = 300, 150, 0.9
MAX_QUEUED_AHEAD_SECONDS = 600  # later than that is a row in PostgreSQL: Redis may be flushed, and delivers far-off tasks often
FORBIDDEN_NAMES = re.compile(r"(Manager|Helper|Handler|Processor|Repository)$|^(utils|helpers|common|misc)$")
NOW = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
CLOCKS = {"app/core/clock.py"}
COMMITTERS = {"app/core/work.py"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """(`owner.name`, call) for every method call."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            yield f"{name}.{node.func.attr}", node


def name(path: Path) -> str:
    return path.relative_to(BACKEND).as_posix()


def test_modules_are_small_enough_to_know() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}
    assert sum(length <= USUAL_LINES for length in lengths.values()) >= USUAL_SHARE * len(lengths)


def test_there_is_one_source_of_now() -> None:
    """A hidden clock cannot be moved by a test, and forgets the store's zone and test clock."""
    found = [
        f"{name(path)}:{call.lineno}"
        for path in APP
        if name(path) not in CLOCKS
        for called, call in calls(path)
        if tuple(called.split(".")) in NOW
    ]
    assert found == []


def test_nothing_below_a_door_commits() -> None:
    """A commit in the middle of a use case makes half of it true."""
    verbs = ("commit", "rollback", "begin")
    found = [
        f"{name(path)}:{call.lineno}"
        for path in APP
        if name(path) not in COMMITTERS
        for called, call in calls(path)
        if called.startswith("session.") and called.split(".")[1] in verbs
    ]
    assert found == []


def test_ac21_nothing_is_queued_more_than_ten_minutes_ahead() -> None:
    found = []
    for path in APP:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    literal = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                    too_far = isinstance(literal, int | float) and literal > MAX_QUEUED_AHEAD_SECONDS
                    if keyword.arg == "eta" or (keyword.arg == "countdown" and too_far):
                        found.append(f"{name(path)}:{node.lineno}")
    assert found == []


def test_names_say_what_a_thing_is() -> None:
    """Manager, Helper and utils are where things are put that nobody has named."""
    found = [f"{name(path)}: {path.stem}" for path in MODULES if FORBIDDEN_NAMES.search(path.stem)]
    for path in MODULES:
        classes = (node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
        found += [f"{name(path)}: {found_name}" for found_name in classes if FORBIDDEN_NAMES.search(found_name)]
    assert found == []


def test_no_future_annotations_in_models() -> None:
    """They break SQLModel's list relationships and hide column types."""
    assert [name(path) for path in APP if "from __future__ import annotations" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", APP, ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    content = path.read_text(encoding="utf-8").strip()
    assert not content or path.stem in ("errors", "__init__") or ast.get_docstring(tree(path)), "a module without a docstring"


def test_no_mocking_by_path_and_no_sleeping_in_tests() -> None:
    """A patched path knows the implementation; a sleep is either too short or too long: poll with a deadline."""
    polls = ("tests/workers.py", "tests/sandbox/polling.py")  # where the polling lives
    scripts = "tests/local/"  # whole programs that are started and killed, and poll by themselves
    bad = re.compile(r"mock\.patch\(|mocker\.patch\(|\btime\.sleep\(|monkeypatch\.setattr\(\s*[\"']")
    tests = sorted((BACKEND / "tests").rglob("*.py"))
    found = [name(path) for path in tests if path != Path(__file__) and bad.search(path.read_text(encoding="utf-8"))]
    assert [path for path in found if path not in polls and not path.startswith(scripts)] == []
