"""The story's last act believes what `rozana check` says, whatever else that prints, and nothing else."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local import adding_up, stack
from local.scene import Scene
from local.shop import StoryFailed

SCENE = cast(Scene, SimpleNamespace(clock=SimpleNamespace(settle=lambda: None)))


def check(monkeypatch: pytest.MonkeyPatch, said: str) -> dict[str, Any]:
    monkeypatch.setattr(stack, "run_command", lambda *_, **__: said)
    return dict(adding_up.check_books(SCENE).facts)


def told(*findings: dict[str, str]) -> str:
    answer = {"ok": not findings, "checks": 61, "stores": [{"store": "rozana", "findings": findings, "repaired": []}]}
    return f"a warning first\n{json.dumps(answer, indent=2)}\nand a word at the end\n"


def test_nothing_found_is_told_with_the_number_of_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, told()) == {"checks": 61, "findings": 0}


def test_a_finding_breaks_the_story_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryFailed, match="refund_over_capture: 20 paise too much"):
        check(monkeypatch, told({"check": "refund_over_capture", "what": "20 paise too much"}))


def test_a_check_that_died_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryFailed, match="Traceback"):
        check(monkeypatch, "Traceback (most recent call last)")
