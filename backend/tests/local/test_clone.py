"""One set of servers per clone."""

import json
from pathlib import Path

import pytest

from local import clone


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(clone, "STATE", tmp_path)
    monkeypatch.setattr(clone, "LOGS", tmp_path / "logs")
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_a_second_start_is_told_where_the_first_one_serves() -> None:
    with clone.take():
        clone.note_serving({"api": "http://127.0.0.1:1"})
        with pytest.raises(clone.AlreadyRunning) as other:
            clone.take()
        assert other.value.urls == {"api": "http://127.0.0.1:1"}
        assert clone.is_taken()
    assert not clone.is_taken()


def test_one_that_is_still_starting_serves_nowhere_yet(state: Path) -> None:
    (state / "serving.json").write_text(json.dumps({"pid": 1, "urls": {"api": "of a killed run"}}))
    with clone.take(), pytest.raises(clone.AlreadyRunning) as other:
        clone.take()
    assert other.value.urls == {}


def test_starting_over_deletes_data_and_secrets_also_where_they_had_to_lie_elsewhere(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "data").mkdir()
    (state / "postgres").mkdir()
    (state / "postgres" / "home").write_text(f"{elsewhere}\n")
    for name in ("env", "sandbox.sqlite", "run.lock", "logs/api.log", "logs/setup.log"):
        (state / name).touch()
    clone.start_over()
    assert not elsewhere.exists()
    assert {path.name for path in state.iterdir()} == {"run.lock", "logs"}
    assert {path.name for path in (state / "logs").iterdir()} == {"setup.log"}
