"""How it stands with stored events."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, column, table
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.core.db import metadata
from app.core.work_columns import has_status
from app.inbox.models import ProviderEvent

_EVENTS = metadata.tables[str(ProviderEvent.__tablename__)]
_ACCOUNTS = table("provider_accounts", column("id", Uuid), column("credentials", LargeBinary))  # of a room above this one
_GIVEN = [one.name for one in _EVENTS.c if one.name not in ("happened_at", "next_attempt_at")]  # the database's
_IF_LIVE = (
    columns(*(bindparam(name, type_=_EVENTS.c[name].type) for name in _GIVEN))
    .select_from(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == bindparam("account_id", type_=Uuid))
    .where(_ACCOUNTS.c.credentials.is_not_distinct_from(bindparam("sealed", type_=LargeBinary)))
)
_ADD_IF_LIVE = (
    insert(_EVENTS)
    .from_select(_GIVEN, _IF_LIVE)
    .on_conflict_do_nothing(index_elements=["store_id", "account_id", "event_id"])
    .returning(_EVENTS.c.id)
)


def add_if_live(session: Session, event: ProviderEvent, sealed: bytes | None) -> bool:
    """Keep the event if its account still has these credentials and nobody kept it before; whether it went in."""
    values = {name: event.__dict__[name] for name in _GIVEN}
    return session.connection().execute(_ADD_IF_LIVE, values | {"sealed": sealed}).first() is not None


def settled(session: Session, event_ids: Collection[UUID]) -> list[tuple[str, str]]:
    """Of these events, those that are applied or given up: their types and outcomes."""
    statement = select(ProviderEvent.event_type, ProviderEvent.work_status, ProviderEvent.outcome, ProviderEvent.last_error)
    found = session.exec(statement.where(col(ProviderEvent.id).in_(event_ids), has_status(ProviderEvent, "done", "dead")))
    return [(kind, outcome if status == "done" else f"given up: {error}") for kind, status, outcome, error in found]
