"""The wallet: what is in it, how that came about, and what the shop gives."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.doors import Door, OpenDoor
from app.api.fields import NO_CONTROLS
from app.api.orders import MAX_PAGE
from app.api.routing import Router
from app.api.schemas import MoneyOut, RequestBody
from app.stores import service as stores
from app.wallets import queries, service
from app.wallets.models import MAX_GOODWILL_AMOUNT, MovementKind, WalletMovement

router = Router(prefix="/api/v1", tags=["wallet"])

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=NO_CONTROLS)]


class MovementOut(BaseModel):
    """A line of the statement: `amount` is negative where money left the wallet; `balance` is what was in it afterwards."""

    id: UUID
    kind: MovementKind
    amount: MoneyOut
    balance: MoneyOut
    note: str
    moved_at: datetime

    @classmethod
    def of(cls, row: WalletMovement, currency: str) -> "MovementOut":
        return cls(
            id=row.id,
            kind=cast(MovementKind, row.kind),
            amount=MoneyOut(amount=row.amount, currency=currency),
            balance=MoneyOut(amount=row.balance_amount, currency=currency),
            note=row.note,
            moved_at=row.moved_at,
        )


class WalletOut(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    balance: MoneyOut
    held: MoneyOut = Field(description="What coming deliveries of subscriptions will take; it may be more than there is")
    available: MoneyOut = Field(description="What an order can be paid with now: the balance less what is held, never below 0")
    items: list[MovementOut]
    next: UUID | None


class CreditIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 5000, "note": "Two litres came late"}]})

    amount: int = Field(ge=1, le=MAX_GOODWILL_AMOUNT, strict=True, description="paise, in the currency of the shop")
    note: Note = Field(description="Why; the customer reads it in the statement")


@router.get("/wallet")
def get_wallet(door: OpenDoor, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None) -> WalletOut:
    """Your balance, and every change of it, newest first. Pay a whole order with `payment_method: wallet` at checkout."""
    return _wallet(door, door.customer_id, limit, after)


@router.get("/customers/{customer_id}/wallet")
def get_wallet_of(
    door: OpenDoor, customer_id: UUID, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> WalletOut:
    """A customer's wallet, for staff with `wallets.read`."""
    return _wallet(door, customer_id, limit, after)


@router.post("/customers/{customer_id}/wallet-credits", status_code=201)
def credit_wallet(door: OpenDoor, customer_id: UUID, body: CreditIn) -> MovementOut:
    """Give a customer money of the shop's, as goodwill; they can spend it on any order. Needs an Idempotency-Key."""
    door.require_key()

    def give() -> MovementOut:
        movement = service.give(door.session, customer_id, body.amount, body.note, door.actor, door.now)
        return MovementOut.of(movement, stores.get(door.session).currency)

    return door.once(give, status=201)


def _wallet(door: Door, customer_id: UUID, limit: int, after: UUID | None) -> WalletOut:
    wallet, currency = queries.of_customer(door.session, customer_id), stores.get(door.session).currency
    rows = queries.movements(door.session, wallet.id, limit + 1, after) if wallet else []
    items = [MovementOut.of(row, currency) for row in rows[:limit]]
    balance = wallet.balance_amount if wallet else 0
    held = sum(hold.amount for hold in queries.holds_in(door.session, [wallet.id])) if wallet else 0
    return WalletOut(
        balance=MoneyOut(amount=balance, currency=currency),
        held=MoneyOut(amount=held, currency=currency),
        available=MoneyOut(amount=max(0, balance - held), currency=currency),
        items=items,
        next=items[-1].id if len(rows) > limit else None,
    )
