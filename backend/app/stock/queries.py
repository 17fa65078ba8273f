"""Levels and their changes, set-wise: a basket of any size is one lock and one statement that changes everything.

Locks are taken on levels in the order of variant ids, whoever takes them, so no two baskets wait for each other in a ring.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import Session, col

from app.core.ids import new_id
from app.core.work import store_of
from app.stock.models import StockLevel


class Level(NamedTuple):
    variant_id: UUID
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


_MOVE = """
    INSERT INTO stock_movements
        (store_id, id, created_at, variant_id, order_id, kind, quantity, on_hand_after, reserved_after, cause)
    SELECT :store_id, movement_id, :now, variant_id, :order_id, :kind, quantity, on_hand, reserved, :cause FROM changed
    RETURNING variant_id, quantity
"""

_RECEIVE = text(f"""
WITH wanted AS (
    SELECT * FROM unnest(
        CAST(:variant_ids AS uuid[]), CAST(:quantities AS int[]), CAST(:row_ids AS uuid[]), CAST(:movement_ids AS uuid[])
    ) AS wanted (variant_id, quantity, row_id, movement_id)
), levelled AS (
    INSERT INTO stock_levels AS level (store_id, id, created_at, variant_id, on_hand, reserved)
    SELECT :store_id, row_id, :now, variant_id, quantity, 0 FROM wanted ORDER BY variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE SET on_hand = level.on_hand + excluded.on_hand
    RETURNING variant_id, on_hand, reserved
), changed AS (
    SELECT * FROM levelled JOIN wanted USING (variant_id)
)
{_MOVE}
""")  # noqa: S608 - no value is in the text

_RESERVE = text(f"""
WITH wanted AS (
    SELECT * FROM unnest(
        CAST(:variant_ids AS uuid[]), CAST(:quantities AS int[]), CAST(:row_ids AS uuid[]), CAST(:movement_ids AS uuid[])
    ) AS wanted (variant_id, quantity, row_id, movement_id)
), held AS (
    INSERT INTO reservations (store_id, id, created_at, order_id, variant_id, quantity, status, expires_at)
    SELECT :store_id, row_id, :now, :order_id, variant_id, quantity, 'held', :expires_at FROM wanted
), changed AS (
    UPDATE stock_levels AS level SET reserved = level.reserved + quantity FROM wanted
    WHERE level.variant_id = wanted.variant_id
    RETURNING level.variant_id, on_hand, reserved, quantity, movement_id
)
{_MOVE}
""")  # noqa: S608

_SETTLE = text(f"""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:variant_ids AS uuid[]), CAST(:movement_ids AS uuid[])) AS wanted (variant_id, movement_id)
), settled AS (
    UPDATE reservations SET status = :status, expires_at = NULL
    WHERE order_id = :order_id AND status = 'held' AND variant_id IN (SELECT variant_id FROM wanted)
    RETURNING variant_id, quantity
), changed AS (
    UPDATE stock_levels AS level
    SET reserved = level.reserved - quantity, on_hand = level.on_hand - CASE WHEN :leaves_shelf THEN quantity ELSE 0 END
    FROM settled JOIN wanted USING (variant_id) WHERE level.variant_id = settled.variant_id
    RETURNING level.variant_id, on_hand, reserved, quantity, movement_id
)
{_MOVE}
""")  # noqa: S608

_LOCK_HELD = text("""
SELECT variant_id FROM stock_levels
WHERE variant_id IN (SELECT variant_id FROM reservations WHERE order_id = :order_id AND status = 'held')
ORDER BY variant_id FOR UPDATE
""")

_FIRM_UP = text("""
UPDATE reservations SET expires_at = NULL WHERE order_id = :order_id AND status = 'held' RETURNING variant_id
""")


def levels(session: Session, variant_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Level]:
    """Present levels by variant; a variant that was never received has none. `lock`: until the transaction ends."""
    statement = columns(col(StockLevel.variant_id), col(StockLevel.on_hand), col(StockLevel.reserved)).where(
        col(StockLevel.variant_id).in_(variant_ids)
    )
    if lock:
        statement = statement.order_by(col(StockLevel.variant_id)).with_for_update()
    return {row[0]: Level(*row) for row in session.execute(statement)}


def receive(session: Session, quantities: Mapping[UUID, int], cause: str, now: datetime) -> None:
    _run(session, _RECEIVE, _arrays(quantities, row_ids=True), kind="receive", order_id=None, cause=cause, now=now)


def reserve(
    session: Session,
    quantities: Mapping[UUID, int],
    order_id: UUID | None,
    expires_at: datetime | None,
    cause: str,
    now: datetime,
) -> None:
    """Hold pieces and raise `reserved`, with movements. The levels are locked and known to suffice."""
    values = {**_arrays(quantities, row_ids=True), "expires_at": expires_at}
    _run(session, _RESERVE, values, kind="reserve", order_id=order_id, cause=cause, now=now)


def settle_held(session: Session, order_id: UUID, *, kind: str, status: str, cause: str, now: datetime) -> dict[UUID, int]:
    """End what an order holds: `release` gives it back, `deduct` takes it off the shelf. What was ended, by variant."""
    locked = [row[0] for row in session.execute(_LOCK_HELD, {"order_id": order_id})]
    if not locked:
        return {}
    values = {"variant_ids": locked, "movement_ids": [new_id() for _ in locked], "leaves_shelf": kind == "deduct"}
    return _run(session, _SETTLE, {**values, "status": status}, kind=kind, order_id=order_id, cause=cause, now=now)


def firm_up(session: Session, order_id: UUID) -> int:
    return len(session.execute(_FIRM_UP, {"order_id": order_id}).all())


def _arrays(quantities: Mapping[UUID, int], *, row_ids: bool) -> dict[str, list[Any]]:
    variant_ids = sorted(quantities)
    arrays: dict[str, list[Any]] = {
        "variant_ids": variant_ids,
        "quantities": [quantities[variant_id] for variant_id in variant_ids],
        "movement_ids": [new_id() for _ in variant_ids],
    }
    return {**arrays, "row_ids": [new_id() for _ in variant_ids]} if row_ids else arrays


def _run(session: Session, statement: Any, values: dict[str, Any], **more: Any) -> dict[UUID, int]:
    return {row[0]: row[1] for row in session.execute(statement, {"store_id": store_of(session), **values, **more})}
