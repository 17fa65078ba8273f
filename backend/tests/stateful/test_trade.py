"""Whatever happens to orders and their money, in whatever order: every invariant holds after every step, and at the end.

`STATEFUL_EXAMPLES=20000 pytest -n 2 -m proof backend/tests/stateful` plays so many examples, whatever time they take.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.nudge import nudger
from app.main import app
from tests.conftest import Servers
from tests.stateful.machine import Trade
from tests.stateful.opening import Template
from tests.stateful.shop import Shop

PROOF_SHARE = 0.1  # of the budget of `scripts/proof`
PARTS = 2  # as many as there are processes to play them on
STEPS = 12
SLICE = 10  # examples in `scripts/test`
BATCH = 50  # examples; the clock is looked at between them
ONCE = settings(
    stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


@pytest.fixture
def open_shop(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Shop]]:
    monkeypatch.setattr(nudger, "send", lambda *_: None)  # nobody listens: work is found by looking, and nudges cost time
    with TestClient(app, follow_redirects=False) as api:
        template = Template(servers)
        yield lambda: Shop(template, api)
        template.owner.close()


def play(open_shop: Callable[[], Shop], examples: int) -> None:
    machine: Any = lambda: Trade(open_shop)  # noqa: E731 - one for each example
    run_state_machine_as_test(machine, settings=settings(ONCE, max_examples=examples))


@pytest.mark.timeout(600)  # many shops: on a machine that does other things too it takes its time
def test_no_order_of_events_breaks_an_invariant(open_shop: Callable[[], Shop]) -> None:
    play(open_shop, SLICE)


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_and_no_order_of_thousands(open_shop: Callable[[], Shop], part: int) -> None:
    wanted = int(os.environ.get("STATEFUL_EXAMPLES", "0")) // PARTS
    seconds = float(os.environ.get("PROOF_MINUTES", "20")) * 60 * PROOF_SHARE / PARTS
    began, played = time.monotonic(), 0
    while played < wanted or (not wanted and time.monotonic() - began < seconds):
        play(open_shop, BATCH)
        played += BATCH
    print(f"part {part}: {played} examples in {time.monotonic() - began:.0f} s")  # noqa: T201
