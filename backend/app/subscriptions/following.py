"""What becomes of subscriptions when their mandate does: the bank confirms, pauses or ends it, and they follow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.payments.mandate_models import Mandate
from app.payments.mandates import FINAL
from app.stores import service as stores
from app.subscriptions import altering, arrears, notifying, planning, queries, ways
from app.subscriptions.models import Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.states import LIVE


def lock(session: Session, mandate_id: UUID) -> Sequence[Subscription]:
    """Lock the subscriptions that pay by this mandate, and what is owed for them: before the mandate itself is."""
    subscriptions = [*queries.lock_of_mandate(session, mandate_id), *ways.lock_replaced_by(session, mandate_id)]
    arrears.lock(session, subscriptions)
    return subscriptions


def follow(session: Session, subscriptions: Sequence[Subscription], mandate: Mandate, *, now: datetime, actor: Actor) -> None:
    """Bring the locked subscriptions in line with what was just seen of their mandate. Safe to run twice.

    One the customer paused stays paused. One that lost its mandate plans nothing and asks for a new one; it never goes into
    dunning: nobody declined anything.
    """
    calendar = Calendar.of(stores.get(session), now)
    for subscription in subscriptions:
        if subscription.mandate_id != mandate.id:
            _replace(session, subscription, mandate, calendar, actor)
        elif mandate.allows_debits:
            _go_on(session, subscription, mandate, calendar, actor)
        elif mandate.status != "pending" and subscription.status in ("active", "awaiting_mandate"):
            stop(session, subscription, mandate, now=now, actor=actor)


def _replace(session: Session, subscription: Subscription, mandate: Mandate, calendar: Calendar, actor: Actor) -> None:
    """A mandate that was asked for in place of what pays now: once it is good it does, and one that came to nothing is none."""
    if mandate.allows_debits and subscription.status in LIVE:
        ways.take_over(session, subscription, mandate.id, actor)
        _go_on(session, subscription, mandate, calendar, actor)
        altering.look_anew(session, subscription, calendar)
        arrears.recover(session, subscription, mandate, calendar)
    elif mandate.status in FINAL:
        ways.drop(session, subscription)


def _go_on(session: Session, subscription: Subscription, mandate: Mandate, calendar: Calendar, actor: Actor) -> None:
    if subscription.status not in ("awaiting_mandate", "action_needed"):
        return
    before = subscription.move("active")
    planning.schedule(session, subscription, calendar)
    session.add(subscription)
    arrears.recover(session, subscription, mandate, calendar)
    _record(session, subscription, mandate, before, actor)
    if before == "awaiting_mandate":
        notifying.started(session, subscription)


def stop(session: Session, subscription: Subscription, mandate: Mandate, *, now: datetime, actor: Actor) -> None:
    """Its mandate is gone: nothing is planned until its customer has seen to it. The subscription is locked."""
    if subscription.status != "awaiting_mandate":
        before = subscription.move("action_needed")
        subscription.paused_until = None
        planning.stop(subscription)
        session.add(subscription)
        _record(session, subscription, mandate, before, actor)
    notifying.action_needed(session, subscription, mandate, now)


def _record(session: Session, subscription: Subscription, mandate: Mandate, before: str, actor: Actor) -> None:
    changes = {
        "status": [before, subscription.status],
        "next_on": [None, subscription.next_on and subscription.next_on.isoformat()],
    }
    record(
        session,
        actor,
        f"subscription.{'activated' if subscription.status == 'active' else 'action_needed'}",
        subscription,
        changes,
        cause=f"mandate {mandate.id} is {mandate.status}",
    )
