"""Days on which a household is away, and the calendar of all its subscriptions together."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.api.doors import Door, OpenDoor
from app.api.household_schemas import (
    HouseholdCalendarOut,
    KeptOut,
    TouchedOut,
    VacationChangeOut,
    VacationIn,
    VacationList,
    VacationOut,
    household_delivery,
)
from app.api.routing import Router
from app.api.schemas import DryRun
from app.api.subscriptions import calendar_of
from app.core.work import rehearse
from app.subscriptions import calendar_queries, calendars, plan_queries, vacationing, viewing
from app.subscriptions.vacationing import Journey

router = Router(prefix="/api/v1", tags=["subscriptions"])


@router.get("/vacations")
def list_vacations(door: OpenDoor) -> VacationList:
    """The vacations of the signed-in customer that are not over, in order."""
    found = plan_queries.vacations(door.session, door.customer_id, door.today)
    return VacationList(items=[VacationOut.of(one) for one in found])


@router.post("/vacations")
def add_vacation(door: OpenDoor, body: VacationIn, dry_run: DryRun = False) -> VacationChangeOut:
    """Nothing comes from the first to the last day, of all subscriptions; no other date moves. What is an order already comes
    all the same, and is named. Safe to repeat.
    """
    return _change(
        door,
        dry_run,
        lambda: vacationing.leave(
            door.session,
            door.customer_id,
            body.first_on,
            body.last_on,
            actor=door.actor,
            calendar=calendar_of(door.session, door),
        ),
    )


@router.delete("/vacations/{vacation_id}")
def remove_vacation(door: OpenDoor, vacation_id: UUID, dry_run: DryRun = False) -> VacationChangeOut:
    """Back earlier, or not going at all: what was not left out yet comes again."""
    return _change(
        door,
        dry_run,
        lambda: vacationing.come_back(
            door.session, door.customer_id, vacation_id, actor=door.actor, calendar=calendar_of(door.session, door)
        ),
    )


@router.get("/calendar")
def get_household_calendar(door: OpenDoor, days: Annotated[int, Query(ge=1, le=366)] = 60) -> HouseholdCalendarOut:
    """The deliveries of all subscriptions of the signed-in customer, by date, today included; and the reason for anything that
    is left out.
    """
    views = viewing.view_many(door.session, calendar_queries.of_customer(door.session, door.customer_id), today=door.today)
    found = calendars.household(door.session, views, calendar_of(door.session, door), days)
    return HouseholdCalendarOut(items=[household_delivery(one) for one in found])


def _change(door: Door, dry_run: bool, change: Callable[[], Journey]) -> VacationChangeOut:
    if dry_run:
        rehearse(door.session)
        return _out(door, change())
    return door.once(lambda: _out(door, change()))


def _out(door: Door, journey: Journey) -> VacationChangeOut:
    door.session.flush()
    views = viewing.view_many(door.session, calendar_queries.of_customer(door.session, door.customer_id), today=door.today)
    return VacationChangeOut(
        vacation=VacationOut.of(journey.vacation),
        deliveries=[TouchedOut(subscription_id=one.subscription.id, delivers_on=one.delivers_on) for one in journey.touched],
        open_orders=[
            KeptOut(
                subscription_id=subscription.id,
                order_id=one.order.id,
                number=one.order.number,
                delivers_on=one.delivers_on,
                outcome="kept",
            )
            for subscription, one in journey.open_orders
        ],
        upcoming=[household_delivery(one) for one in calendars.upcoming(door.session, views, calendar_of(door.session, door))],
    )
