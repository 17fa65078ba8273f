"""What a decided delivery leaves behind: the subscription's own state, and the entries that tell why."""

from typing import Any

from sqlmodel import Session

from app.audit.models import AuditEntry
from app.audit.service import entry
from app.core.actor import SYSTEM
from app.subscriptions import planning
from app.subscriptions.chunk_facts import Facts
from app.subscriptions.deciding import Outcome


def state(facts: Facts, outcome: Outcome) -> dict[str, Any]:
    """What the subscription's own row says afterwards."""
    due, day, now = outcome.due, outcome.next_day, facts.calendar.now
    columns: dict[str, Any] = {
        "store_id": facts.store.id,
        "id": due.id,
        "status": "active" if outcome.is_resumed else due.status,
        "paused_until": None if outcome.is_resumed else due.paused_until,
        "next_on": None,
        "plans_at": None,
        "cancelled_at": None,
    }
    if outcome.waits:
        return columns | {"next_on": due.next_on, "plans_at": now + planning.NEXT_LOOK}
    if day is not None:
        times = facts.calendar.instants(due.payment_method, day.delivers_on, day.agreed.shift)
        return columns | {"next_on": day.delivers_on, "plans_at": times.plans_at}
    ended = planning.ended(due.ends_on, due.ends_after, due.cancel_reason)
    if ended is None:
        return columns
    return columns | {"status": ended, "paused_until": None, "cancelled_at": now if ended == "cancelled" else None}


def entries(session: Session, outcome: Outcome, cause: str) -> list[AuditEntry]:
    """Who wants to know why, reads it here."""
    due, cycle, found = outcome.due, outcome.cycle, list[AuditEntry]()
    of = ("subscriptions", due.id)
    if outcome.is_resumed:
        found.append(entry(session, SYSTEM, "subscription.resumed", of, {"status": ["paused", "active"]}, "the pause ends"))
    if cycle is not None:
        changes: dict[str, Any] = {"delivers_on": [None, cycle.delivers_on.isoformat()], "status": [None, cycle.status]}
        if outcome.differs:
            changes["differs"] = [None, dict(outcome.differs)]
        if outcome.made_up is not None:
            changes["comes_on"] = [None, outcome.made_up.delivers_on.isoformat()]
        why = f"{cycle.reason}; {cause}" if cycle.reason else cause
        found.append(entry(session, SYSTEM, f"cycle.{cycle.status}", cycle, changes, why))
    ended = planning.ended(due.ends_on, due.ends_after, due.cancel_reason)
    if ended and outcome.next_day is None and not outcome.waits and outcome.lost_mandate is None:
        why = due.cancel_reason or "its last delivery is decided"
        found.append(entry(session, SYSTEM, f"subscription.{ended}", of, {"status": [due.status, ended]}, why))
    return found
