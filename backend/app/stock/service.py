"""Stock: what came in, what is promised, what went out. Every change is a movement, and nothing goes below zero.

Levels are locked last of all (after cart, order and payment) and in the order of variant ids.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.catalog.errors import VariantNotFound
from app.core.actor import Actor
from app.stock import moving, queries
from app.stock.ending import end, record_for_order, require_at_most, require_positive
from app.stock.errors import OutOfStock
from app.stock.models import MovementKind


def availability(session: Session, variant_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, int]:
    """Pieces of each variant that are on the shelf and promised to nobody; 0 for one never received. One statement.

    `lock`: so it stays until the transaction ends.
    """
    levels = queries.levels(session, variant_ids, lock=lock)
    return {variant_id: levels[variant_id].available if variant_id in levels else 0 for variant_id in variant_ids}


def lock_levels(session: Session, variant_ids: Collection[UUID]) -> None:
    """Take early the locks that `reserve_many` needs, so that what is locked even later (number series) is held briefly."""
    queries.levels(session, variant_ids, lock=True)


def receive(session: Session, quantities: Mapping[UUID, int], *, cause: str, actor: Actor, now: datetime) -> None:
    """Put pieces on the shelf. Running it twice puts them there twice: the caller knows why they came. VariantNotFound."""
    require_positive(quantities)
    session.flush()
    if len(queries.exist(session, quantities)) < len(quantities):
        raise VariantNotFound
    moving.receive(session, quantities, cause, now)
    for variant_id, quantity in quantities.items():
        record(session, actor, "stock.received", ("variants", variant_id), {"received": [0, quantity]}, cause)


def reserve_many(
    session: Session,
    order_id: UUID | None,
    quantities: Mapping[UUID, int],
    expires_at: datetime | None,
    now: datetime,
    actor: Actor,
) -> None:
    """Promise all of `quantities` to the order until `expires_at`, or raise OutOfStock and promise nothing.

    Locks the levels until the transaction ends. An order that holds a variant already may not reserve it again: the
    database refuses the second call.
    """
    require_positive(quantities)
    session.flush()  # the order's own row must be there before a reservation points to it
    levels = queries.levels(session, quantities, lock=True)
    available = {variant_id: levels[variant_id].available if variant_id in levels else 0 for variant_id in quantities}
    short = {variant_id: left for variant_id, left in available.items() if left < quantities[variant_id]}
    if short:
        raise OutOfStock(
            variants=[
                {"variant_id": str(variant_id), "requested_quantity": quantities[variant_id], "available_quantity": left}
                for variant_id, left in sorted(short.items())
            ]
        )
    reserve_locked(session, order_id, quantities, expires_at, now, actor)


def reserve_locked(
    session: Session,
    order_id: UUID | None,
    quantities: Mapping[UUID, int],
    expires_at: datetime | None,
    now: datetime,
    actor: Actor,
) -> None:
    """The same where the caller has locked the levels, seen that they suffice, and written the order's row."""
    moving.reserve(session, quantities, order_id, expires_at, "reserved for an order", now)
    if order_id:
        record_for_order(session, actor, "stock.reserved", order_id, quantities)


def firm_up(session: Session, order_id: UUID) -> int:
    """The order is paid: what it holds no longer expires. How many lines it holds (0: released meanwhile). Safe to repeat."""
    return queries.hold_until(session, order_id, None)


def firm_up_many(session: Session, order_ids: Collection[UUID]) -> None:
    """The same of many orders, in one statement."""
    queries.firm_up(session, order_ids)


def hold_until(session: Session, order_id: UUID, until: datetime) -> None:
    """What the order holds is held that much longer. Safe to repeat."""
    queries.hold_until(session, order_id, until)


def release_many(session: Session, order_id: UUID, *, cause: str, actor: Actor, now: datetime) -> dict[UUID, int]:
    """Give back what the order still holds (cancelled, expired). What was given back, by variant; a repeat finds nothing."""
    return end(session, order_id, None, MovementKind.RELEASE, cause=cause, actor=actor, now=now)


def release_some(
    session: Session, order_id: UUID, quantities: Mapping[UUID, int], *, cause: str, actor: Actor, now: datetime
) -> dict[UUID, int]:
    """Give back a part of what the order holds (a line is cancelled); ValueError for more than it holds, and nothing happens.

    A repeat gives back as much once more: call it under the order's lock, where its lines count what they cancelled.
    """
    return end(session, order_id, quantities, MovementKind.RELEASE, cause=cause, actor=actor, now=now)


def deduct_many(session: Session, order_id: UUID, *, cause: str, actor: Actor, now: datetime) -> dict[UUID, int]:
    """Take what the order holds off the shelf (packed). What left, by variant; a repeat finds nothing."""
    return end(session, order_id, None, MovementKind.DEDUCT, cause=cause, actor=actor, now=now)


def deduct_some(
    session: Session, order_id: UUID, quantities: Mapping[UUID, int], *, cause: str, actor: Actor, now: datetime
) -> dict[UUID, int]:
    """Take a part of what the order holds off the shelf (one shipment of it is packed); ValueError for more than it holds.

    The reservation is split: what left is `deducted`, the rest stays held. A repeat takes as much once more: call it under the
    order's lock, where its lines count what they packed.
    """
    return end(session, order_id, quantities, MovementKind.DEDUCT, cause=cause, actor=actor, now=now)


def restock(
    session: Session, order_id: UUID, quantities: Mapping[UUID, int], *, cause: str, actor: Actor, now: datetime
) -> dict[UUID, int]:
    """Goods of the order are on the shelf again (a packed order is cancelled, a return), promised to nobody.

    ValueError for more than ever left for it and has not come back. A repeat up to that puts back as much once more: call it
    under the order's lock, where a row says that it was done.
    """
    require_positive(quantities)
    session.flush()
    queries.levels(session, quantities, lock=True)
    require_at_most(queries.out(session, order_id), quantities, "has out")
    moving.change(session, quantities, kind=MovementKind.RESTOCK, order_id=order_id, cause=cause, now=now)
    record_for_order(session, actor, "stock.restocked", order_id, quantities, cause)
    return dict(quantities)
