"""Subscriptions: look at, pause, resume. Every change can be rehearsed with `?dry_run=true`."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlmodel import Session

from app.api.delivery_schemas import CalendarOut, DeliveryOut
from app.api.doors import Door, OpenDoor, Visit
from app.api.orders import MAX_PAGE, ExplanationOut, explanation_out
from app.api.routing import Router
from app.api.schemas import DryRun
from app.api.subscription_requests import PauseIn
from app.api.subscription_schemas import ChangeOut, SubscriptionOut, SubscriptionPage
from app.core.work import rehearse
from app.insight import explain_subscription
from app.stores import service as stores
from app.subscriptions import calendars, changing, queries, reserving, viewing
from app.subscriptions.changing import Change
from app.subscriptions.planning import Calendar

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])


@router.get("")
def list_subscriptions(
    door: OpenDoor, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> SubscriptionPage:
    """Newest first. Customers see their own; staff with `subscriptions.read` see all."""
    found = queries.page(door.session, door.owner_id, limit + 1, after)
    page, more = found[:limit], len(found) > limit
    views = viewing.view_many(door.session, page, today=door.today)
    return SubscriptionPage(items=[SubscriptionOut.of(view) for view in views], next=page[-1].id if more else None)


@router.get("/{subscription_id}")
def get_subscription(door: OpenDoor, subscription_id: UUID) -> SubscriptionOut:
    """One subscription: what comes, how often, where to, how it is paid, and in which state it is."""
    subscription = queries.get(door.session, subscription_id, door.owner_id)
    return SubscriptionOut.of(viewing.view(door.session, subscription, today=door.today))


@router.get("/{subscription_id}/calendar")
def get_calendar(door: OpenDoor, subscription_id: UUID, days: Annotated[int, Query(ge=1, le=366)] = 60) -> CalendarOut:
    """The deliveries of so many days, today included: what comes, until when it can be changed, when it is charged, what it
    costs; and the reason for anything that is left out.
    """
    view = viewing.view(door.session, queries.get(door.session, subscription_id, door.owner_id), today=door.today)
    found = calendars.household(door.session, [view], calendar_of(door.session, door), days)
    return CalendarOut(items=[DeliveryOut.of(one) for one in found])


@router.get("/{subscription_id}/explain")
def explain(door: OpenDoor, subscription_id: UUID) -> ExplanationOut:
    """Who did what to this subscription, its mandate and its deliveries, when and why."""
    subscription = queries.get(door.session, subscription_id, door.owner_id)
    return explanation_out(explain_subscription.subscription(door.session, subscription))


@router.post("/{subscription_id}/pause")
def pause(door: OpenDoor, subscription_id: UUID, body: PauseIn, dry_run: DryRun = False) -> ChangeOut:
    """Deliver nothing more that is not an order yet, until a day or until resumed."""
    return change_it(
        door,
        dry_run,
        lambda at: changing.pause(door.session, subscription_id, door.customer_id, body.until, actor=door.actor, calendar=at),
    )


@router.post("/{subscription_id}/resumption")
def resume(door: OpenDoor, subscription_id: UUID, dry_run: DryRun = False) -> ChangeOut:
    """Go on with the next delivery that can still be changed, on the old rhythm. Charges nothing now, and never does: each
    delivery is charged at its own time.
    """
    return change_it(
        door,
        dry_run,
        lambda at: changing.resume(door.session, subscription_id, door.customer_id, actor=door.actor, calendar=at),
    )


def change_it(door: Door, dry_run: bool, change: Callable[[Calendar], Change]) -> ChangeOut:
    """Do it, once per Idempotency-Key; or do all of it and keep nothing."""
    at = calendar_of(door.session, door)
    if dry_run:
        rehearse(door.session)
        return change_out(door.session, reserving.after(door.session, change(at), at), at)
    return door.once(lambda: change_out(door.session, reserving.after(door.session, change(at), at), at))


def change_out(session: Session, change: Change, at: Calendar) -> ChangeOut:
    """What every change answers, rehearsed or not."""
    session.flush()
    view = viewing.view(session, change.subscription, today=at.today)
    return ChangeOut.of(change, view, calendars.upcoming(session, [view], at))


def calendar_of(session: Session, visit: Visit) -> Calendar:
    """The store's time as this visit sees it."""
    return Calendar.of(stores.get(session), visit.now)
