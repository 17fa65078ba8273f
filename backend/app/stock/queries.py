"""Levels and reservations, read and locked.

Locks are taken on levels in the order of variant ids, whoever takes them, so no two baskets wait for each other in a ring.
What an order holds changes only under the locks of its levels.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from app.catalog.models import Variant
from app.core.ids import new_id
from app.core.work import store_of
from app.stock.models import Reservation, ReservationStatus, StockLevel


class Level(NamedTuple):
    variant_id: UUID
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


_LEVELS = columns(col(StockLevel.variant_id), col(StockLevel.on_hand), col(StockLevel.reserved)).where(
    col(StockLevel.variant_id).in_(bindparam("variant_ids", expanding=True))
)
_LOCKED_LEVELS = _LEVELS.order_by(col(StockLevel.variant_id)).with_for_update()

_LOCK_HELD = text("""
SELECT variant_id FROM stock_levels
WHERE variant_id IN (SELECT variant_id FROM reservations WHERE order_id = :order_id AND status = 'held')
ORDER BY variant_id FOR UPDATE
""")

_HOLD_UNTIL = text("""
UPDATE reservations SET expires_at = :until WHERE order_id = :order_id AND status = 'held' RETURNING variant_id
""")

_FIRM_UP = text("UPDATE reservations SET expires_at = NULL WHERE order_id = ANY(:order_ids) AND status = 'held'")

# Movements, not reservations: goods may leave, come back, and leave again.
_OUT = text("""
SELECT variant_id, sum(CASE kind WHEN 'deduct' THEN quantity ELSE -quantity END) FROM stock_movements
WHERE order_id = :order_id AND kind IN ('deduct', 'restock') GROUP BY variant_id
""")


def levels(session: Session, variant_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Level]:
    """Present levels by variant; a variant that was never received has none. `lock`: until the transaction ends."""
    statement = _LOCKED_LEVELS if lock else _LEVELS
    return {row[0]: Level(*row) for row in session.execute(statement, {"variant_ids": list(variant_ids)})}


def lock_held(session: Session, order_id: UUID) -> list[UUID]:
    """Lock the levels of everything the order holds, in the order of variant ids."""
    return [row[0] for row in session.execute(_LOCK_HELD, {"order_id": order_id})]


def held(session: Session, order_id: UUID) -> dict[UUID, int]:
    """What the order holds now, by variant; as it stays where the levels are locked."""
    statement = columns(col(Reservation.variant_id), col(Reservation.quantity)).where(
        col(Reservation.order_id) == order_id, col(Reservation.status) == ReservationStatus.HELD.value
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def out(session: Session, order_id: UUID) -> dict[UUID, int]:
    """Pieces that left the shelf for the order and have not come back, by variant."""
    return {row[0]: int(row[1]) for row in session.execute(_OUT, {"order_id": order_id})}


def hold_until(session: Session, order_id: UUID, until: datetime | None) -> int:
    """None: without end. How many lines the order holds."""
    return len(session.connection().execute(_HOLD_UNTIL, {"order_id": order_id, "until": until}).all())


def firm_up(session: Session, order_ids: Collection[UUID]) -> None:
    """What these orders hold is held without end."""
    session.connection().execute(_FIRM_UP, {"order_ids": list(order_ids)})


def make_levels(session: Session, variant_ids: Collection[UUID], now: datetime) -> None:
    """Levels of 0 for those that were never received, so that there is something to lock."""
    fixed = {"store_id": store_of(session), "created_at": now, "on_hand": 0, "reserved": 0}
    values = [{**fixed, "id": new_id(), "variant_id": variant_id} for variant_id in sorted(variant_ids)]
    session.execute(insert(StockLevel).values(values).on_conflict_do_nothing(index_elements=["store_id", "variant_id"]))


def exist(session: Session, variant_ids: Collection[UUID]) -> set[UUID]:
    """Which of these are variants of the store."""
    return set(session.scalars(columns(col(Variant.id)).where(col(Variant.id).in_(variant_ids))))


def holders(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID | None, int]]]:
    """Orders that hold these variants, and how much of each; newest first."""
    statement = (
        columns(col(Reservation.variant_id), col(Reservation.order_id), col(Reservation.quantity))
        .where(col(Reservation.variant_id).in_(variant_ids), col(Reservation.status) == ReservationStatus.HELD.value)
        .order_by(col(Reservation.id).desc())
    )
    found: dict[UUID, list[tuple[UUID | None, int]]] = defaultdict(list)
    for variant_id, order_id, quantity in session.execute(statement):
        found[variant_id].append((order_id, quantity))
    return found


_RESERVE_MORE = text("""
UPDATE stock_levels AS level SET reserved = level.reserved + more.quantity
FROM unnest(CAST(:variant_ids AS uuid[]), CAST(:quantities AS int[])) AS more (variant_id, quantity)
WHERE level.variant_id = more.variant_id
""")


def reserve_more(session: Session, quantities: Mapping[UUID, int]) -> None:
    """Raise what is reserved of locked levels."""
    session.execute(_RESERVE_MORE, {"variant_ids": list(quantities), "quantities": list(quantities.values())})
