"""Cash: what riders took at the door, what they hold, and what they handed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import OpenDoor
from app.api.orders import MAX_PAGE
from app.api.schemas import MoneyOut, RequestBody
from app.checkout import paying
from app.core.errors import Forbidden
from app.core.money import MAX_AMOUNT
from app.orders import queries as orders
from app.payments import cash, cash_queries
from app.payments.receipt_models import CashHandover, Receipt
from app.stores import service as stores

router = APIRouter(prefix="/api/v1/cash", tags=["cash"])

Paise = Annotated[int, Field(ge=0, le=MAX_AMOUNT, strict=True, description="paise")]


class CashReceiptIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order_id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102", "amount": 12000}]}
    )

    order_id: UUID
    amount: Paise


class ReceiptOut(BaseModel):
    """Money that somebody took: in cash (`rider_id`), or seen in the bank's statement (`reference`)."""

    id: UUID
    order_id: UUID
    amount: MoneyOut
    rider_id: UUID | None
    reference: str
    received_at: datetime

    @classmethod
    def of(cls, row: Receipt, order_id: UUID) -> "ReceiptOut":
        amount = MoneyOut(amount=row.amount, currency=row.currency)
        facts = row.model_dump(include={"id", "rider_id", "reference", "received_at"})
        return cls(order_id=order_id, amount=amount, **facts)


class RiderOut(BaseModel):
    """A rider who holds cash: how much, of how many orders, and since when."""

    rider_id: UUID
    name: str
    held: MoneyOut
    receipts: int
    since: datetime


class RiderList(BaseModel):
    items: list[RiderOut]


class HandoverIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rider_id": "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8ea0", "counted_amount": 61500}]}
    )

    rider_id: UUID
    counted_amount: Paise


class HandoverOut(BaseModel):
    """`difference` = counted − expected: negative where something is missing."""

    id: UUID
    rider_id: UUID
    expected: MoneyOut
    counted: MoneyOut
    difference: MoneyOut
    received_by_id: UUID
    received_at: datetime

    @classmethod
    def of(cls, row: CashHandover) -> "HandoverOut":
        facts = row.model_dump(include={"id", "rider_id", "received_by_id", "received_at"})
        names = ("expected", "counted", "difference")
        amounts = {name: MoneyOut(amount=getattr(row, f"{name}_amount"), currency=row.currency) for name in names}
        return cls(**facts, **amounts)


class HandoverPage(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[HandoverOut]
    next: UUID | None


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
    return RiderList(
        items=[
            RiderOut(
                rider_id=one.rider_id,
                name=one.name,
                held=MoneyOut(amount=one.amount, currency=currency),
                receipts=one.receipts,
                since=one.since,
            )
            for one in cash_queries.held(door.session)
        ]
    )


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
