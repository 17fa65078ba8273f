"""Subscriptions: start, look at, pause, resume, skip, cancel. Every change can be rehearsed with `?dry_run=true`."""

from collections.abc import Callable
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import Session

from app.api.doors import Door, OpenDoor, OpenVisit, Visit, replay
from app.api.orders import MAX_PAGE, ExplanationOut, explanation_out
from app.api.payments import PaymentOut, approval_out, require_started
from app.api.subscription_schemas import (
    CalendarOut,
    CancellationIn,
    ChangeOut,
    DeliveryOut,
    PauseIn,
    SkipIn,
    StartOut,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionPage,
)
from app.core import clock
from app.core.errors import ProviderError
from app.core.work import Nothing, claim_call_settle, rehearse, unit_of_work
from app.idempotency import service as idempotency
from app.idempotency.models import IdempotencyKey
from app.insight import explain_subscription
from app.payments import mandate_queries, mandates, starting
from app.payments.models import PaymentAttempt
from app.payments.starting import StartCall, Started
from app.stores import service as stores
from app.subscriptions import beginning, changing, queries, viewing
from app.subscriptions.beginning import Wish
from app.subscriptions.changing import Change
from app.subscriptions.errors import LinesInvalid, NoMandate
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.rules import Rule

router = APIRouter(prefix="/api/v1/subscriptions", tags=["subscriptions"])

DryRun = Annotated[bool, Query(description="Answer exactly what the call would, and change nothing")]


@router.post("", status_code=201)
def start_subscription(visit: OpenVisit, body: SubscriptionIn, dry_run: DryRun = False) -> StartOut:
    """Subscribe to goods by a rule. By mandate the customer approves it next, at `payment`; until then nothing is planned.

    Needs an Idempotency-Key; safe to repeat. 503 `payment_not_started`: the provider could not be asked; repeat.
    """
    wish = _wish(body)
    if dry_run:
        with unit_of_work(visit.store.id) as session:
            rehearse(session)
            return _started_out(session, visit, _start(session, visit, wish).subscription)
    kept: list[IdempotencyKey] = []

    def claim(session: Session) -> StartCall | Nothing[StartOut | PaymentAttempt]:
        begun = idempotency.begin(session, visit.caller.key, visit.require_key(), visit.fingerprint, clock.machine_now())
        if isinstance(begun, idempotency.Answer):
            return Nothing(cast(StartOut, replay(begun)))
        kept.append(begun.row)
        started = _start(session, visit, wish)
        if started.attempt is None:
            return Nothing(_keep(session, _started_out(session, visit, started.subscription), kept[0]))
        claimed = starting.claim(session, started.attempt.id, {"subscription": str(started.subscription.id)})
        return claimed or Nothing(started.attempt)

    def settle(session: Session, start: StartCall, outcome: Started | ProviderError) -> StartOut | PaymentAttempt:
        attempt = starting.settle(session, start, outcome)
        if attempt.work_status != "done" or start.approval is None:
            idempotency.give_back(session, kept[0])
            return attempt
        subscription = queries.of_mandate(session, start.approval.id)
        mandate = mandate_queries.get(session, start.approval.id)
        answer = _started_out(session, visit, cast(Subscription, subscription))
        return _keep(session, answer.model_copy(update={"payment": approval_out(session, mandate, attempt)}), kept[0])

    result = claim_call_settle(visit.store.id, claim, starting.call, settle)
    if isinstance(result, PaymentAttempt):
        require_started(result)
    return cast(StartOut, result)


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
    subscription = queries.get(door.session, subscription_id, door.owner_id)
    return SubscriptionOut.of(viewing.view(door.session, subscription, today=door.today))


@router.get("/{subscription_id}/calendar")
def get_calendar(door: OpenDoor, subscription_id: UUID, limit: Annotated[int, Query(ge=1, le=60)] = 12) -> CalendarOut:
    """The coming deliveries in order: until when each can be changed, when it is announced and charged, what it costs."""
    view = viewing.view(door.session, queries.get(door.session, subscription_id, door.owner_id), today=door.today)
    found = viewing.calendar(door.session, view, _calendar(door.session, door), limit)
    return CalendarOut(items=[DeliveryOut.of(one) for one in found])


@router.get("/{subscription_id}/explain")
def explain(door: OpenDoor, subscription_id: UUID) -> ExplanationOut:
    """Who did what to this subscription, its mandate and its deliveries, when and why."""
    subscription = queries.get(door.session, subscription_id, door.owner_id)
    return explanation_out(explain_subscription.subscription(door.session, subscription))


