"""Look by itself at whether everything adds up, and tell somebody of what does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.core import clock
from app.core.logging import get_logger
from app.insight.checks.frame import Check, Finding, find_all
from app.insight.checks.registry import CHECKS
from app.jobs.models import Slot
from app.notifications import service as notifications
from app.notifications.models import Message
from app.stores import service as stores
from app.stores.models import Store
from app.stores.service import StoreFacts
from app.tasks.scheduling import Step, scheduled

FULL_HOUR = 21  # UTC, half past two at night in India: the whole past is read; in the other hours what is open
CHECKS_A_STEP = 10  # a statement may take its 30 s, and still the slot's lease holds
TOLD_AT_ONCE = 20  # lines of one message; whoever has more begins with these
TEMPLATE = "checks_failed"

log = get_logger(__name__)


@scheduled("check-invariants", counted=("looked", "severe", "notices"))
def check_invariants(session: Session, _store: StoreFacts, slot: Slot) -> Step:
    """Hold the store's books, stock and orders against one another: once a day all of it, hourly what is cheap.

    Every finding is logged; whoever runs the shop is told of a severe one by e-mail, once a day as long as it stands.
    """
    store = stores.get(session)
    now, chosen, looked = clock.now(store), checks_of(slot), int(slot.counts.get("looked", 0))
    checks = chosen[looked : looked + CHECKS_A_STEP]
    findings = find_all(session, checks, now, store.currency)
    for finding in findings:
        log.warning(
            "does_not_add_up",
            check=finding.check,
            severity=finding.severity,
            object_type=finding.object_type,
            object_id=str(finding.object_id or ""),
            amount=finding.amount,
        )
    severe = [finding for finding in findings if finding.severity == "severe"]
    tell(session, store, severe, now, f"{slot.id}:{looked}")
    counts = {"looked": len(checks), "severe": len(severe), "notices": len(findings) - len(severe)}
    return Step(counts, more=looked + len(checks) < len(chosen))


def checks_of(slot: Slot) -> list[Check]:
    """Whoever asks for it gets all of them."""
    is_full = slot.is_asked_for or slot.due_at.hour == FULL_HOUR
    return [check for check in CHECKS if is_full or check.is_cheap]


def tell(session: Session, store: Store, findings: Sequence[Finding], now: datetime, what: str) -> None:
    """One e-mail to the shop about those of the findings that it was not told of today. No address: they are only logged."""
    day = now.astimezone(ZoneInfo(store.zone)).date().isoformat()
    told = _told(session, f"checks:{day}:")
    news = [finding for finding in findings if finding.key not in told]
    if not news or not store.contact_email:
        return
    context: dict[str, Any] = {
        "count": len(news),
        "findings": [
            {"what": finding.what, "repair": finding.repair, "remedy": finding.remedy} for finding in news[:TOLD_AT_ONCE]
        ],
        "more": max(0, len(news) - TOLD_AT_ONCE),
        "keys": [finding.key for finding in news],
    }
    notifications.queue(session, TEMPLATE, store.contact_email, "email", f"checks:{day}:{what}"[:120], context)


def _told(session: Session, prefix: str) -> set[str]:
    """The findings of which somebody was told today."""
    today = select(Message.context).where(Message.template == TEMPLATE, col(Message.event_key).startswith(prefix))
    return {key for context in session.exec(today) for key in context["keys"]}
