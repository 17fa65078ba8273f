"""Write down who did what, in the transaction that does it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from app.audit.models import AccessLogEntry, AuditEntry
from app.core.actor import Actor
from app.core.db import Row
from app.core.logging import request_id
from app.core.work import store_of


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: Row | tuple[str, UUID],
    changes: dict[str, Any] | None = None,
    cause: str = "",
) -> None:
    """Append an audit entry. `subject` is the row changed, or (table, id); `changes` maps a field to [before, after].

    Personal values are never passed here: say that a phone changed, not to what.
    """
    session.add(entry(session, actor, action, subject, changes, cause))


def entry(
    session: Session,
    actor: Actor,
    action: str,
    subject: Row | tuple[str, UUID],
    changes: dict[str, Any] | None = None,
    cause: str = "",
) -> AuditEntry:
    """What `record` appends, for whoever writes many at once."""
    object_type, object_id = subject if isinstance(subject, tuple) else (str(subject.__tablename__), subject.id)
    return AuditEntry(
        store_id=store_of(session),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        action=action,
        object_type=object_type,
        object_id=object_id,
        changes=changes or {},
        cause=cause[:200],
        request_id=request_id.get()[:64],
    )


def log_access(session: Session, actor: Actor, action: str, *, subject: tuple[str, UUID] | None = None, ip: str = "") -> None:
    """Append to the access log: a sign-in, or a read of somebody's personal data by staff."""
    session.add(
        AccessLogEntry(
            store_id=store_of(session),
            actor_kind=actor.kind,
            actor_id=actor.id,
            action=action,
            object_type=subject[0] if subject else "",
            object_id=subject[1] if subject else None,
            ip=ip,
            request_id=request_id.get()[:64],
        )
    )


def drop_access_log_before(session: Session, day: date) -> int:
    """Drop the months of the access log that ended before `day`, of every store; how many. Safe to run twice.

    The database's own function does it: the application may add to the log and nothing else. Audit entries are never dropped.
    """
    return int(session.execute(select(func.drop_access_log_before(day))).scalar_one())


def prepare_access_log(session: Session, months: int) -> None:
    """Have a partition for this month and the next `months`. Safe to run twice."""
    session.execute(select(func.prepare_access_log(months)))
