"""Send messages: the steps that the nudge, the drain and the documented tasks share."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from app.core.clock import machine_now
from app.core.errors import LeaseLost
from app.core.work import claim_call_settle, unit_of_work
from app.notifications import delivering, queries
from app.notifications.delivering import Progress
from app.notifications.rules import MessageStatus
from app.tasks.base import NotYet, Reference, Result

BUSY_SECONDS = 2.0  # somebody else is sending it: a call takes seconds

SUCCESS = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED})
SKIPPED = frozenset({MessageStatus.CANCELLED, MessageStatus.SUPPRESSED})


def deliver_message(store_id: UUID, message_id: UUID) -> Progress:
    """Claim, call, settle. Safe to run twice and in a race: one of them sends."""
    try:
        return claim_call_settle(store_id, partial(delivering.claim, message_id=message_id), delivering.call, delivering.settle)
    except LeaseLost:
        with unit_of_work(store_id) as session:
            return Progress.of(queries.get(session, message_id))


def deliver_recorded(store_id: UUID, recorded: Reference) -> Result:
    """Send what a documented task recorded: `message_ids`, or the one `message_id`. NotYet while one of them is still owed."""
    is_one = "message_id" in recorded
    ids = [recorded["message_id"]] if is_one else recorded["message_ids"]
    if not ids:
        return {"status": "skipped", "reason": "nobody_to_tell", **recorded}
    reached = [deliver_message(store_id, UUID(message_id)) for message_id in ids]
    if waits := [_wait_seconds(progress) for progress in reached if progress.is_owed]:
        raise NotYet(min(waits))
    return {**_summary(reached), **recorded}


def _wait_seconds(progress: Progress) -> float:
    if progress.retry_at is None:
        return BUSY_SECONDS
    return (progress.retry_at - machine_now()).total_seconds()


def _summary(reached: Sequence[Progress]) -> dict[str, Any]:
    """The worst of them decides."""
    for progress in reached:
        if progress.status not in SUCCESS | SKIPPED:
            return {"status": "failed", "reason": progress.error_code or progress.status}
    if all(progress.status in SUCCESS for progress in reached):
        return {"status": "success"}
    return {"status": "skipped", "reason": next(p.error_code or p.status for p in reached if p.status in SKIPPED)}
