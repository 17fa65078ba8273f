"""Days on which the store delivers no subscription."""

from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.doors import Door, OpenDoor
from app.api.fields import NO_CONTROLS, Day
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.api.subscriptions import calendar_of
from app.core.work import rehearse
from app.subscriptions import closing, plan_queries
from app.subscriptions.closing import Closing
from app.subscriptions.planning import Calendar

router = Router(prefix="/api/v1/holidays", tags=["subscriptions"])

ClosedOn = Annotated[Day, Path(description="A day of the store's calendar, today or later")]


class HolidayIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Diwali"}]})

    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_CONTROLS)]


class HolidayOut(BaseModel):
    closed_on: date
    name: str


class HolidayList(BaseModel):
    items: list[HolidayOut]


class HolidayChangeOut(BaseModel):
    """`deliveries`: so many are left out by it, or come again. `orders`: so many of that day are orders already, and stay."""

    closed_on: date
    name: str | None
    deliveries: int
    orders: int
    subscription_ids: list[UUID] = Field(description="Of the deliveries; at most twenty")

    @classmethod
    def of(cls, closed: Closing) -> "HolidayChangeOut":
        return cls(
            closed_on=closed.closed_on,
            name=closed.name or None,
            deliveries=closed.deliveries,
            orders=closed.orders,
            subscription_ids=closed.subscription_ids,
        )


@router.get("")
def list_holidays(door: OpenDoor) -> HolidayList:
    """Those to come, in order: no subscription is delivered then, and no other date moves."""
    found = plan_queries.holidays(door.session, door.today)
    return HolidayList(items=[HolidayOut(closed_on=one.closed_on, name=one.name) for one in found])


@router.put("/{closed_on}")
def set_holiday(door: OpenDoor, closed_on: ClosedOn, body: HolidayIn, dry_run: DryRun = False) -> HolidayChangeOut:
    """Deliver no subscription on that day. What is an order already stays one: it is counted, and yours to see to."""
    return _change(door, dry_run, lambda at: closing.close(door.session, closed_on, body.name, actor=door.actor, calendar=at))


@router.delete("/{closed_on}")
def remove_holiday(door: OpenDoor, closed_on: ClosedOn, dry_run: DryRun = False) -> HolidayChangeOut:
    """A day like any other again: what was not left out yet comes."""
    return _change(door, dry_run, lambda at: closing.open_again(door.session, closed_on, actor=door.actor, calendar=at))


def _change(door: Door, dry_run: bool, change: Callable[[Calendar], Closing]) -> HolidayChangeOut:
    at = calendar_of(door.session, door)
    if dry_run:
        rehearse(door.session)
        return HolidayChangeOut.of(change(at))
    return door.once(lambda: HolidayChangeOut.of(change(at)))
