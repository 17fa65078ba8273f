"""`scripts/bench` measures what the documents name, and answers one JSON object. How fast it is, no test decides."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT))  # `scripts/bench` runs from there

from benchmarks import BENCHMARKS  # noqa: E402
from benchmarks.figures import Report, median_ratio, percentile  # noqa: E402
from benchmarks.telling import show  # noqa: E402


def test_every_benchmark_has_its_module() -> None:
    assert {"checkout", "webhooks"} <= BENCHMARKS.keys()
    assert [name for name in BENCHMARKS if find_spec(f"benchmarks.{name}") is None] == []


def test_the_report_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("checkout", ["one order was lost"], {"orders_per_second": 12.34567}, {"service_vs_floor": 0.5})
    show(report, as_json=True)
    told = capsys.readouterr()
    assert json.loads(told.out) == {
        "name": "checkout",
        "errors": 1,
        "figures": {"orders_per_second": 12.35},
        "ratios": {"service_vs_floor": 0.5},
    }
    assert "one order was lost" in told.err


def test_ratios_are_of_rounds() -> None:
    """A round in which the machine was busy slows both of its halves: its own ratio is as good as any."""
    assert median_ratio([10, 1, 30], [20, 2, 60]) == 0.5
    assert percentile([4, 1, 3, 2], 0.5) == 3
    assert percentile([4, 1, 3, 2], 0.99) == 4


def test_an_unknown_name_starts_nothing() -> None:
    command = [sys.executable, "-m", "benchmarks", "nothing"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "backend")))}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "checkout" in ended.stderr
