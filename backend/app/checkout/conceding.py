"""Giving up an amount of an order's price, all goods being kept: by goodwill, or because the money went back already."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.checkout import documenting, refunding
from app.core.actor import Actor
from app.orders import queries
from app.orders.errors import MoveNotAllowed
from app.orders.models import Order
from app.orders.reducing import Terms
from app.orders.reduction_models import Reduction
from app.payments import queries as payments


def concede(
    session: Session, order_id: UUID, amount: int, refund_to: str, note: str, *, actor: Actor, now: datetime
) -> list[Reduction]:
    """So much less is owed, at most what is; what was paid of it goes back. MoveNotAllowed for an order that owes nothing.

    Locks order, payments. Not safe to repeat by itself: the request's key makes it so.
    """
    order = queries.get_locked(session, order_id)
    if order.status in ("pending_payment", "cancelled"):
        raise MoveNotAllowed(
            f"of an order that is {order.status.replace('_', ' ')} nothing can be given back", present=order.status, allowed=[]
        )
    cause = note or "goodwill"
    made = documenting.spread(session, order, amount, Terms("goodwill", refund_to=refund_to, note=note), actor, cause)
    settle(session, order, made, actor, cause, now)
    return made


def settle(session: Session, order: Order, made: Iterable[Reduction], actor: Actor, cause: str, now: datetime) -> None:
    """What was paid of these reductions goes back; where nothing was, their credit notes alone say that less is owed."""
    refunding.settle_balance(session, order, actor, cause, now)
    payment = payments.of_order(session, order.id)
    refunds = payments.refunds_of_payment(session, payment.id) if payment else ()
    paid_back = {refund.reduction_id for refund in refunds}
    for reduction in made:
        if reduction.id not in paid_back:
            documenting.credit(session, order, reduction, actor, now)
