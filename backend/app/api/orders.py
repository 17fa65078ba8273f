"""Orders: a customer's own, or everybody's for staff."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import OpenDoor, OpenVisit
from app.api.fields import NO_NUL, Day
from app.api.order_schemas import OrderDetailOut, OrderOut, OrderStatus, PaymentStatus, detail
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.checkout.returning import Return, confirm_return
from app.core.work import unit_of_work
from app.insight import explain
from app.insight.explain import Explanation
from app.orders import queries
from app.orders.queries import Filters

router = Router(prefix="/api/v1/orders", tags=["orders"])

MAX_PAGE = 100


class OrderPage(BaseModel):
    items: list[OrderOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


RETURN: dict[str, Any] = {  # of a payment that was made
    "razorpay_payment_id": "pay_Qk3mYtV1wQbZ9a",
    "razorpay_order_id": "order_Qk3lzT0d4cVq1B",
    "razorpay_signature": "9f2c1d7e5b8a4c6f0e3d2b1a9f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6",
}


class PaymentReturnIn(RequestBody):
    """What Razorpay's checkout hands to the browser or the app."""

    model_config = ConfigDict(json_schema_extra={"examples": [RETURN]})

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


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _filters(
    visit: OpenVisit,
    status: Annotated[list[OrderStatus] | None, Query(description="Any of these")] = None,
    payment_status: PaymentStatus | None = None,
    payment_method: Annotated[str | None, Query(max_length=20, pattern=NO_NUL)] = None,
    placed_from: Annotated[Day | None, Query(description="A day of the shop's, included")] = None,
    placed_to: Annotated[Day | None, Query(description="A day of the shop's, included")] = None,
    group: Annotated[Literal["consumer", "distributor"] | None, Query(description="Of customers")] = None,
    search: Annotated[
        str, Query(max_length=60, pattern=NO_NUL, description="In the order's number, or the customer's name, phone or e-mail")
    ] = "",
) -> Filters:
    """What staff look for."""
    return Filters(
        statuses=tuple(status or ()),
        payment_status=payment_status,
        payment_method=payment_method,
        placed_from=_midnight(placed_from, visit.store.zone) if placed_from and placed_from > date.min else None,
        placed_before=_midnight(placed_to + timedelta(days=1), visit.store.zone)
        if placed_to and placed_to < date.max
        else None,
        customer_kind=group,
        search=search.strip(),
    )


@router.get("")
def list_orders(
    door: OpenDoor,
    filters: Annotated[Filters, Depends(_filters)],
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
) -> OrderPage:
    """Newest first. Customers see their own; staff with `orders.read` see all. The filters narrow it down, all together."""
    orders = queries.page(door.session, door.owner_id, limit + 1, after, filters)
    page, more = orders[:limit], len(orders) > limit
    lines = queries.lines(door.session, [order.id for order in page])
    return OrderPage(items=[OrderOut.of(order, lines[order.id]) for order in page], next=page[-1].id if more else None)


@router.get("/{order_id}")
def get_order(door: OpenDoor, order_id: UUID) -> OrderDetailOut:
    """One order with its lines as they were placed, and everything that became of it."""
    return detail(door.session, queries.get(door.session, order_id, door.owner_id), is_staff=door.is_staff)


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
def confirm_payment(visit: OpenVisit, order_id: UUID, body: PaymentReturnIn) -> OrderDetailOut:
    """What an app calls when Razorpay's checkout reports success. Checked by signature, then asked of Razorpay itself.

    Safe to repeat and to race with the webhook: everybody gets the same order. Still `pending_payment`: ask again shortly.
    """
    order = confirm_return(visit.store.id, order_id, visit.customer_id, body.values(), visit.actor)
    with unit_of_work(visit.store.id) as session:
        return detail(session, order)
