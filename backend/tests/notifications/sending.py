"""What the tests of sending share."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.notifications import queries, service
from app.notifications.delivering import Progress
from app.notifications.models import Message
from app.tasks.delivering import deliver_message

EMAIL, PHONE = "asha@example.in", "+919876543210"


def queue(store_id: UUID, channel: str = "email", key: str = "event:1", **more: Any) -> UUID:
    to = EMAIL if channel == "email" else PHONE
    with unit_of_work(store_id) as session:
        return service.queue(session, "notice", to, channel, key, {"body": "Hello"}, subject="Hi", wake=False, **more).id


def queue_code(store_id: UUID, code: str = "482913") -> UUID:
    with unit_of_work(store_id) as session:
        return service.queue(session, "otp", PHONE, "sms", "otp:1", {"minutes": 5}, secrets={"code": code}, wake=False).id


def read(store_id: UUID, message_id: UUID) -> Message:
    with unit_of_work(store_id) as session:
        return queries.get(session, message_id)


def deliver(store_id: UUID, message_id: UUID) -> Progress:
    """Send it now, whatever its back-off says."""
    change(store_id, message_id, lambda message: setattr(message, "next_attempt_at", machine_now() - timedelta(seconds=1)))
    return deliver_message(store_id, message_id)


def change(store_id: UUID, message_id: UUID, do: Callable[[Message], None]) -> None:
    with unit_of_work(store_id) as session:
        message = queries.get(session, message_id)
        if message.work_status == "queued":
            do(message)
            session.add(message)


def let_lease_run_out(session: Session) -> None:
    session.execute(text("UPDATE messages SET lease_until = app_now() - interval '1 second' WHERE work_status = 'working'"))