@router.post("/{subscription_id}/mandate")
def approve_mandate(visit: OpenVisit, subscription_id: UUID) -> PaymentOut:
    """Where the customer approves the mandate; a new one where the bank ended the last. Safe to repeat."""

    def claim(session: Session) -> StartCall | Nothing[PaymentAttempt]:
        subscription = queries.get(session, subscription_id, visit.customer_id, lock=True)
        if subscription.mandate_id is None:
            raise NoMandate
        mandate_id = beginning.mandate_to_approve(session, subscription, actor=visit.actor, now=visit.now)
        attempt = mandates.attempt_of(session, mandate_id, visit.actor)
        return starting.claim(session, attempt.id, {"subscription": str(subscription_id)}) or Nothing(attempt)

    attempt = claim_call_settle(visit.store.id, claim, starting.call, starting.settle)
    require_started(attempt)
    with unit_of_work(visit.store.id) as session:
        mandate = mandate_queries.approved_by(session, attempt.payment_id)
        if mandate is None:
            raise NoMandate
        return approval_out(session, mandate, attempt)


@router.post("/{subscription_id}/pause")
def pause(door: OpenDoor, subscription_id: UUID, body: PauseIn, dry_run: DryRun = False) -> ChangeOut:
    """Deliver nothing more that is not an order yet, until a day or until resumed."""
    return _change(
        door,
        dry_run,
        lambda at: changing.pause(door.session, subscription_id, door.customer_id, body.until, actor=door.actor, calendar=at),
    )


@router.post("/{subscription_id}/resumption")
def resume(door: OpenDoor, subscription_id: UUID, dry_run: DryRun = False) -> ChangeOut:
    """Go on with the next delivery that can still be changed, on the old rhythm. Charges nothing now."""
    return _change(
        door,
        dry_run,
        lambda at: changing.resume(door.session, subscription_id, door.customer_id, actor=door.actor, calendar=at),
    )


@router.post("/{subscription_id}/skips")
def skip(door: OpenDoor, subscription_id: UUID, body: SkipIn, dry_run: DryRun = False) -> ChangeOut:
    """Leave out the delivery of one day; no other date moves. After the cut-off it is refused, with the cut-off's time."""
    return _change(
        door,
        dry_run,
        lambda at: changing.skip(
            door.session, subscription_id, door.customer_id, body.delivers_on, actor=door.actor, calendar=at
        ),
    )


@router.post("/{subscription_id}/cancellation")
def cancel(door: OpenDoor, subscription_id: UUID, body: CancellationIn, dry_run: DryRun = False) -> ChangeOut:
    """End the subscription. An order whose debit was not sent yet is cancelled with it; others are delivered as planned."""
    return _change(
        door,
        dry_run,
        lambda at: changing.cancel(door.session, subscription_id, door.customer_id, body.reason, actor=door.actor, calendar=at),
    )


def _wish(body: SubscriptionIn) -> Wish:
    """One delivery has each variant once: named twice is a slip, and adding up would guess."""
    quantities = {line.variant_id: line.quantity for line in body.lines}
    if len(quantities) != len(body.lines):
        raise LinesInvalid("the same variant stands in two lines", field="lines")
    mandate = body.mandate
    is_mandate = body.payment_method == "mandate"
    if mandate is not None and not is_mandate:
        raise NoMandate(field="mandate")
    return Wish(
        quantities=quantities,
        rule=Rule.of(body.rule.model_dump(exclude_none=True)),
        starts_on=body.starts_on,
        address_id=body.address_id,
        method=(mandate.method if mandate else "upi") if is_mandate else None,
        max_amount=mandate.max_amount if mandate else None,
    )


def _start(session: Session, visit: Visit, wish: Wish) -> beginning.Started:
    return beginning.start(session, wish, customer_id=visit.customer_id, actor=visit.actor, calendar=_calendar(session, visit))


def _started_out(session: Session, visit: Visit, subscription: Subscription) -> StartOut:
    return StartOut(**_change_out(session, Change(subscription), _calendar(session, visit)).model_dump())


def _keep(session: Session, answer: StartOut, key: IdempotencyKey) -> StartOut:
    idempotency.complete(session, key, idempotency.Answer(201, answer.model_dump(mode="json")))
    return answer


def _change(door: Door, dry_run: bool, change: Callable[[Calendar], Change]) -> ChangeOut:
    """Do it, once per Idempotency-Key; or do all of it and keep nothing."""
    at = _calendar(door.session, door)
    if dry_run:
        rehearse(door.session)
        return _change_out(door.session, change(at), at)
    return door.once(lambda: _change_out(door.session, change(at), at))


def _change_out(session: Session, change: Change, at: Calendar) -> ChangeOut:
    session.flush()
    view = viewing.view(session, change.subscription, today=at.today)
    return ChangeOut.of(change, view, viewing.upcoming(session, view, at))


def _calendar(session: Session, visit: Visit) -> Calendar:
    return Calendar.of(stores.get(session), visit.now)
