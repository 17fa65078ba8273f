"""The clock of a test store: where it stands, and having it go on. In a live store these routes do not exist."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Depends, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from app.api.advancing import advance
from app.api.doors import OpenVisit, Visit, host_of
from app.api.problems import UNAVAILABLE_RESPONSES
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.core import clock
from app.stores import service as stores
from app.stores.clocks import MAX_AHEAD
from app.stores.errors import ClockNotFound
from app.stores.service import StoreFacts


def in_test_mode(request: Request) -> None:
    """Before anything else, so that in a live store nobody is told more than of any other path that leads nowhere."""
    if stores.find(host_of(request)).mode != "test":
        raise HTTPException(404)


router = Router(prefix="/api/v1/test/clocks", tags=["test clocks"], dependencies=[Depends(in_test_mode)])

EXAMPLE: dict[str, Any] = {
    "id": "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8e9f",
    "now": "2026-12-04T00:30:00Z",
    "offset_seconds": 259200,
}


class ClockOut(BaseModel):
    """A store's clock is the machine's plus `offset_seconds`; its id is the store's."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    now: datetime
    offset_seconds: int

    @classmethod
    def facts(cls, store: StoreFacts) -> dict[str, object]:
        return {"id": store.id, "now": clock.now(store), "offset_seconds": store.clock_offset_seconds}


class AdvanceIn(RequestBody):
    """Either `to` or `seconds`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "2026-12-04T06:00:00+05:30"}, {"seconds": 86400}]})

    to: AwareDatetime | None = Field(None, description="an instant with its offset, at most 400 days ahead")
    seconds: int | None = Field(None, ge=1, le=int(MAX_AHEAD.total_seconds()), strict=True)

    @model_validator(mode="after")
    def one_of_them(self) -> "AdvanceIn":
        if (self.to is None) == (self.seconds is None):
            raise ValueError("give either to or seconds")
        return self

    def target(self, now: datetime) -> datetime:
        return self.to if self.to is not None else now + timedelta(seconds=self.seconds or 0)


class AdvanceOut(ClockOut):
    """`reached` false: this call's time was over; make it again with `to`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE, "to": "2026-12-04T00:30:00Z", "reached": True, "visited": ["2026-12-02T13:00:00Z"]}]
        }
    )

    to: datetime
    reached: bool
    visited: list[datetime] = Field(description="where the clock stopped on the way, because something was due")


@router.get("/{clock_id}")
def get_clock(visit: OpenVisit, clock_id: UUID) -> ClockOut:
    """Where the clock of this store stands; `clock_id` is the store's id."""
    return ClockOut.model_validate(ClockOut.facts(_store(visit, clock_id)))


@router.post("/{clock_id}/advance", responses=UNAVAILABLE_RESPONSES)
def advance_clock(visit: OpenVisit, clock_id: UUID, body: AdvanceIn) -> AdvanceOut:
    """Have the clock go on to an instant, stopping wherever something is due until the workers have done it.

    A call works for 20 seconds at most; `reached` false: call again with the `to` of the answer. Needs no Idempotency-Key:
    a clock only goes forward, so a repeat with `to` finds it there (one with `seconds` goes on). 409 `clock_is_moving` while
    another call moves it, 409 `clock_goes_forward_only` for the past, 503 `nobody_works` where no worker runs.
    """
    store = _store(visit, clock_id)
    to = body.target(clock.now(store))
    done = advance(store.id, to, visit.actor)
    facts = ClockOut.facts(stores.find_by_id(store.id))
    return AdvanceOut.model_validate({**facts, "to": to, "reached": done.reached, "visited": done.visited})


def _store(visit: Visit, clock_id: UUID) -> StoreFacts:
    if clock_id != visit.store.id:
        raise ClockNotFound
    return visit.store
