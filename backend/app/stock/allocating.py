"""Reserve for many orders at once: the levels are locked, who gets something is decided in memory, few statements write it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.work import store_of
from app.stock import queries
from app.stock.models import MovementKind, Reservation, StockLevel, StockMovement


@dataclass(frozen=True)
class Hold:
    """What one order reserves, and until when; None: without end."""

    order_id: UUID
    quantities: Mapping[UUID, int]
    expires_at: datetime | None


class Shelf:
    """The locked levels of some variants, handed out first come, first served."""

    def __init__(self, session: Session, variant_ids: Collection[UUID]) -> None:
        """Locks the levels in the order of variant ids, until the transaction ends."""
        self._levels = queries.levels(session, variant_ids, lock=True)
        self._reserved = {level.variant_id: level.reserved for level in self._levels.values()}

    def take(self, quantities: Mapping[UUID, int]) -> bool:
        """All of it, or nothing."""
        if any(quantity > self._left(variant_id) for variant_id, quantity in quantities.items()):
            return False
        for variant_id, quantity in quantities.items():
            self._reserved[variant_id] += quantity
        return True

    def _left(self, variant_id: UUID) -> int:
        level = self._levels.get(variant_id)
        return level.on_hand - self._reserved[variant_id] if level else 0

    def write(self, session: Session, holds: Sequence[Hold], *, cause: str, actor: Actor, now: datetime) -> None:
        """Reservations, movements and levels of what was taken, in that order. The orders' rows are there already."""
        store_id, running = store_of(session), {level.variant_id: level.reserved for level in self._levels.values()}
        for hold in holds:
            for variant_id, quantity in sorted(hold.quantities.items()):
                running[variant_id] += quantity
                held: dict[str, Any] = {
                    "store_id": store_id,
                    "order_id": hold.order_id,
                    "variant_id": variant_id,
                    "quantity": quantity,
                }
                session.add(Reservation(**held, id=new_id(), expires_at=hold.expires_at, created_at=now))
                session.add(
                    StockMovement(
                        **held,
                        id=new_id(),
                        created_at=now,
                        kind=MovementKind.RESERVE,
                        on_hand_after=self._levels[variant_id].on_hand,
                        reserved_after=running[variant_id],
                        cause=cause,
                    )
                )
            changes = {str(variant_id): quantity for variant_id, quantity in hold.quantities.items()}
            record(session, actor, "stock.reserved", ("orders", hold.order_id), {"quantities": changes}, cause)
        if running != self._reserved:
            raise ValueError("what was taken from the shelf is not what is written")
        for variant_id, reserved in sorted(running.items()):
            level = update(StockLevel).where(col(StockLevel.variant_id) == variant_id).values(reserved=reserved)
            session.execute(level, execution_options={"synchronize_session": False})
