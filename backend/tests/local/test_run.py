"""`scripts/run`, in a clone of its own: the whole product, started as a newcomer starts it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.clones import Clone, make_clone, step
from tests.local.families import children_of, eventually, is_running

FIRST_ORDER = ["store", "sign_in", "cart", "checkout", "payment", "confirmation", "messages", "replay", "explain"]
RENEWAL = ["subscription", "announcement", "renewal", "renewal_replay", "calendar"]
AFTERWARDS = ["shipment", "spoilt", "cancellation", "late_payment", "books"]
STEPS = [*FIRST_ORDER, *RENEWAL, *AFTERWARDS]


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    clone = make_clone(tmp_path / "a clone")
    yield clone
    clone.close()


@pytest.mark.timeout(400)
def test_the_story_holds_a_second_start_names_the_first_and_a_killed_supervisor_leaves_nothing(clone: Clone) -> None:
    run = clone.run()
    story = clone.story(run)
    assert story["ok"] is True, story["steps"][-1]
    assert [one["name"] for one in story["steps"]] == STEPS
    assert step(story, "confirmation")["captures"] == 1
    assert (step(story, "renewal")["debits"], step(story, "renewal")["captures"]) == (1, 1)
    assert step(story, "shipment")["invoice"]["number"].startswith("INV/")
    assert len(step(story, "cancellation")["refunds"]) == 1
    assert (step(story, "late_payment")["captures"], step(story, "late_payment")["refunds"]) == (1, 0)
    assert step(story, "books")["findings"] == 0

    second = clone.run("--once")
    refused = clone.story(second)
    assert second.wait(20) == 1
    assert refused["ok"] is False
    assert refused["urls"] == story["urls"]

    assert len(children_of(run.pid)) > 8
    assert clone.kill(run) == []


@pytest.mark.timeout(400)
def test_an_interrupt_while_it_starts_leaves_nothing_and_is_no_success(clone: Clone) -> None:
    run = clone.run("--once")
    assert eventually((clone.folder / ".rozana" / "env").exists, seconds=60)
    family = children_of(run.pid)
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 130
    assert not any(map(is_running, family))


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_the_story_holds_after_every_kill_on_kept_data(clone: Clone) -> None:
    """Kill -9 the supervisor again and again, early, in the story and while it serves: the next start tells it again."""
    deadline = time.monotonic() + 60 * min(3.0, float(os.environ.get("PROOF_MINUTES", "20")) / 7)
    numbers: list[str] = []
    for patience in (None, 0.5, None, 5.0, None, 12.0, None):
        run = clone.run()
        if patience is None:
            story = clone.story(run)
            assert story["ok"] is True, story["steps"][-1]
            numbers.append(step(story, "checkout")["order_number"])
        else:
            time.sleep(patience)
        assert clone.kill(run) == []
        if time.monotonic() > deadline and len(numbers) >= 2:
            break
    assert len(numbers) >= 2
    assert len(set(numbers)) == len(numbers)
