"""What the deliveries of subscriptions look like on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.order_schemas import OrderStatus, PaymentStatus
from app.api.schemas import MoneyOut
from app.subscriptions.calendars import Delivery
from app.subscriptions.coming import Shift

DeliveryStatus = Literal["planned", "created", "skipped", "failed", "cancelled"]


class DeliveryOut(BaseModel):
    """One day of the calendar. `planned`: still to be changed until `edit_until`. `created`: it is the order named.

    `skipped`: nothing comes, `reason` tells why (`by_customer`, `vacation`, `holiday`, `out_of_stock`, …).
    """

    delivers_on: date
    shift: Shift
    status: DeliveryStatus
    reason: str
    edit_until: datetime
    notify_at: datetime | None = Field(description="When the bank is asked to announce the debit")
    charge_at: datetime | None = Field(description="Not before that; null: nothing is charged by itself")
    quantities: dict[UUID, int] = Field(description="By variant; empty once it is an order, which tells then")
    total: MoneyOut | None = Field(description="Of the order; before there is one, at the prices of that day")
    order_id: UUID | None
    order_status: OrderStatus | None
    payment_status: PaymentStatus | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        order = delivery.order
        return cls(
            delivers_on=delivery.delivers_on,
            shift="evening" if delivery.shift == "evening" else "morning",
            quantities=dict(delivery.quantities),
            status=delivery.status,
            reason=delivery.reason,
            edit_until=delivery.edit_until,
            notify_at=delivery.notify_at,
            charge_at=delivery.charge_at,
            total=money(delivery.total_amount, delivery.currency),
            order_id=order.id if order else None,
            order_status=order.status if order else None,
            payment_status=order.payment_status if order else None,
        )


class CalendarOut(BaseModel):
    items: list[DeliveryOut]


class OpenOrderOut(BaseModel):
    """A delivery that was an order already: `kept`, or `cancelled` with the change."""

    order_id: UUID
    number: str
    delivers_on: date
    outcome: Literal["kept", "cancelled"]


def money(amount: int | None, currency: str) -> MoneyOut | None:
    return None if amount is None else MoneyOut(amount=amount, currency=currency)
