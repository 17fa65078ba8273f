"""Orders: a customer's own, or everybody's for staff."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor, OpenVisit
from app.api.schemas import MoneyOut, RequestBody
from app.checkout.returning import Return, confirm_return
from app.core.work import unit_of_work
from app.insight import explain
from app.insight.explain import Explanation
from app.orders import queries
from app.orders.models import Order, OrderLine

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

OrderStatus = Literal["pending_payment", "confirmed", "packed", "out_for_delivery", "delivered", "cancelled"]
PaymentStatus = Literal["unpaid", "authorised", "paid"]
MAX_PAGE = 100


class OrderLineOut(BaseModel):
    """A line as it was when the order was placed; taxes are contained in `line_total`."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: int
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
        facts = line.model_dump(include={"variant_id", "sku", "name", "unit", "quantity", "hsn", "tax_rate_bp"})
        amounts = {
            "unit_price": line.unit_price_amount,
            "line_total": line.total_amount,
            "taxable": line.taxable_amount,
            "cgst": line.cgst_amount,
            "sgst": line.sgst_amount,
            "igst": line.igst_amount,
        }
        return cls(**facts, **{name: MoneyOut(amount=amount, currency=currency) for name, amount in amounts.items()})


class OrderOut(BaseModel):
    """subtotal + shipping + round_off = total; `tax` is contained in it."""

    id: UUID
    number: str
    status: OrderStatus
    payment_status: PaymentStatus
    payment_method: str
    lines: list[OrderLineOut]
    subtotal: MoneyOut
    shipping: MoneyOut
    round_off: MoneyOut
    tax: MoneyOut
    total: MoneyOut
    address: dict[str, str]
    placed_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, order: Order, lines: list[OrderLine]) -> "OrderOut":
        facts = order.model_dump(
            include={"id", "number", "status", "payment_status", "payment_method", "address", "placed_at", "expires_at"}
            | {"confirmed_at", "cancelled_at"}
        )
        amounts = {name: getattr(order, f"{name}_amount") for name in ("subtotal", "shipping", "round_off", "tax", "total")}
        return cls(
            **facts,
            lines=[OrderLineOut.of(line, order.currency) for line in lines],
            **{name: MoneyOut(amount=amount, currency=order.currency) for name, amount in amounts.items()},
        )


class OrderPage(BaseModel):
    items: list[OrderOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


class PaymentReturnIn(RequestBody):
    """What Razorpay's checkout hands to the browser or the app."""

    razorpay_payment_id: str = Field(min_length=1, max_length=40)
    razorpay_order_id: str = Field(min_length=1, max_length=40)
    razorpay_signature: str = Field(min_length=1, max_length=200)

    def values(self) -> Return:
        return Return(self.razorpay_order_id, self.razorpay_payment_id, self.razorpay_signature)


class FactOut(BaseModel):
    """Something that happened: when (by the store's clock), who did it, what, and why (what it answers to)."""

    at: datetime
    who: str
    what: str
    why: str
    changes: dict[str, Any]
    request_id: str


class ExplanationOut(BaseModel):
    """Why it is as it is, from stored facts only."""

    summary: str
    facts: list[FactOut]
    amounts: list[dict[str, Any]] = Field(description="Which pricing rule gave which paise")


@router.get("")
def list_orders(door: OpenDoor, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None) -> OrderPage:
    """Newest first. Customers see their own; staff with `orders.read` see all."""
    orders = queries.page(door.session, door.owner_id, limit + 1, after)
    page, more = orders[:limit], len(orders) > limit
    lines = queries.lines(door.session, [order.id for order in page])
    return OrderPage(items=[OrderOut.of(order, lines[order.id]) for order in page], next=page[-1].id if more else None)


@router.get("/{order_id}")
def get_order(door: OpenDoor, order_id: UUID) -> OrderOut:
    """One order with its lines as they were placed."""
    order = queries.get(door.session, order_id, door.owner_id)
    return OrderOut.of(order, queries.lines(door.session, [order.id])[order.id])


@router.get("/{order_id}/explain")
def explain_order(door: OpenDoor, order_id: UUID) -> ExplanationOut:
    """Who did what to this order, when and why; and how its amounts came about."""
    return explanation_out(explain.order(door.session, queries.get(door.session, order_id, door.owner_id)))


def explanation_out(explanation: Explanation) -> ExplanationOut:
    return ExplanationOut(
        summary=explanation.summary,
        facts=[FactOut.model_validate(fact, from_attributes=True) for fact in explanation.facts],
        amounts=explanation.amounts,
    )


@router.post("/{order_id}/payment-confirmation")
def confirm_payment(visit: OpenVisit, order_id: UUID, body: PaymentReturnIn) -> OrderOut:
    """What an app calls when Razorpay's checkout reports success. Checked by signature, then asked of Razorpay itself.

    Safe to repeat and to race with the webhook: everybody gets the same order. Still `pending_payment`: ask again shortly.
    """
    order = confirm_return(visit.store.id, order_id, visit.customer_id, body.values(), visit.actor)
    with unit_of_work(visit.store.id) as session:
        return OrderOut.of(order, queries.lines(session, [order.id])[order.id])
