"""What a household's vacations and calendar look like on the wire."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.delivery_schemas import DeliveryOut, OpenOrderOut
from app.api.fields import Day
from app.api.schemas import RequestBody
from app.subscriptions import calendars
from app.subscriptions.models import Vacation
from app.subscriptions.wording import sentence


class VacationIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"first_on": "2026-12-24", "last_on": "2027-01-03"}]})

    first_on: Day
    last_on: Day = Field(description="Included")


class VacationOut(BaseModel):
    id: UUID
    first_on: date
    last_on: date

    @classmethod
    def of(cls, vacation: Vacation) -> "VacationOut":
        return cls(id=vacation.id, first_on=vacation.first_on, last_on=vacation.last_on)


class VacationList(BaseModel):
    items: list[VacationOut]


class HouseholdDeliveryOut(DeliveryOut):
    """A delivery of one of the household's subscriptions."""

    subscription_id: UUID
    text: str = Field(description="What is agreed in the subscription that day, for people")


class HouseholdCalendarOut(BaseModel):
    items: list[HouseholdDeliveryOut]


class TouchedOut(BaseModel):
    subscription_id: UUID
    delivers_on: date


class KeptOut(OpenOrderOut):
    subscription_id: UUID


class VacationChangeOut(BaseModel):
    """What the vacation leaves out (or, taken back, what comes again), what comes all the same because it is an order already,
    and the household's next deliveries. Nothing is charged by it.
    """

    vacation: VacationOut
    deliveries: list[TouchedOut]
    open_orders: list[KeptOut]
    upcoming: list[HouseholdDeliveryOut]


def household_delivery(one: calendars.Delivery) -> HouseholdDeliveryOut:
    view = one.viewed
    text = sentence(view.plan.agreed_on(one.delivers_on), view.names)
    return HouseholdDeliveryOut(**dict(DeliveryOut.of(one)), subscription_id=view.subscription.id, text=text)
