"""What a distributor owes: the limit, the statement, and transfers that finance has seen in the bank's statement."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts import service as accounts
from app.accounts.errors import CustomerNotFound
from app.api.cash_schemas import Paise, ReceiptOut
from app.api.doors import OpenDoor
from app.api.fields import NO_CONTROLS
from app.api.order_schemas import OrderStatus, PaymentStatus
from app.api.orders import MAX_PAGE
from app.api.routing import Router
from app.api.schemas import MoneyOut, RequestBody
from app.checkout import paying
from app.orders import account_queries
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import cash_queries
from app.payments.receipt_models import Receipt
from app.stores import service as stores

router = Router(prefix="/api/v1", tags=["accounts"])

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=60, pattern=NO_CONTROLS)]


class CreditLimitIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 5000000}]})

    amount: Paise | None = Field(description="What the customer may owe, in paise; null: nothing is sold on account")


class CreditLimitOut(BaseModel):
    """`limit` null: nothing is sold on account."""

    customer_id: UUID
    limit: MoneyOut | None


class TransferIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 1250000, "method": "bank", "reference": "HDFCR52026112100012345"}]}
    )

    amount: Paise
    method: Literal["bank"] = "bank"
    reference: Reference = Field(description="The bank's, e.g. a UTR; one transfer may pay several orders")


class AccountOrderOut(BaseModel):
    """An order on account. `owed`: what it costs after everything that is no longer owed of it; 0 once paid or cancelled."""

    order_id: UUID
    number: str
    status: OrderStatus
    payment_status: PaymentStatus
    placed_at: datetime
    total: MoneyOut
    owed: MoneyOut
    receipt: ReceiptOut | None

    @classmethod
    def of(cls, order: Order, receipt: Receipt | None) -> "AccountOrderOut":
        owed = 0 if order.payment_status == "paid" or order.status == "cancelled" else order.owed_amount
        return cls(
            order_id=order.id,
            total=MoneyOut(amount=order.total_amount, currency=order.currency),
            owed=MoneyOut(amount=owed, currency=order.currency),
            receipt=ReceiptOut.of(receipt, order.id) if receipt else None,
            **order.model_dump(include={"number", "status", "payment_status", "placed_at"}),
        )


class AccountOut(BaseModel):
    """`outstanding`: owed altogether, also by orders of other pages. `next`: pass it as `after`; null: the last page."""

    limit: MoneyOut | None
    outstanding: MoneyOut
    items: list[AccountOrderOut]
    next: UUID | None


@router.put("/customers/{customer_id}/credit-limit")
def set_credit_limit(door: OpenDoor, customer_id: UUID, body: CreditLimitIn) -> CreditLimitOut:
    """Let a distributor order on account, up to a limit. 409 `not_a_distributor` for anybody else."""

    def set_limit() -> CreditLimitOut:
        row = accounts.set_credit_limit(door.session, customer_id, body.amount, door.actor)
        return CreditLimitOut(customer_id=row.id, limit=_limit(row.credit_limit_amount, stores.get(door.session).currency))

    return door.once(set_limit)


@router.get("/customers/{customer_id}/account")
def get_account(
    door: OpenDoor, customer_id: UUID, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> AccountOut:
    """What a distributor owes: orders on account, newest first, with what was received for them. Customers see their own."""
    if door.owner_id not in (None, customer_id):
        raise CustomerNotFound
    customer, currency = accounts.get_customer(door.session, customer_id), stores.get(door.session).currency
    found = account_queries.page(door.session, customer_id, limit + 1, after)
    page, more = found[:limit], len(found) > limit
    receipts = cash_queries.of_orders(door.session, [order.id for order in page])
    return AccountOut(
        limit=_limit(customer.credit_limit_amount, currency),
        outstanding=MoneyOut(amount=account_queries.outstanding_amount(door.session, customer_id), currency=currency),
        items=[AccountOrderOut.of(order, receipts.get(order.id)) for order in page],
        next=page[-1].id if more else None,
    )


@router.post("/orders/{order_id}/receipts", status_code=201)
def record_transfer(door: OpenDoor, order_id: UUID, body: TransferIn) -> ReceiptOut:
    """The money of an order on account is in the bank: the order is paid.

    Exactly what is owed: 409 `amount_not_owed` names it. 409 `nothing_owed`: it is paid already, or not on account.
    """

    def record() -> ReceiptOut:
        order = orders.get_locked(door.session, order_id)
        receipt = paying.record_transfer(door.session, order, body.amount, body.reference, actor=door.actor, now=door.now)
        return ReceiptOut.of(receipt, order.id)

    return door.once(record, status=201)


def _limit(amount: int | None, currency: str) -> MoneyOut | None:
    return None if amount is None else MoneyOut(amount=amount, currency=currency)
