"""The shelf holds more or less than was written: broken jars, a crate behind the door, a wrong entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.catalog.errors import VariantNotFound
from app.core.actor import Actor
from app.stock import moving, queries
from app.stock.errors import NotOnShelf, StockReserved
from app.stock.models import MovementKind
from app.stock.queries import Level
from app.stock.rules import Reason, check_change

NAMED_ORDERS = 20  # of those that hold a variant, newest first; more would not help whoever has to choose


def adjust(
    session: Session, variant_id: UUID, change: int, reason: Reason, *, note: str = "", actor: Actor, now: datetime
) -> Level:
    """Have `change` more pieces (or fewer) on the shelf; the level as it is then. Running it twice changes it twice.

    Locks the level. StockReserved (and nothing happens) where less would be left than orders were promised, NotOnShelf where
    there is less, ReasonDoesNotFit, VariantNotFound.
    """
    check_change(reason, change)
    session.flush()
    if not queries.exist(session, [variant_id]):
        raise VariantNotFound
    queries.make_levels(session, [variant_id], now)
    book(session, {variant_id: change}, kind=MovementKind.ADJUST, cause=f"{reason}: {note}" if note else str(reason), now=now)
    level = queries.levels(session, [variant_id])[variant_id]
    changes = {"on_hand": [level.on_hand - change, level.on_hand], "reason": [None, reason]}
    record(session, actor, "stock.adjusted", ("variants", variant_id), changes, note)
    return level


def book(session: Session, changes: Mapping[UUID, int], *, kind: MovementKind, cause: str, now: datetime) -> None:
    """Change levels, all or nothing. Locks them. StockReserved (NotOnShelf where nothing is promised) names what is short."""
    levels = queries.levels(session, changes, lock=True)
    short = [levels[variant_id] for variant_id, change in changes.items() if levels[variant_id].available + change < 0]
    if short:
        holders = queries.holders(session, [level.variant_id for level in short])
        facts = [_facts(level, changes[level.variant_id], holders[level.variant_id]) for level in sorted(short)]
        raise (StockReserved if any(level.reserved for level in short) else NotOnShelf)(variants=facts)
    moving.change(session, changes, kind=kind, cause=cause, now=now)


def _facts(level: Level, change: int, holders: list[tuple[UUID | None, int]]) -> dict[str, Any]:
    named = [{"order_id": str(order_id), "quantity": quantity} for order_id, quantity in holders[:NAMED_ORDERS]]
    facts = {"variant_id": str(level.variant_id), "on_hand": level.on_hand, "reserved": level.reserved}
    return {**facts, "change": change, "orders": named}
