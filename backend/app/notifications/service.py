"""Tell somebody something, once: the message is a row in the transaction that makes it true, and is sent after it.

queue(session, "order_confirmation", email, "email", f"order.confirmed:{order.id}", context, about=("orders", order.id))
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.security import encrypt
from app.core.work import defer, store_of
from app.notifications import queries, templates
from app.notifications.models import Message
from app.notifications.rules import MessageStatus, normal_recipient


def queue(
    session: Session,
    template: str,
    to: str,
    channel: str,
    event_key: str,
    context: Mapping[str, Any],
    *,
    secrets: Mapping[str, str] | None = None,
    subject: str = "",
    about: tuple[str, UUID] | None = None,
    customer_id: UUID | None = None,
    locale: str = "en",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    wake: bool = True,
) -> Message:
    """Queue one message and defer its nudge (unless `wake` is false). Safe to run twice: a repeat finds the first.

    `context` holds plain JSON values, frozen here (see `contexts`); `secrets` are encrypted and wiped when it settles.
    `subject` replaces the template's own (e-mail); `about` is (table, id) of what it speaks of. A recipient that can be none
    makes a failed message, never an error: the business goes on. UnknownTemplate and ContextIncomplete are mistakes in the
    caller. Locks nothing.
    """
    kind = templates.find(template, channel)
    templates.check_context(kind, context, secrets or {})
    recipient, now = normal_recipient(channel, to), machine_now()
    message = Message(
        store_id=store_of(session),
        channel=channel,
        template=kind.name,
        template_version=kind.version,
        kind=kind.kind,
        recipient=recipient or to[:254],
        locale=locale,
        context=dict(context),
        secret_context=encrypt(json.dumps(dict(secrets)).encode()) if secrets else None,
        event_key=event_key,
        subject=subject[:500],
        expires_at=expires_at or max(now, not_before or now) + kind.life,
        next_attempt_at=not_before,
        subject_type=about[0] if about else None,
        subject_id=about[1] if about else None,
        customer_id=customer_id,
    )
    if recipient is None:
        _never_send(message, now)
    queued = queries.add_once(session, message)
    if queued is None:
        return queries.same(session, message)
    if recipient is None:
        record(session, SYSTEM, "message.failed", queued, {"status": [None, queued.status]}, cause="invalid_recipient")
    elif wake:
        defer(session, "deliver_urgent_message" if kind.is_urgent else "deliver_message", queued.id)
    return queued


def _never_send(message: Message, now: datetime) -> None:
    message.fail(MessageStatus.FAILED, "invalid_recipient", f"this is no address for {message.channel}")
    message.work_status, message.settled_at, message.secret_context = "dead", now, None
    message.last_error = message.error
