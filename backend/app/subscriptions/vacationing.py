"""A household goes away: none of its subscriptions delivers on those days. And it comes back earlier, or not at all.

Deliveries that are orders already are kept, and told; what is not an order yet is left out. No other date moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.subscriptions import calendar_queries, changing, plan_queries, queries
from app.subscriptions.changing import OpenOrder
from app.subscriptions.coming import Day, Plan, days
from app.subscriptions.errors import TooManyVacations, VacationInvalid, VacationNotFound
from app.subscriptions.models import Subscription, Vacation
from app.subscriptions.planning import Calendar

MAX_DAYS_AHEAD = 366  # whoever is away for longer has moved
MAX_VACATIONS = 20  # that are not over, of one customer


@dataclass(frozen=True)
class Touched:
    """A delivery that a vacation leaves out, or that comes again because it was taken back."""

    subscription: Subscription
    delivers_on: date


@dataclass(frozen=True)
class Journey:
    """A vacation, and what it does to the deliveries of its days."""

    vacation: Vacation
    touched: Sequence[Touched] = ()
    open_orders: Sequence[tuple[Subscription, OpenOrder]] = field(default=())


def leave(session: Session, customer_id: UUID, first_on: date, last_on: date, *, actor: Actor, calendar: Calendar) -> Journey:
    """Deliver nothing from the first to the last day. Safe to repeat; taken back at any time. Locks customer and subscriptions.

    VacationInvalid; TooManyVacations. What a provider charges by itself meanwhile goes into the customer's wallet.
    """
    if not (first_on <= last_on and calendar.today <= last_on and (last_on - calendar.today).days <= MAX_DAYS_AHEAD):
        raise VacationInvalid(field="last_on", earliest=calendar.today.isoformat(), maximum_days=MAX_DAYS_AHEAD)
    subscriptions = _lock(session, customer_id)
    known = plan_queries.vacations(session, customer_id, calendar.today)
    vacation = next((one for one in known if (one.first_on, one.last_on) == (first_on, last_on)), None)
    if vacation is None:
        if len(known) >= MAX_VACATIONS:
            raise TooManyVacations(maximum=MAX_VACATIONS)
        vacation = Vacation(store_id=session.info["store_id"], customer_id=customer_id, first_on=first_on, last_on=last_on)
    plans = plan_queries.plans(session, subscriptions, calendar.today)
    touched = _touched(subscriptions, {one: replace(plan, away=()) for one, plan in plans.items()}, vacation, calendar)
    if vacation not in known:
        session.add(vacation)
        session.flush()
        changes = {"first_on": [None, first_on.isoformat()], "last_on": [None, last_on.isoformat()]}
        record(session, actor, "vacation.begun", vacation, changes)
    return Journey(vacation, touched, _open_orders(session, subscriptions, vacation, calendar))


def come_back(session: Session, customer_id: UUID, vacation_id: UUID, *, actor: Actor, calendar: Calendar) -> Journey:
    """The vacation is none: what was not decided in the meantime comes again. VacationNotFound."""
    subscriptions = _lock(session, customer_id)
    vacation = calendar_queries.vacation(session, vacation_id, customer_id)
    if vacation is None:
        raise VacationNotFound
    session.delete(vacation)
    session.flush()
    changes = {"first_on": [vacation.first_on.isoformat(), None], "last_on": [vacation.last_on.isoformat(), None]}
    record(session, actor, "vacation.taken_back", vacation, changes)
    plans = plan_queries.plans(session, subscriptions, calendar.today)
    return Journey(vacation, _touched(subscriptions, plans, vacation, calendar), ())


def _lock(session: Session, customer_id: UUID) -> Sequence[Subscription]:
    """What a run is just deciding is waited for: what we say is left out does not become an order."""
    queries.lock_customer(session, customer_id)
    return calendar_queries.lock_live_of(session, customer_id)


def _touched(
    subscriptions: Sequence[Subscription], plans: dict[UUID, Plan], vacation: Vacation, calendar: Calendar
) -> list[Touched]:
    """Deliveries within the vacation that come as things stand without it, in order of their days."""
    found = [
        Touched(one, day.delivers_on)
        for one in subscriptions
        for day in _within(one, plans[one.id], vacation, calendar)
        if not day.left_out
    ]
    return sorted(found, key=lambda one: (one.delivers_on, one.subscription.id))


def _within(subscription: Subscription, plan: Plan, vacation: Vacation, calendar: Calendar) -> Sequence[Day]:
    if subscription.status == "action_needed" or (subscription.status == "paused" and subscription.paused_until is None):
        return ()
    since = max(vacation.first_on, calendar.today, subscription.paused_until or vacation.first_on)
    # Counted from today on: an end by number depends on what comes before.
    coming = takewhile(lambda day: day.delivers_on <= vacation.last_on, days(plan, calendar.today))
    return [day for day in coming if day.delivers_on >= since]


def _open_orders(
    session: Session, subscriptions: Sequence[Subscription], vacation: Vacation, calendar: Calendar
) -> list[tuple[Subscription, OpenOrder]]:
    found = changing.open_orders_of(session, subscriptions, calendar)
    return [pair for pair in found if vacation.first_on <= pair[1].delivers_on <= vacation.last_on]
