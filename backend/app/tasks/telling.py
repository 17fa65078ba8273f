"""Make a documented task of a function that queues messages: its result, and what Celery's options mean for the rows."""

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from app.notifications.models import Message
from app.tasks.base import Call, Reference, documented
from app.tasks.delivering import deliver_recorded

CALL_LIMITS = {"soft_time_limit": 60, "time_limit": 90}  # seconds; a call takes 20 at most


def one(messages: list[Message]) -> Reference:
    return {"message_id": str(messages[0].id)} if messages else {"message_ids": []}


def several(messages: list[Message]) -> Reference:
    return {"message_ids": [str(message.id) for message in messages]}


def telling(shape: Callable[[list[Message]], Reference], priority: int) -> Callable[[Callable[..., list[Message]]], Any]:
    """A documented task that queues the messages its function returns, then sends them."""

    def make(queue_messages: Callable[..., list[Message]]) -> Any:
        @functools.wraps(queue_messages)  # its name, module and documented arguments
        def record(session: Session, call: Call, *args: Any, **kwargs: Any) -> Reference:
            messages = queue_messages(session, call, *args, **kwargs)
            hold(session, messages, call)
            return shape(messages)

        return documented(deliver_recorded, priority=priority, **CALL_LIMITS)(record)

    return make


def hold(session: Session, messages: list[Message], call: Call) -> None:
    """What Celery's `countdown`, `eta` and `expires` ask for is kept in the rows this call made, and in no earlier ones."""
    for message in messages:
        if message.created_at < call.made_at:
            continue
        if call.not_before:
            message.next_attempt_at = call.not_before
            message.expires_at += max(call.not_before - message.created_at, timedelta(0))
        if call.expires_at:
            message.expires_at = min(message.expires_at, call.expires_at)
        session.add(message)
