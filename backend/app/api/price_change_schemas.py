"""What announced prices look like on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.api.fields import Day
from app.api.schemas import MoneyOut, RequestBody
from app.catalog.price_models import PriceChange
from app.core.money import MAX_AMOUNT
from app.subscriptions.price_effects import Effect

Paise = Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT, description="paise")]


class PriceChangeIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "amount": 6500, "effective_on": "2027-01-01"},
            ]
        }
    )

    variant_id: UUID
    amount: Paise
    mrp_amount: Paise | None = Field(default=None, description="The printed price, if it changes too")
    effective_on: Day = Field(description="Deliveries and orders of that day and later cost it")


class PriceChangeOut(BaseModel):
    """`noticed_at`: when all subscribers had been told; null before that."""

    id: UUID
    variant_id: UUID
    price: MoneyOut
    mrp: MoneyOut
    effective_on: date
    noticed_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, change: PriceChange, currency: str) -> "PriceChangeOut":
        return cls(
            price=MoneyOut(amount=change.amount, currency=currency),
            mrp=MoneyOut(amount=change.mrp_amount, currency=currency),
            **change.model_dump(include={"id", "variant_id", "effective_on", "noticed_at", "cancelled_at"}),
        )


class PriceChangeList(BaseModel):
    items: list[PriceChangeOut]


class ConsentOut(BaseModel):
    """`limit`: of the mandate; null: the payment provider charges by itself, the same each time."""

    subscription_id: UUID
    mandate_id: UUID | None
    delivery: MoneyOut = Field(description="What its dearest delivery then costs")
    limit: MoneyOut | None


class AnnouncedOut(BaseModel):
    """`subscriptions`: so many have it. `consents`: so many of them agreed to less; nothing beyond that is debited."""

    change: PriceChangeOut
    subscriptions: int
    consents: int
    needing_consent: list[ConsentOut] = Field(description="At most a hundred")


def consents(effect: Effect, currency: str) -> list[ConsentOut]:
    def money(amount: int) -> MoneyOut:
        return MoneyOut(amount=amount, currency=currency)

    return [
        ConsentOut(
            subscription_id=one.subscription_id,
            mandate_id=one.mandate_id,
            delivery=money(one.amount),
            limit=None if one.limit is None else money(one.limit),
        )
        for one in effect.examples
    ]
