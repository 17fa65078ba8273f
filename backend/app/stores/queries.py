"""Which store is meant, and its accounts. The first six run as `rozana_sweep`, before a store is known."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.core.clock import machine_now
from app.core.db import metadata
from app.core.ids import new_id
from app.core.work import store_of
from app.stores.models import NumberSeries, ProviderAccount, Store

_FACTS = columns(
    col(Store.id), col(Store.slug), col(Store.host), col(Store.is_default), col(Store.mode), col(Store.zone),
    col(Store.clock_offset_seconds),
)  # fmt: skip


def facts_by_host(session: Session, host: str) -> Any | None:
    return session.execute(_FACTS.where(col(Store.host) == host)).one_or_none()


def facts_by_id(session: Session, store_id: UUID) -> Any | None:
    return session.execute(_FACTS.where(col(Store.id) == store_id)).one_or_none()


def id_by_slug(session: Session, slug: str) -> UUID | None:
    return session.scalar(columns(col(Store.id)).where(col(Store.slug) == slug))


def facts_of_any(session: Session, limit: int) -> Sequence[Any]:
    """The default store first; at most `limit` of them."""
    return session.execute(_FACTS.order_by(col(Store.is_default).desc(), col(Store.id)).limit(limit)).all()


def ids_of_all(session: Session) -> Sequence[UUID]:
    return session.scalars(columns(col(Store.id)).order_by(col(Store.id))).all()


def store_of_account(session: Session, account_id: UUID) -> UUID | None:
    return session.scalar(columns(col(ProviderAccount.store_id)).where(col(ProviderAccount.id) == account_id))


def get(session: Session) -> Store:
    """The store this session works in; read once in it."""
    return session.get_one(Store, store_of(session))


def active_account(session: Session, provider: str) -> ProviderAccount | None:
    statement = select(ProviderAccount).where(ProviderAccount.provider == provider, col(ProviderAccount.is_active))
    return session.exec(statement).one_or_none()


_ACCOUNTS = metadata.tables[str(ProviderAccount.__tablename__)]  # the table, not the class: nothing is made an object
_CREDENTIALS = columns(_ACCOUNTS.c.id, _ACCOUNTS.c.credentials).where(_ACCOUNTS.c.provider == bindparam("provider"))
_OF_ACTIVE = _CREDENTIALS.where(_ACCOUNTS.c.is_active)
_OF_NAMED = _CREDENTIALS.where(_ACCOUNTS.c.id == bindparam("account_id"))


def credentials(session: Session, provider: str, account_id: UUID | None) -> tuple[UUID, bytes | None] | None:
    """Of the named account, else of the active one: its id, and its credentials as they are kept. Asked at every event."""
    named = {"provider": provider, "account_id": account_id}
    found = session.connection().execute(_OF_NAMED if account_id else _OF_ACTIVE, named).one_or_none()
    return None if found is None else (found[0], found[1])


_NUMBERS = metadata.tables[str(NumberSeries.__tablename__)]
_FIRST_NUMBER = insert(_NUMBERS)
_TAKE_NUMBER = _FIRST_NUMBER.on_conflict_do_update(
    index_elements=["store_id", "series"],
    set_={"last_number": _NUMBERS.c.last_number + _FIRST_NUMBER.excluded.last_number},
).returning(_NUMBERS.c.last_number)


def take_number(session: Session, series: str, count: int = 1) -> int:
    """The last of the next `count` numbers of the series. Holds the series' row until the transaction ends: call it last."""
    first = {"store_id": store_of(session), "id": new_id(), "created_at": machine_now(), "series": series, "last_number": count}
    return int(session.execute(_TAKE_NUMBER, first).scalar_one())
