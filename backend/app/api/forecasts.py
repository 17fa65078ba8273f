"""What is coming to the whole store, for staff: its deliveries by day, and what has to be bought for them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.fields import Day
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.api.subscriptions import calendar_of
from app.insight import forecast
from app.insight.forecast import Needed, StoreDay
from app.stores import service as stores

router = Router(prefix="/api/v1", tags=["day sheets"])

MAX_DAYS = 62  # two months: further ahead than anybody buys, and a day costs as much as a run looks at


class StoreDayOut(BaseModel):
    """`orders`: deliveries that are orders, and not cancelled. `planned`: will become orders, at the prices of that day."""

    day: date
    holiday: str | None = Field(description="The store delivers nothing then")
    orders: int
    orders_total: MoneyOut
    planned: int
    planned_total: MoneyOut = Field(description="Without those that hold something which is not on sale that day")
    left_out: dict[str, int] = Field(description="How many stay away, by reason: `by_customer`, `vacation`, `out_of_stock`, …")

    @classmethod
    def of(cls, one: StoreDay, currency: str) -> "StoreDayOut":
        return cls(
            day=one.day,
            holiday=one.holiday,
            orders=one.decided.orders,
            orders_total=MoneyOut(amount=one.decided.amount, currency=currency),
            planned=one.planned,
            planned_total=MoneyOut(amount=one.planned_amount, currency=currency),
            left_out=dict(one.left_out),
        )


class StoreCalendarOut(BaseModel):
    items: list[StoreDayOut]


class NeededOut(BaseModel):
    """`ordered`: promised to orders. `planned`: for deliveries that are no orders yet, `by_day`. `to_buy`: what is missing."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    on_hand: int
    ordered: int
    planned: int
    to_buy: int
    runs_out_on: date | None = Field(description="The first day on which there is too little; null: it lasts")
    by_day: dict[date, int]

    @classmethod
    def of(cls, one: Needed) -> "NeededOut":
        return cls(
            variant_id=one.variant_id,
            **one.name._asdict(),
            on_hand=one.on_hand,
            ordered=one.ordered,
            planned=one.planned,
            to_buy=one.to_buy,
            runs_out_on=one.runs_out_on,
            by_day=dict(sorted(one.by_day.items())),
        )


class PurchaseForecastOut(BaseModel):
    items: list[NeededOut]


@router.get("/store-calendar")
def get_store_calendar(
    door: OpenDoor,
    first: Annotated[Day | None, Query(alias="from", description="The first day; left out: today")] = None,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 14,
) -> StoreCalendarOut:
    """The deliveries of all subscriptions by day: how many are orders, how many are planned, how many are left out and why."""
    currency = stores.get(door.session).currency
    found = forecast.store_days(door.session, first or door.today, days, calendar_of(door.session, door))
    return StoreCalendarOut(items=[StoreDayOut.of(one, currency) for one in found])


@router.get("/purchase-forecast")
def get_purchase_forecast(door: OpenDoor, days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 14) -> PurchaseForecastOut:
    """What the coming days need, today included: for orders, and for planned deliveries as things stand, against what is on the
    shelf. What has to be bought comes first, and of it what runs out first.
    """
    found = forecast.purchases(door.session, days, calendar_of(door.session, door))
    return PurchaseForecastOut(items=[NeededOut.of(one) for one in found])
