"""What providers report about messages, applied: forward only, each report once, whatever order and number it comes in.

A report about a message we do not know is ignored: the account may serve others too. A report settles an `unknown` message.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID

import orjson
from sqlmodel import Session

from app.audit.service import record
from app.core import actor
from app.core.clock import machine_now
from app.core.work import store_of
from app.notifications import queries
from app.notifications.models import Message, MessageReceipt
from app.notifications.rules import OF_SENDGRID, OF_TWILIO, MessageStatus
from app.providers.sendgrid import MESSAGE_ID_ARG


@dataclass(frozen=True)
class Report:
    """One provider's word about one message. `status` None: kept in the timeline, changes nothing."""

    provider: str
    event_id: str
    event: str
    status: MessageStatus | None
    message_id: UUID | None  # ours, where it travelled along
    provider_id: str
    error_code: str | None = None
    error: str = ""
    happened_at: datetime | None = None


def apply_sendgrid(session: Session, raw: bytes) -> str:
    """Apply a delivery of SendGrid's event webhook: an array of events. Returns what it did, in words. Safe to run twice."""
    events = orjson.loads(raw)
    reports = [_of_sendgrid(event) for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    # one order for all deliveries, so that two of them never wait for each other's messages
    applied = [
        _apply(session, report) for report in sorted(reports, key=lambda report: (str(report.message_id), report.provider_id))
    ]
    return f"{sum(applied)} of {len(reports)} reports changed a message"


def apply_twilio(session: Session, raw: bytes, url: str) -> str:
    """Apply a status callback: the posted form, and the URL it came to, whose query names our message. Safe to run twice."""
    form = dict(parse_qsl(raw.decode(errors="replace")))
    report = _of_twilio(form, urlsplit(url).query)
    return f"{report.event}: {'changed the message' if _apply(session, report) else 'changed nothing'}"


def _apply(session: Session, report: Report) -> bool:
    """Whether the message moved. Locks the message, then records the report."""
    message = _find(session, report)
    if message is None:
        return False
    receipt = MessageReceipt(
        store_id=store_of(session),
        message_id=message.id,
        provider=report.provider,
        event_id=report.event_id,
        event=report.event[:40],
        error_code=report.error_code,
        happened_at=report.happened_at,
    )
    if not queries.add_receipt_once(session, receipt) or report.status is None:
        return False
    before = message.advance(report.status, machine_now())
    if before is None:
        return False
    message.provider, message.provider_id = report.provider, message.provider_id or report.provider_id or None
    failed = report.status in (MessageStatus.FAILED, MessageStatus.BOUNCED)
    message.error_code, message.error = (report.error_code or report.event, report.error[:500]) if failed else (None, None)
    if message.work_status in ("queued", "unknown"):  # one that is being sent is settled by its holder
        message.resolve(machine_now())
    session.add(message)
    cause = f"{report.provider} {report.event} {report.event_id}"
    record(
        session,
        actor.provider(report.provider),
        f"message.{message.status}",
        message,
        {"status": [before, message.status]},
        cause,
    )
    return True


def _find(session: Session, report: Report) -> Message | None:
    found = queries.lock(session, report.message_id) if report.message_id else None
    if found is None and report.provider_id:
        found = queries.lock_by_provider_id(session, report.provider, report.provider_id)
    return found


def _of_sendgrid(event: Mapping[str, Any]) -> Report:
    name = str(event.get("event", ""))
    sg_message_id = str(event.get("sg_message_id") or "")
    timestamp = event.get("timestamp")
    return Report(
        provider="sendgrid",
        event_id=str(event.get("sg_event_id") or _digest(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)))[:128],
        event=name,
        status=OF_SENDGRID.get(name),
        message_id=_uuid(event.get(MESSAGE_ID_ARG)),
        provider_id=sg_message_id.partition(".")[0],  # theirs begins with the X-Message-Id they gave us
        error_code=str(event["status"])[:60] if name in ("bounce", "dropped") and event.get("status") else None,
        error=str(event.get("type") or name),  # `reason` may quote the address
        happened_at=datetime.fromtimestamp(timestamp, UTC) if isinstance(timestamp, int) else None,
    )


def _of_twilio(form: Mapping[str, str], query: str) -> Report:
    sid, name, code = form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode") or None
    return Report(
        provider="twilio",
        event_id=f"{sid}:{name}"[:128],  # Twilio gives none; a status is reported once
        event=name,
        status=OF_TWILIO.get(name),
        message_id=_uuid(next(iter(parse_qs(query).get("message_id", [])), None)),
        provider_id=sid,
        error_code=code[:60] if code else None,
        error=f"Twilio: {name}",
    )


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
