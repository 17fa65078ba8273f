"""What an order holds ends: it is given back, or leaves the shelf, in part or all."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.stock import moving, queries
from app.stock.models import MovementKind, ReservationStatus

ENDS = {MovementKind.RELEASE: ReservationStatus.RELEASED, MovementKind.DEDUCT: ReservationStatus.DEDUCTED}


def end(
    session: Session,
    order_id: UUID,
    quantities: Mapping[UUID, int] | None,
    kind: MovementKind,
    *,
    cause: str,
    actor: Actor,
    now: datetime,
) -> dict[UUID, int]:
    """End what the order holds: these `quantities`, or all of it. What was ended, by variant.

    Locks the levels. ValueError, and nothing happens, for more than the order holds.
    """
    session.flush()
    if quantities is None:
        locked = queries.lock_held(session, order_id)
        quantities = {variant_id: held for variant_id, held in queries.held(session, order_id).items() if variant_id in locked}
    else:
        require_positive(quantities)
        queries.levels(session, quantities, lock=True)
        require_at_most(queries.held(session, order_id), quantities, "holds")
    if quantities:
        status = ENDS[kind]
        moving.settle(session, order_id, quantities, kind=kind, status=status, cause=cause, now=now)
        record_for_order(session, actor, f"stock.{status}", order_id, quantities, cause)
    return dict(quantities)


def record_for_order(
    session: Session, actor: Actor, action: str, order_id: UUID, quantities: Mapping[UUID, int], cause: str = ""
) -> None:
    changes = {str(variant_id): quantity for variant_id, quantity in quantities.items()}
    record(session, actor, action, ("orders", order_id), {"quantities": changes}, cause)


def require_positive(quantities: Mapping[UUID, int]) -> None:
    """A programmer's mistake, not a shopper's: their quantities were checked at the cart."""
    if not quantities or any(quantity <= 0 for quantity in quantities.values()):
        raise ValueError("quantities must be positive, and there must be some")


def require_at_most(most: Mapping[UUID, int], quantities: Mapping[UUID, int], verb: str) -> None:
    """A mistake of the caller too: the order's lines, which it has locked, say how much there can be."""
    for variant_id, quantity in quantities.items():
        if quantity > most.get(variant_id, 0):
            raise ValueError(f"the order {verb} {most.get(variant_id, 0)} of {variant_id}, not {quantity}")
