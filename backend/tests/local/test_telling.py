"""How the story is told, and what it says about money."""

import json
from datetime import UTC, date, datetime

import pytest

from local.telling import Ending, Step, Telling
from local.wording import day, moment, rupees, sentence

HELD = Step("store", "The shop is open", ok=True, facts={"products": 22}, lines=["22 products"])
BROKEN = Step("payment", "and pays.", ok=False, facts={"error": "no [bold] money"}, lines=["no [bold] money"])


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    telling = Telling(as_json=True)
    telling.tell(HELD)
    telling.end(Ending(ok=True, steps=[HELD]), {"api": "http://127.0.0.1:1"})
    told = json.loads(capsys.readouterr().out)
    assert told.pop("seconds") >= 0
    assert told == {
        "ok": True,
        "steps": [{"name": "store", "ok": True, "products": 22}],
        "urls": {"api": "http://127.0.0.1:1"},
    }


def test_a_start_that_failed_is_one_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    Telling(as_json=True).end(Ending(ok=False, steps=[]), {}, error="no port")
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["steps"], told["error"]) == (False, [], "no port")


def test_files_to_look_at_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    Telling(as_json=True).end(Ending(ok=True, steps=[HELD]), {}, files={"staff": "/a clone/.rozana/admin"})
    assert json.loads(capsys.readouterr().out)["files"] == {"staff": "/a clone/.rozana/admin"}
    Telling(as_json=False).end(Ending(ok=True, steps=[HELD]), {}, files={"staff": "/a clone/.rozana/admin"})
    assert "/a clone/.rozana/admin" in capsys.readouterr().out


def test_people_read_each_step_its_outcome_and_the_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    telling = Telling(as_json=False)
    telling.tell(HELD)
    telling.tell(BROKEN)
    telling.end(Ending(ok=False, steps=[HELD, BROKEN]), {"api": "http://127.0.0.1:1"})
    told = capsys.readouterr().out
    for words in ("✓ 1", "22 products", "✗ 2", "no [bold] money", "The story broke", "http://127.0.0.1:1"):
        assert words in told


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "₹0.00"),
        (5, "₹0.05"),
        (99_900, "₹999.00"),
        (123_456_7, "₹12,345.67"),
        (123_456_789_00, "₹12,34,56,789.00"),
        (-100_000, "-₹1,000.00"),
    ],
)
def test_rupees_are_grouped_as_in_india(amount: int, words: str) -> None:
    assert rupees(amount) == words


def test_instants_are_told_in_the_shop_s_zone() -> None:
    assert moment(datetime(2026, 12, 3, 18, 30, tzinfo=UTC)) == "Fri 4 Dec, 00:00"
    assert day(date(2026, 12, 4)) == "Friday, 4 December"


def test_a_fact_is_a_sentence() -> None:
    fact = {"at": "2026-12-04T00:30:01Z", "who": "razorpay", "what": "order.confirmed", "why": "webhook order.paid x"}
    told = sentence({**fact, "changes": {"status": ["pending_payment", "confirmed"]}})
    assert told == "4 Dec 06:00:01 razorpay: order.confirmed (webhook order.paid x): status pending_payment → confirmed"
    assert sentence({**fact, "why": "", "changes": {}}) == "4 Dec 06:00:01 razorpay: order.confirmed"
