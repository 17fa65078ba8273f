"""A morning's work on many orders: each is moved or refused by itself.

All of them are locked first, in the order of their ids, then the levels of stock that may change, in the order of variants, and
the wallets that money may go back to, in the order of customers: so neither two rounds, nor a round and a billing run, nor a
round and somebody who works on one order or checks out, wait in a ring for one another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.checkout import cancelling, fulfilling
from app.checkout.cancelling import Why
from app.checkout.fulfilling import Carriage
from app.core.actor import Actor
from app.core.errors import Refusal
from app.orders import queries
from app.orders.errors import MoveNotAllowed, OrderNotFound
from app.orders.models import Order
from app.orders.rules import moves_from
from app.stock import service as stock
from app.wallets import queries as wallets


@dataclass(frozen=True)
class Move:
    """What became of one order. Refused: `code` and `detail` say why, and it is as it was."""

    order_id: UUID
    number: str = ""
    before: str | None = None
    after: str | None = None
    code: str = ""
    detail: str = ""

    @property
    def is_moved(self) -> bool:
        return not self.code


def move_many(
    session: Session, order_ids: Sequence[UUID], to: str, rider_id: UUID | None, *, actor: Actor, now: datetime
) -> list[Move]:
    """Pack, send out, deliver or cancel each of these orders; what became of each, in the order they were named."""
    locked = queries.lock_many(session, sorted(set(order_ids)))
    if to in ("packed", "cancelled"):
        stock.lock_levels(session, {line.variant_id for lines in queries.lines(session, locked).values() for line in lines})
        wallets.lock_many(session, {queries.get(session, order_id, None).customer_id for order_id in locked})
    moves = {order_id: _move(session, order_id, to, rider_id, actor, now) for order_id in sorted(set(order_ids))}
    return [moves[order_id] for order_id in dict.fromkeys(order_ids)]


def _move(session: Session, order_id: UUID, to: str, rider_id: UUID | None, actor: Actor, now: datetime) -> Move:
    try:
        order = queries.get_locked(session, order_id)
    except OrderNotFound as refusal:
        return Move(order_id, code=refusal.code, detail=refusal.detail)
    before, number = order.status, order.number
    try:
        with session.begin_nested():
            _act(session, order, to, rider_id, actor, now)
    except Refusal as refusal:
        return Move(order_id, number, before, before, refusal.code, refusal.detail)
    return Move(order_id, number, before, queries.get(session, order_id, None).status)


def _act(session: Session, order: Order, to: str, rider_id: UUID | None, actor: Actor, now: datetime) -> None:
    if to == "packed":
        fulfilling.pack(session, order.id, None, actor=actor, now=now)
        return
    if to == "cancelled":
        cancelling.cancel(session, order.id, None, Why("staff"), actor=actor, now=now)
        return
    waiting = fulfilling.shipments_in(session, order.id, "packed" if to == "out_for_delivery" else "out_for_delivery")
    if not waiting:
        allowed = moves_from(order.status)
        raise MoveNotAllowed(f"nothing of this order can become {to.replace('_', ' ')}", present=order.status, allowed=allowed)
    for shipment in waiting:
        if to == "out_for_delivery":
            fulfilling.dispatch(session, shipment.id, Carriage(rider_id=rider_id), actor=actor, now=now)
        else:
            fulfilling.deliver(session, shipment.id, actor=actor, now=now)
