"""Several rows in one task: each under its own request id, and none in the way of another."""

from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from app.core.ids import new_id
from app.core.logging import request_id
from app.tasks import joined
from app.tasks.joined import work_each

STORE, ROWS = new_id(), [new_id() for _ in range(3)]
MORE = [(str(row_id), f"request-{number}") for number, row_id in enumerate(ROWS[1:], 1)]


def test_a_row_that_breaks_keeps_no_other_waiting() -> None:
    request_id.set("request-0")
    seen = []

    def work(store_id: UUID, row_id: UUID) -> str:
        seen.append((store_id, row_id, request_id.get()))
        if row_id == ROWS[1]:
            raise ValueError
        return "done"

    assert work_each(str(STORE), str(ROWS[0]), MORE, work, "drain_events") == "done"
    assert seen == [(STORE, row_id, f"request-{number}") for number, row_id in enumerate(ROWS)]


def test_the_named_row_breaks_aloud_after_the_others_were_seen_to() -> None:
    seen = []

    def work(_: UUID, row_id: UUID) -> None:
        seen.append(row_id)
        if row_id == ROWS[0]:
            raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        work_each(str(STORE), str(ROWS[0]), MORE, work, "drain_events")
    assert seen == ROWS


def test_a_database_that_is_away_is_celerys_business() -> None:
    def work(_: UUID, row_id: UUID) -> None:
        if row_id == ROWS[1]:
            raise OperationalError("", {}, Exception())
        assert row_id != ROWS[2]

    with pytest.raises(OperationalError):
        work_each(str(STORE), str(ROWS[0]), MORE, work, "drain_events")


def test_what_is_left_when_the_slice_is_over_is_nudged(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.core.nudge import nudger

    nudges: list[tuple[str, ...]] = []
    monkeypatch.setattr(nudger, "send", lambda *nudge: nudges.append(nudge))
    monkeypatch.setattr(joined, "SLICE_SECONDS", -1.0)
    seen: list[UUID] = []
    work_each(str(STORE), str(ROWS[0]), MORE, lambda _, row_id: seen.append(row_id), "drain_events")
    assert (seen, nudges) == (ROWS[:1], [("drain_events", str(STORE))])
