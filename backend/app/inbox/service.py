"""Take in what a provider sends: verified by the door, stored raw once, applied later by a task."""

import hashlib
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import and_, select, text, update
from sqlmodel import Session, col

from app.core.db import add_once
from app.core.work import defer, store_of
from app.core.work_columns import app_now, has_status
from app.inbox import queries
from app.inbox.models import ProviderEvent

KEPT_HEADERS = (
    "x-razorpay-event-id",
    "x-razorpay-signature",
    "x-twilio-signature",
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
    "content-type",
    "user-agent",
    "url",  # the address it came to, added by a door whose provider says something in it
)


class Source(Protocol):
    """The provider account an event comes from."""

    @property
    def id(self) -> UUID: ...
    @property
    def provider(self) -> str: ...


class RememberedSource(Source, Protocol):
    """One whose secrets were read a while ago."""

    @property
    def sealed(self) -> bytes | None: ...


# Under a flood of forged events the counter may miss some, but nobody waits for its row. NO KEY: a plain FOR UPDATE would
# hold up whoever refers to the account, genuine events and new payments among them.
_COUNT_REJECTED = text("""
UPDATE provider_accounts SET rejected_events = rejected_events + 1, rejected_at = now()
 WHERE (store_id, id) IN (SELECT store_id, id FROM provider_accounts WHERE id = :account FOR NO KEY UPDATE SKIP LOCKED)
""")


def receive(session: Session, account: Source, event_id: str, event_type: str, headers: dict[str, str], body: bytes) -> bool:
    """Store a verified event, once per (account, event id), and wake its task. False: it is here already. Safe to run twice."""
    row = _event(session, account, event_id, event_type, headers, body)
    is_new = add_once(session, row, "account_id", "event_id")
    if is_new:
        defer(session, "apply_event", row.id)
    return is_new


def receive_if_live(
    session: Session, account: RememberedSource, event_id: str, event_type: str, headers: dict[str, str], body: bytes
) -> bool:
    """As `receive`, of an event that a remembered secret signed, in one statement.

    False says nothing yet: the account has other secrets by now, or the event is here already. Read the account and `receive`.
    """
    row = _event(session, account, event_id, event_type, headers, body)
    is_new = queries.add_if_live(session, row, account.sealed)
    if is_new:
        defer(session, "apply_event", row.id)
    return is_new


def _event(
    session: Session, account: Source, event_id: str, event_type: str, headers: dict[str, str], body: bytes
) -> ProviderEvent:
    kept: dict[str, Any] = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    return ProviderEvent(
        store_id=store_of(session),
        account_id=account.id,
        provider=account.provider,
        event_id=event_id[:128] or body_hash(body),
        event_type=event_type[:80],
        headers=kept,
        body=body,
    )


def count_rejected(session: Session, account: Source) -> None:
    """Somebody sent an event whose signature does not fit: nothing of it is kept, but the account shows how often."""
    session.execute(_COUNT_REJECTED, {"account": account.id})


def body_hash(body: bytes) -> str:
    """The event id where a provider gives none."""
    return hashlib.sha256(body).hexdigest()


def replay(
    session: Session, provider: str, from_: datetime, to: datetime, event_type: str, after: UUID | None, limit: int
) -> list[UUID]:
    """Have events that came in [from_, to) applied again, whatever became of them; which, in the order they came.

    `event_type`: this one, `payment.*`, or all where it is empty. `after`, `limit`: at most so many, behind the named one.
    Those that wait already, or that somebody works on, are left alone. Applying is safe to repeat; their task is woken.
    """
    came = and_(col(ProviderEvent.created_at) >= from_, col(ProviderEvent.created_at) < to)
    which = [col(ProviderEvent.provider) == provider, came, has_status(ProviderEvent, "done", "dead")]
    if after is not None:
        which.append(col(ProviderEvent.id) > after)
    if event_type:
        which.append(col(ProviderEvent.event_type).like(event_type.replace("_", "\\_").replace("*", "%")))
    chosen = list(session.scalars(select(col(ProviderEvent.id)).where(*which).order_by(col(ProviderEvent.id)).limit(limit)))
    again = update(ProviderEvent).where(col(ProviderEvent.id).in_(chosen), has_status(ProviderEvent, "done", "dead"))
    session.execute(
        again.values(work_status="queued", attempts=0, settled_at=None, next_attempt_at=app_now(), last_error=None),
        execution_options={"synchronize_session": False},
    )
    if chosen:
        defer(session, "drain_events")
    return chosen
