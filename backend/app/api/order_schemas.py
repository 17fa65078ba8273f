"""Orders, their parcels, returns and refunds, as answers show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import Session

from app.api.schemas import MoneyOut
from app.checkout.cancelling import SENT, why_not
from app.checkout.taking_back import Policy, report_until
from app.orders import queries
from app.orders.fulfilment_models import Return, ReturnLine, Shipment, ShipmentLine
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction
from app.orders.rules import moves_from
from app.payments import queries as payments
from app.payments.refund_models import Refund
from app.stores import service as stores

OrderStatus = Literal["pending_payment", "confirmed", "packed", "out_for_delivery", "delivered", "cancelled"]
PaymentStatus = Literal["unpaid", "authorised", "paid"]
ShipmentStatus = Literal["packed", "out_for_delivery", "delivered", "cancelled"]
ReturnReason = Literal["not_delivered", "short", "spoilt", "unwanted"]
RefundTo = Literal["source", "wallet"]


def _facts(row: BaseModel, names: type[BaseModel]) -> dict[str, object]:
    """The row's columns that the answer shows under their own names."""
    return row.model_dump(include=set(names.model_fields))


class OrderLineOut(BaseModel):
    """A line as it was when the order was placed; taxes are contained in `line_total`. The other quantities say what became
    of its pieces: cancelled ones, those in a parcel, and those of them that were not kept.
    """

    id: UUID
    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: int
    cancelled_quantity: int
    packed_quantity: int
    returned_quantity: int
    piece_grams: int | None = Field(description="Of goods sold by weight: what a piece is meant to weigh")
    unit_price: MoneyOut
    line_total: MoneyOut
    hsn: str
    tax_rate_bp: int
    taxable: MoneyOut
    cgst: MoneyOut
    sgst: MoneyOut
    igst: MoneyOut

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> "OrderLineOut":
        amounts = {
            "unit_price": line.unit_price_amount,
            "line_total": line.total_amount,
            "taxable": line.taxable_amount,
            "cgst": line.cgst_amount,
            "sgst": line.sgst_amount,
            "igst": line.igst_amount,
        }
        money = {name: MoneyOut(amount=amount, currency=currency) for name, amount in amounts.items()}
        return cls.model_validate(_facts(line, cls) | money)


class OrderOut(BaseModel):
    """subtotal + shipping + round_off = total; `tax` is contained in it. `owed` is the total less what is no longer owed."""

    id: UUID
    number: str
    status: OrderStatus
    payment_status: PaymentStatus
    payment_method: str
    cycle_id: UUID | None = Field(description="The delivery of a subscription that this order is")
    lines: list[OrderLineOut]
    subtotal: MoneyOut
    shipping: MoneyOut
    round_off: MoneyOut
    tax: MoneyOut
    total: MoneyOut
    owed: MoneyOut
    address: dict[str, str]
    placed_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: Literal["expired", "customer", "staff"] | None

    @classmethod
    def of(cls, order: Order, lines: Sequence[OrderLine]) -> "OrderOut":
        return cls.model_validate(cls.values(order, lines))

    @classmethod
    def values(cls, order: Order, lines: Sequence[OrderLine]) -> dict[str, object]:
        names = ("subtotal", "shipping", "round_off", "tax", "total", "owed")
        money = {name: MoneyOut(amount=getattr(order, f"{name}_amount"), currency=order.currency) for name in names}
        return _facts(order, OrderOut) | money | {"lines": [OrderLineOut.of(line, order.currency) for line in lines]}


class ShipmentLineOut(BaseModel):
    order_line_id: UUID
    quantity: int
    packed_grams: int | None


class ShipmentOut(BaseModel):
    """A parcel of an order; `position` 1 is its first."""

    id: UUID
    order_id: UUID
    position: int
    status: ShipmentStatus
    lines: list[ShipmentLineOut]
    packed_at: datetime
    dispatched_at: datetime | None
    delivered_at: datetime | None
    failed_attempts: int
    carrier: str
    tracking_url: str
    rider_id: UUID | None

    @classmethod
    def of(cls, row: Shipment, lines: Sequence[ShipmentLine]) -> "ShipmentOut":
        shown = [ShipmentLineOut.model_validate(line, from_attributes=True) for line in lines]
        return cls.model_validate(_facts(row, cls) | {"lines": shown})


class ReturnLineOut(BaseModel):
    order_line_id: UUID
    quantity: int
    is_restocked: bool


