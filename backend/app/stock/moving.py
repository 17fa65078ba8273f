"""Every change of a level, set-wise: one statement moves a basket of any size and writes its movements.

The levels are locked before, in the order of variant ids (`queries`), and known to suffice. What a movement refers to is
written before: nothing is flushed here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.core.ids import new_id
from app.core.work import store_of

_WANTED = """
wanted AS (
    SELECT * FROM unnest(
        CAST(:variant_ids AS uuid[]), CAST(:quantities AS int[]), CAST(:row_ids AS uuid[]), CAST(:movement_ids AS uuid[])
    ) AS wanted (variant_id, quantity, row_id, movement_id)
)"""

_MOVE = """
    INSERT INTO stock_movements
        (store_id, id, created_at, variant_id, order_id, kind, quantity, on_hand_after, reserved_after, cause)
    SELECT :store_id, movement_id, :now, variant_id, :order_id, :kind, quantity, on_hand, reserved, :cause FROM changed
"""

_RECEIVE = text(f"""
WITH {_WANTED}, levelled AS (
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
WITH {_WANTED}, held AS (
    INSERT INTO reservations (store_id, id, created_at, order_id, variant_id, quantity, status, expires_at)
    SELECT :store_id, row_id, :now, :order_id, variant_id, quantity, 'held', :expires_at FROM wanted
), changed AS (
    UPDATE stock_levels AS level SET reserved = level.reserved + quantity FROM wanted
    WHERE level.variant_id = wanted.variant_id
    RETURNING level.variant_id, on_hand, reserved, quantity, movement_id
)
{_MOVE}
""")  # noqa: S608

# A reservation that ends in part is split: what is left stays held, what has ended gets a row of its own.
_SETTLE = text(f"""
WITH {_WANTED}, ended AS (
    UPDATE reservations AS held SET status = :status, expires_at = NULL FROM wanted
    WHERE held.order_id = :order_id AND held.status = 'held' AND held.variant_id = wanted.variant_id
        AND held.quantity = wanted.quantity
), shrunk AS (
    UPDATE reservations AS held SET quantity = held.quantity - wanted.quantity FROM wanted
    WHERE held.order_id = :order_id AND held.status = 'held' AND held.variant_id = wanted.variant_id
        AND held.quantity > wanted.quantity
    RETURNING held.variant_id, wanted.quantity, row_id
), split AS (
    INSERT INTO reservations (store_id, id, created_at, order_id, variant_id, quantity, status)
    SELECT :store_id, row_id, :now, :order_id, variant_id, quantity, :status FROM shrunk
), changed AS (
    UPDATE stock_levels AS level
    SET reserved = level.reserved - quantity, on_hand = level.on_hand - CASE WHEN :leaves_shelf THEN quantity ELSE 0 END
    FROM wanted WHERE level.variant_id = wanted.variant_id
    RETURNING level.variant_id, on_hand, reserved, quantity, movement_id
)
{_MOVE}
""")  # noqa: S608

_CHANGE = text(f"""
WITH {_WANTED}, changed AS (
    UPDATE stock_levels AS level SET on_hand = level.on_hand + quantity FROM wanted
    WHERE level.variant_id = wanted.variant_id
    RETURNING level.variant_id, on_hand, reserved, quantity, movement_id
)
{_MOVE}
""")  # noqa: S608


def receive(session: Session, quantities: Mapping[UUID, int], cause: str, now: datetime) -> None:
    """Pieces come in; a variant's first make its level. Takes the locks itself, in the order of variant ids."""
    _run(session, _RECEIVE, quantities, kind="receive", order_id=None, cause=cause, now=now)


def reserve(
    session: Session,
    quantities: Mapping[UUID, int],
    order_id: UUID | None,
    expires_at: datetime | None,
    cause: str,
    now: datetime,
) -> None:
    """Hold pieces and raise `reserved`."""
    _run(session, _RESERVE, quantities, kind="reserve", order_id=order_id, expires_at=expires_at, cause=cause, now=now)


def settle(
    session: Session, order_id: UUID, quantities: Mapping[UUID, int], *, kind: str, status: str, cause: str, now: datetime
) -> None:
    """End that much of what the order holds: `release` gives it back, `deduct` takes it off the shelf."""
    leaves = kind == "deduct"
    _run(session, _SETTLE, quantities, kind=kind, status=status, leaves_shelf=leaves, order_id=order_id, cause=cause, now=now)


def change(
    session: Session, quantities: Mapping[UUID, int], *, kind: str, order_id: UUID | None = None, cause: str, now: datetime
) -> None:
    """More on the shelf, or less, promised to nobody: `restock`, `adjust`, `count`."""
    _run(session, _CHANGE, quantities, kind=kind, order_id=order_id, cause=cause, now=now)


def _run(session: Session, statement: Any, quantities: Mapping[UUID, int], **values: Any) -> None:
    variant_ids = sorted(quantities)
    arrays = {
        "variant_ids": variant_ids,
        "quantities": [quantities[variant_id] for variant_id in variant_ids],
        "row_ids": [new_id() for _ in variant_ids],
        "movement_ids": [new_id() for _ in variant_ids],
    }
    session.connection().execute(statement, {"store_id": store_of(session), **arrays, **values})
