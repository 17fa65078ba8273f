"""A subscription whose numbers make trouble: set apart with its error, so that it harms no other, until somebody has looked."""

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.audit.service import entry, record
from app.core.actor import SYSTEM, Actor
from app.core.bulk import insert_many, update_many
from app.core.ids import new_id
from app.core.work import store_of
from app.subscriptions import queries
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.queries import Due
from app.subscriptions.timing import replan

UNPLANNED = ("active", "paused")  # in these a delivery may be planned


def hold(session: Session, calendar: Calendar, due: Due, error: Exception, cause: str, slot_id: UUID | None) -> None:
    """The day is failed, and nothing more is planned. Nothing of what is agreed is read: that may be what makes the trouble."""
    reason = type(error).__name__[:60]
    entries = list[AuditEntry]()
    if queries.cycle_on(session, due.id, due.next_on) is None:
        times = calendar.instants(due.payment_method, due.next_on)
        cycle = Cycle(
            store_id=store_of(session),
            id=new_id(),
            subscription_id=due.id,
            delivers_on=due.next_on,
            status="failed",
            reason=reason,
            edit_until=times.edit_until,
            slot_id=slot_id,
        )
        insert_many(session, [cycle])
        changes = {"delivers_on": [None, due.next_on.isoformat()], "status": [None, "failed"]}
        entries.append(entry(session, SYSTEM, "cycle.failed", cycle, changes, f"{reason}; {cause}"))
    held = {"store_id": store_of(session), "id": due.id, "held_at": calendar.now, "held_reason": reason}
    update_many(session, Subscription, [held])
    entries.append(
        entry(session, SYSTEM, "subscription.held", ("subscriptions", due.id), {"held_reason": [None, reason]}, cause)
    )
    insert_many(session, entries)


def retry(session: Session, subscription_id: UUID, *, actor: Actor, calendar: Calendar) -> Subscription:
    """Lift the hold. The delivery that failed is decided again by the next run, if there is still time for it; otherwise it
    stays failed, and the next one is planned. Safe to repeat: what is not held stays as it is.
    """
    subscription = queries.get(session, subscription_id, None, lock=True)
    if subscription.held_at is None:
        return subscription
    reason, subscription.held_at, subscription.held_reason = subscription.held_reason, None, None
    cycle = _failed(session, subscription, calendar.today)
    if cycle is not None and _is_possible(subscription, cycle, calendar):
        record(session, actor, "cycle.retried", cycle, {"status": ["failed", None]}, cause=cycle.reason)
        subscription.next_on, subscription.plans_at = cycle.delivers_on, min(cycle.edit_until, calendar.now)
        session.delete(cycle)
    session.add(subscription)
    record(session, actor, "subscription.retried", subscription, {"held_reason": [reason, None]})
    session.flush()
    return subscription


def held(session: Session, limit: int) -> list[Subscription]:
    """Those that wait for somebody, longest first."""
    found = select(Subscription).where(col(Subscription.held_at).is_not(None)).order_by(col(Subscription.held_at))
    return list(session.exec(found.limit(limit)))


def _failed(session: Session, subscription: Subscription, today: date) -> Cycle | None:
    """The newest delivery from today on that failed."""
    found = select(Cycle).where(
        Cycle.subscription_id == subscription.id, Cycle.status == "failed", col(Cycle.delivers_on) >= today
    )
    return session.exec(found.order_by(col(Cycle.delivers_on).desc()).limit(1)).first()


def _is_possible(subscription: Subscription, cycle: Cycle, calendar: Calendar) -> bool:
    """Whether it may still be planned: by its state, and because there is time."""
    if subscription.status not in UNPLANNED or subscription.next_on is None:
        return False
    if subscription.paused_until is not None and subscription.paused_until > cycle.delivers_on:
        return False
    planned = calendar.instants(subscription.payment_method, cycle.delivers_on)
    return replan(planned, cycle.delivers_on, calendar.now, calendar.zone) is not None
