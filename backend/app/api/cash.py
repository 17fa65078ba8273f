"""Cash: what riders took at the door, what they hold, and what they handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.api.cash_schemas import (
    CashReceiptIn,
    HandoverIn,
    HandoverOut,
    HandoverPage,
    ReceiptOut,
    RiderList,
    RiderOut,
)
from app.api.doors import OpenDoor
from app.api.orders import MAX_PAGE
from app.api.routing import Router
from app.checkout import paying
from app.core.errors import Forbidden
from app.orders import queries as orders
from app.payments import cash, cash_queries
from app.stores import service as stores

router = Router(prefix="/api/v1/cash", tags=["cash"])


@router.post("/receipts", status_code=201)
def take_cash(door: OpenDoor, body: CashReceiptIn) -> ReceiptOut:
    """You took an order's money at the door: the order is paid, and you hold the cash until you hand it in.

    Exactly what is owed: 409 `amount_not_owed` names it. 409 `nothing_owed`: it is paid already, or not to be paid at the door.
    """

    def take() -> ReceiptOut:
        order = orders.get_locked(door.session, body.order_id)
        receipt = paying.record_cash(door.session, order, _staff(door), body.amount, actor=door.actor, now=door.now)
        return ReceiptOut.of(receipt, order.id)

    return door.once(take, status=201)


@router.get("/riders")
def list_riders(door: OpenDoor) -> RiderList:
    """Every rider who holds cash of the shop's, whoever has held it longest first."""
    currency = stores.get(door.session).currency
    return RiderList(items=[RiderOut.of(one, currency) for one in cash_queries.held(door.session)])


@router.post("/handovers", status_code=201)
def receive_cash(door: OpenDoor, body: HandoverIn) -> HandoverOut:
    """A rider hands in everything they hold, and you have counted it. What is missing or too much is put on record.

    409 `own_cash`: you are the rider. 409 `nothing_to_hand_in`: somebody has received it already.
    """

    def receive() -> HandoverOut:
        handover = cash.hand_over(
            door.session, body.rider_id, body.counted_amount, _staff(door), actor=door.actor, now=door.now
        )
        return HandoverOut.of(handover)

    return door.once(receive, status=201)


@router.get("/handovers")
def list_handovers(
    door: OpenDoor,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
    rider_id: UUID | None = None,
) -> HandoverPage:
    """Newest first."""
    rows = cash_queries.handovers(door.session, limit + 1, after, rider_id)
    items = [HandoverOut.of(row) for row in rows[:limit]]
    return HandoverPage(items=items, next=items[-1].id if len(rows) > limit else None)


def _staff(door: OpenDoor) -> UUID:
    """The member of staff at the door."""
    if door.caller.kind != "staff" or door.caller.id is None:
        raise Forbidden
    return door.caller.id
