"""Reserve for many orders at once: who gets something is decided in memory, and the levels are locked last, for a moment."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.models import AuditEntry
from app.audit.service import entry
from app.core.actor import Actor
from app.core.bulk import insert_many
from app.core.ids import new_id
from app.core.work import store_of
from app.stock import queries
from app.stock.models import MovementKind, Reservation, StockMovement
from app.stock.queries import Level


class ShelfChanged(Exception):
    """Somebody took what was there a moment ago. Nothing of this shelf is written: begin again with one that is locked."""


@dataclass(frozen=True)
class Hold:
    """What one order reserves, and until when; None: without end."""

    order_id: UUID
    quantities: Mapping[UUID, int]
    expires_at: datetime | None


class Shelf:
    """The levels of some variants as they are now, handed out first come, first served."""

    def __init__(self, session: Session, variant_ids: Collection[UUID], *, lock: bool = False) -> None:
        """`lock`: in the order of variant ids, until the transaction ends, so that nobody can take anything meanwhile."""
        self._left = {one: level.available for one, level in queries.levels(session, variant_ids, lock=lock).items()}
        self._taken: Counter[UUID] = Counter()
        self._levels: dict[UUID, Level] = {}

    def left(self, variant_id: UUID) -> int:
        return self._left.get(variant_id, 0)

    def take(self, quantities: Mapping[UUID, int]) -> bool:
        """All of it, or nothing."""
        if any(quantity > self.left(variant_id) for variant_id, quantity in quantities.items()):
            return False
        for variant_id, quantity in quantities.items():
            self._left[variant_id] -= quantity
            self._taken[variant_id] += quantity
        return True

    def lock(self, session: Session) -> None:
        """Lock the levels of what was taken, in the order of variant ids. ShelfChanged: it is not there any more."""
        self._levels = queries.levels(session, self._taken, lock=True)
        for one, quantity in self._taken.items():
            if one not in self._levels or self._levels[one].available < quantity:
                raise ShelfChanged

    def write(self, session: Session, holds: Sequence[Hold], *, cause: str, actor: Actor, now: datetime) -> list[AuditEntry]:
        """Reservations, movements and levels of all that was taken; the entries that tell of it are for the caller to write.

        The orders' rows are there already, and the levels are locked.
        """
        if _sum(holds) != self._taken:
            raise ValueError("what was taken from the shelf is not what is written")
        levels = self._levels
        store_id, running = store_of(session), {one: level.reserved for one, level in levels.items()}
        reservations, movements = list[Reservation](), list[StockMovement]()
        for hold in holds:
            for variant_id, quantity in sorted(hold.quantities.items()):
                running[variant_id] += quantity
                reservations.append(
                    Reservation(
                        store_id=store_id,
                        id=new_id(),
                        created_at=now,
                        order_id=hold.order_id,
                        variant_id=variant_id,
                        quantity=quantity,
                        expires_at=hold.expires_at,
                    )
                )
                movements.append(
                    StockMovement(
                        store_id=store_id,
                        id=new_id(),
                        created_at=now,
                        variant_id=variant_id,
                        order_id=hold.order_id,
                        kind=MovementKind.RESERVE,
                        quantity=quantity,
                        on_hand_after=levels[variant_id].on_hand,
                        reserved_after=running[variant_id],
                        cause=cause,
                    )
                )
        insert_many(session, reservations)
        insert_many(session, movements)
        queries.reserve_more(session, self._taken)
        return [
            entry(session, actor, "stock.reserved", ("orders", hold.order_id), {"quantities": _told(hold)}, cause)
            for hold in holds
        ]


def _sum(holds: Sequence[Hold]) -> Counter[UUID]:
    total: Counter[UUID] = Counter()
    for hold in holds:
        total.update(hold.quantities)
    return total


def _told(hold: Hold) -> dict[str, int]:
    return {str(variant_id): quantity for variant_id, quantity in hold.quantities.items()}