class ReturnOut(BaseModel):
    """What of an order is not kept: `reported` waits for the shop, `accepted` is no longer owed, `declined` says why not."""

    id: UUID
    order_id: UUID
    status: Literal["reported", "accepted", "declined"]
    reason: ReturnReason
    note: str
    refund_to: RefundTo
    lines: list[ReturnLineOut]
    created_at: datetime
    decided_at: datetime | None
    decided_because: str

    @classmethod
    def of(cls, row: Return, lines: Sequence[ReturnLine]) -> "ReturnOut":
        shown = [ReturnLineOut.model_validate(line, from_attributes=True) for line in lines]
        return cls.model_validate(_facts(row, cls) | {"lines": shown, "created_at": row.happened_at or row.created_at})


class RefundOut(BaseModel):
    """Money on its way back: `pending` until the provider says `processed`. `waits_for`: what keeps it, e.g. that the shop's
    account at the provider is too low.
    """

    id: UUID
    order_id: UUID | None
    amount: MoneyOut
    destination: Literal["source", "wallet", "by_hand"]
    reason: str = Field(description="Why money goes back, e.g. spoilt, line_cancelled, weight, paid_twice, paid_late")
    return_id: UUID | None = Field(description="The return that it is for")
    status: Literal["pending", "processed", "failed"]
    waits_for: str | None = Field(description="For staff only")
    provider_refund_id: str | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: Refund, order_id: UUID | None, why: Reduction | None, *, is_staff: bool) -> "RefundOut":
        return cls.model_validate(
            _facts(row, cls)
            | {
                "order_id": order_id,
                "amount": MoneyOut(amount=row.amount, currency=row.currency),
                "reason": why.reason if why else row.reason,
                "return_id": why.return_id if why else None,
                "created_at": row.happened_at or row.created_at,
                "waits_for": row.failure_reason if is_staff else None,
            }
        )


def refunds_out(session: Session, rows: Sequence[Refund], *, is_staff: bool) -> list[RefundOut]:
    """Refunds with what they are for: two statements, however many there are."""
    order_ids = payments.orders_of_payments(session, {row.payment_id for row in rows})
    reasons = queries.reductions_by_id(session, {row.reduction_id for row in rows if row.reduction_id})
    return [
        RefundOut.of(
            row, order_ids.get(row.payment_id), reasons.get(row.reduction_id) if row.reduction_id else None, is_staff=is_staff
        )
        for row in rows
    ]


class OrderDetailOut(OrderOut):
    """An order with everything that became of it, and what can be done next: by the rules that would refuse it."""

    allowed_moves: list[OrderStatus] = Field(
        description="For staff: the states that it may go to next, which a 409 names as `allowed`. Customers are shown none."
    )
    can_cancel: bool = Field(description="Whether whoever asks may cancel all of it now")
    report_until: datetime | None = Field(
        description="Until when its customer may report what was wrong with it; null while nothing of it was sent"
    )
    paid: MoneyOut = Field(description="What came in for it, whatever went back since")
    refunded: MoneyOut = Field(description="What went back, or is on its way back")
    shipments: list[ShipmentOut]
    returns: list[ReturnOut]
    refunds: list[RefundOut]


def detail(session: Session, order: Order, *, is_staff: bool = False) -> OrderDetailOut:
    """The whole order: eleven statements, one more once something was sent, however long it is."""
    lines = queries.lines(session, [order.id])[order.id]
    shipments, returns = queries.shipments(session, order.id), queries.returns(session, order.id)
    contents = queries.shipment_lines(session, [one.id for one in shipments])
    returned = queries.return_lines(session, [one.id for one in returns])
    captures, payment = payments.captures_of_order(session, order.id), payments.of_order(session, order.id)
    refunds = payments.refunds_of_payment(session, payment.id) if payment else ()
    is_sent = any(one.status in SENT for one in shipments)
    sums = {
        "paid": sum(capture.amount for capture in captures),
        "refunded": sum(capture.refunded_amount for capture in captures),
    }
    return OrderDetailOut.model_validate(
        OrderOut.values(order, lines)
        | {name: MoneyOut(amount=amount, currency=order.currency) for name, amount in sums.items()}
        | {
            "allowed_moves": moves_from(order.status) if is_staff else [],
            "can_cancel": why_not(order, shipments, lines, "staff" if is_staff else "customer") is None,
            "report_until": report_until(shipments, Policy.of(stores.get(session))) if is_sent else None,
            "shipments": [ShipmentOut.of(one, contents[one.id]) for one in shipments],
            "returns": [ReturnOut.of(one, returned[one.id]) for one in returns],
            "refunds": refunds_out(session, refunds, is_staff=is_staff),
        }
    )
