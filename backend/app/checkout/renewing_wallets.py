"""Renewal orders paid out of wallets, in the transaction that makes them. What a wallet cannot pay is left to its customer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.models import AuditEntry
from app.audit.service import entry
from app.core.actor import Actor
from app.core.bulk import update_many
from app.orders.models import Order
from app.stock import service as stock
from app.wallets import queries, spending
from app.wallets.spending import Spending


def lock(session: Session, customer_ids: Collection[UUID]) -> None:
    """The wallets that are to pay, or whose holds change: after stock, before a number is taken, as a checkout does it."""
    if customer_ids:
        queries.lock_many(session, set(customer_ids))


def pay(
    session: Session, owed: Sequence[tuple[Order, UUID | None]], *, now: datetime, actor: Actor, cause: str
) -> list[AuditEntry]:
    """Pay these new orders, first come, first served, each whole or not at all: those paid are confirmed, their goods firm.

    With each goes the subscription whose hold it may use. A number of statements that does not grow; the wallets are locked.
    """
    if not owed:
        return []
    wanted = [Spending(one.customer_id, one.id, one.total_amount, f"order {one.number}", holder) for one, holder in owed]
    captures = spending.spend_many(session, wanted, owed[0][0].currency, actor=actor, now=now)
    paid = [order for order, _ in owed if order.id in captures]
    befores = [order.confirm(now) for order in paid]
    changes = [
        {"store_id": one.store_id, "id": one.id, "status": one.status, "payment_status": "paid", "confirmed_at": now}
        for one in paid
    ]
    update_many(session, Order, changes)
    stock.firm_up_many(session, [order.id for order in paid])
    return [
        entry(session, actor, "order.confirmed", order, {"status": [before, order.status]}, f"paid by wallet; {cause}")
        for order, before in zip(paid, befores, strict=True)
    ]
