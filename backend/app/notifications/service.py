"""Tell somebody something, once: the message is a row in the transaction that makes it true, and is sent after it.

queue(session, "order_confirmation", email, "email", f"order.confirmed:{order.id}", context, about=("orders", order.id))
"""

import json
from collections.abc import Mapping, Sequence
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
    message = _new(
        session, template, to, channel, event_key, context, secrets or {}, not_before=not_before, expires_at=expires_at
    )
    message.subject, message.locale, message.customer_id = subject[:500], locale, customer_id
    message.subject_type, message.subject_id = about or (None, None)
    return _put(session, [message], wake=wake)[0]


def queue_all(
    session: Session,
    template: str,
    to: Mapping[str, str],
    event_key: str,
    context: Mapping[str, Any],
    *,
    about: tuple[str, UUID],
    customer_id: UUID,
) -> list[Message]:
    """The same words to one customer through several channels, `to` (channel → address), all in one statement."""
    messages = [_new(session, template, address, channel, event_key, context, {}) for channel, address in to.items()]
    for message in messages:
        message.subject_type, message.subject_id = about
        message.customer_id = customer_id
    return _put(session, messages, wake=True)


def _new(
    session: Session,
    template: str,
    to: str,
    channel: str,
    event_key: str,
    context: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    kind = templates.find(template, channel)
    templates.check_context(kind, context, secrets)
    recipient, now = normal_recipient(channel, to), machine_now()
    message = Message(
        store_id=store_of(session),
        channel=channel,
        template=kind.name,
        template_version=kind.version,
        kind=kind.kind,
        recipient=recipient or to[:254],
        context=dict(context),
        secret_context=encrypt(json.dumps(dict(secrets)).encode()) if secrets else None,
        event_key=event_key,
        expires_at=expires_at or max(now, not_before or now) + kind.life,
        next_attempt_at=not_before,
    )
    if recipient is None:
        _never_send(message, now)
    return message


def _put(session: Session, messages: Sequence[Message], *, wake: bool) -> list[Message]:
    """Those that are new, and the first of each that is not."""
    if not messages:
        return []
    new = queries.add_once(session, messages)
    for message in new:
        if message.status == MessageStatus.FAILED:
            changes = {"status": [None, message.status]}
            record(session, SYSTEM, "message.failed", message, changes, cause="invalid_recipient")
        elif wake:
            is_urgent = templates.find(message.template, message.channel).is_urgent
            defer(session, "deliver_urgent_message" if is_urgent else "deliver_message", message.id)
    return [message if message in new else queries.same(session, message) for message in messages]


def _never_send(message: Message, now: datetime) -> None:
    message.fail(MessageStatus.FAILED, "invalid_recipient", f"this is no address for {message.channel}")
    message.work_status, message.settled_at, message.secret_context = "dead", now, None
    message.last_error = message.error
