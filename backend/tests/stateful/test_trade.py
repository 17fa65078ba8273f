"""Whatever happens to orders and their money, in whatever order: every invariant holds after every step, and at the end.

`STATEFUL_EXAMPLES=20000 pytest -n 2 -s -m proof backend/tests/stateful` plays so many examples, whatever time they take, and
tells how far it is. An example that fails is told at once with the seed of its batch, and the next batch is played:
`STATEFUL_SEED=… STATEFUL_EXAMPLES=1 …` plays that batch once more, and reduces what fails.
"""

import asyncio
import gc
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from secrets import randbits
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition, HypothesisException, StopTest
from hypothesis.stateful import run_state_machine_as_test

from app.core.nudge import nudger
from app.main import app
from tests.conftest import Servers
from tests.stateful.asking import Api, OneThread, without_threads
from tests.stateful.machine import Trade
from tests.stateful.opening import Template
from tests.stateful.shop import Shop

PROOF_SHARE = 0.1  # of the budget of `scripts/proof`
PARTS = 2  # as many as there are processes to play them on
STEPS = 12
SLICE = 10  # examples in `scripts/test`
BATCH = 50  # examples; the clock is looked at between them
ENOUGH = 5  # failures after which more would tell no more
ONCE = settings(
    stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)
PLAIN = settings(ONCE, phases=[Phase.generate])  # to reduce an example takes as long as a thousand others


@pytest.fixture
def open_shop(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Shop]]:
    monkeypatch.setattr(nudger, "send", lambda *_: None)  # nobody listens: work is found by looking, and nudges cost time
    without_threads(monkeypatch)
    with asyncio.Runner(loop_factory=OneThread) as runner:
        api, template = Api(app, runner.get_loop()), Template(servers)
        gc.freeze()  # what is there now stays: to look through it for rubbish, again and again, takes a tenth of the time
        yield lambda: Shop(template, api)
        gc.unfreeze()
        template.close()


def play(open_shop: Callable[[], Shop], number: int, how: settings) -> int:
    """The examples that follow from a number, one shop for each; how many, or none where they could not all be told apart.

    What failed is tried again after a second or two, so on a slow machine an example may go otherwise than one that began
    alike. Hypothesis gives up then; nothing is wrong with the shop.
    """
    machine: Any = lambda: Trade(open_shop)  # noqa: E731 - hypothesis makes one for each example
    try:
        run_state_machine_as_test(seed(number)(machine), settings=how)
    except FlakyStrategyDefinition as gave_up:
        if all(isinstance(one, (HypothesisException, StopTest)) for one in with_causes(gave_up)):
            return 0
        raise
    return how.max_examples


def with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what was being dealt with when it came."""
    while error is not None:
        yield error
        error = error.__context__


@pytest.mark.timeout(600)  # many shops: on a machine that does other things too it takes its time
def test_no_order_of_events_breaks_an_invariant(open_shop: Callable[[], Shop]) -> None:
    play(open_shop, randbits(32), settings(PLAIN, max_examples=SLICE))


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_and_no_order_of_thousands(open_shop: Callable[[], Shop], part: int) -> None:
    wanted = int(os.environ.get("STATEFUL_EXAMPLES", "0")) / PARTS
    seconds = float(os.environ.get("PROOF_MINUTES", "20")) * 60 * PROOF_SHARE / PARTS
    again = os.environ.get("STATEFUL_SEED")
    number = int(again) if again else randbits(32)
    how = settings(ONCE if again else PLAIN, max_examples=BATCH)
    failed: list[int] = []
    began, played = time.monotonic(), 0
    while len(failed) < ENOUGH and (played < wanted or (not wanted and time.monotonic() - began < seconds)):
        try:
            played += play(open_shop, number, how)
        except Exception:  # noqa: BLE001 - whatever it is, it is told, and fails the test in the end
            failed.append(number)
            tell(f"seed {number}\n{traceback.format_exc()}")
        tell(f"part {part}: {played} examples in {time.monotonic() - began:.0f} s, seed {number}, failed: {failed}")
        number += 1
    assert not failed


def tell(what: str) -> None:
    """At once, and also from a process that only plays for another one."""
    print(what, file=sys.stderr, flush=True)  # noqa: T201
