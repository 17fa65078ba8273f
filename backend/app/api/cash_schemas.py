"""Cash and transfers on the wire: what a person took, holds and handed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import MoneyOut, RequestBody
from app.core.money import MAX_AMOUNT
from app.payments.cash_queries import Held
from app.payments.receipt_models import CashHandover, Receipt

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

    @classmethod
    def of(cls, held: Held, currency: str) -> "RiderOut":
        amount = MoneyOut(amount=held.amount, currency=currency)
        return cls(rider_id=held.rider_id, name=held.name, held=amount, receipts=held.receipts, since=held.since)


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
