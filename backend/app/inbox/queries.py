"""How it stands with stored events."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.work_columns import has_status
from app.inbox.models import ProviderEvent


def settled(session: Session, event_ids: Collection[UUID]) -> list[tuple[str, str]]:
    """Of these events, those that are applied or given up: their types and outcomes."""
    statement = select(ProviderEvent.event_type, ProviderEvent.work_status, ProviderEvent.outcome, ProviderEvent.last_error)
    found = session.exec(statement.where(col(ProviderEvent.id).in_(event_ids), has_status(ProviderEvent, "done", "dead")))
    return [(kind, outcome if status == "done" else f"given up: {error}") for kind, status, outcome, error in found]
