"""Days on which the store delivers nothing: what is not an order yet is left out, and its customers are told when it would be
planned. No other date moves. Deliveries that are orders already are counted, for whoever has to see to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.work import store_of
from app.subscriptions import calendar_queries, plan_queries
from app.subscriptions.calendar_queries import Live
from app.subscriptions.coming import Plan, days
from app.subscriptions.errors import HolidayInPast
from app.subscriptions.models import Holiday
from app.subscriptions.planning import Calendar

PAGE = 1000  # subscriptions looked at together
EXAMPLES = 20  # that are named


@dataclass(frozen=True)
class Closing:
    """The day, its name (none: it is a day like any other again), and what that does to the deliveries of that day."""

    closed_on: date
    name: str
    deliveries: int  # left out, or coming again
    orders: int  # kept
    subscription_ids: list[UUID]  # some of them


def close(session: Session, day: date, name: str, *, actor: Actor, calendar: Calendar) -> Closing:
    """Safe to repeat; another name renames it. HolidayInPast."""
    _refuse_past(day, calendar)
    holiday = calendar_queries.holiday(session, day)
    touched, ids = _touched(session, day, calendar)
    before = holiday.name if holiday else None
    if before != name:
        holiday = holiday or Holiday(store_id=store_of(session), closed_on=day, name=name)
        holiday.name = name
        session.add(holiday)
        session.flush()
        record(session, actor, "holiday.set", holiday, {"name": [before, name]}, cause=day.isoformat())
    return Closing(day, name, touched, calendar_queries.count_orders(session, day), ids)


def open_again(session: Session, day: date, *, actor: Actor, calendar: Calendar) -> Closing:
    """What was not left out yet comes. Safe to repeat. HolidayInPast."""
    _refuse_past(day, calendar)
    holiday = calendar_queries.holiday(session, day)
    if holiday is not None:
        session.delete(holiday)
        session.flush()
        record(session, actor, "holiday.removed", holiday, {"name": [holiday.name, None]}, cause=day.isoformat())
    touched, ids = _touched(session, day, calendar)
    return Closing(day, "", touched, calendar_queries.count_orders(session, day), ids)


def _refuse_past(day: date, calendar: Calendar) -> None:
    if day < calendar.today:
        raise HolidayInPast(field="closed_on", earliest=calendar.today.isoformat())


def _touched(session: Session, day: date, calendar: Calendar) -> tuple[int, list[UUID]]:
    """How many would deliver on that day were it not closed, and some of them."""
    count = 0
    ids: list[UUID] = []
    for subscriptions in _pages(session):
        plans = plan_queries.plans(session, subscriptions, calendar.today)
        for one in subscriptions:
            if _delivers(one, plans[one.id], day, calendar.today):
                count += 1
                ids += [one.id] if len(ids) < EXAMPLES else []
    return count, ids


def _pages(session: Session) -> Iterator[list[Live]]:
    page = calendar_queries.live_after(session, None, PAGE)
    while page:
        yield page
        page = calendar_queries.live_after(session, page[-1].id, PAGE)


def _delivers(subscription: Live, plan: Plan, day: date, today: date) -> bool:
    if subscription.paused_until is not None and day < subscription.paused_until:
        return False
    since = day if plan.left is None else today  # an end by number depends on what comes before
    for coming in days(plan, since):
        if coming.delivers_on >= day:
            return coming.delivers_on == day and coming.left_out in ("", "holiday")
    return False
