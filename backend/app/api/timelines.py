"""How far an order has come, in a customer's words."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.insight import timeline
from app.insight.timeline import Milestone, MilestoneKind
from app.orders import queries

router = Router(prefix="/api/v1/orders", tags=["orders"])


class MilestoneOut(BaseModel):
    """Something that happened to the order. `text` may be shown as it is; `kind` chooses the picture beside it."""

    at: datetime
    kind: MilestoneKind
    text: str
    amount: MoneyOut | None = Field(description="What was ordered, paid or given back, where it is about money")
    shipment: int | None = Field(description="Which parcel of the order, counted from 1, where it is about one")

    @classmethod
    def of(cls, milestone: Milestone, currency: str) -> "MilestoneOut":
        amount = None if milestone.amount is None else MoneyOut(amount=milestone.amount, currency=currency)
        return cls(**{**vars(milestone), "amount": amount})


class TimelineOut(BaseModel):
    """Milestones, oldest first."""

    items: list[MilestoneOut]


@router.get("/{order_id}/timeline")
def get_timeline(door: OpenDoor, order_id: UUID) -> TimelineOut:
    """What has happened to an order so far, in words for its customer, from its placing to the last refund."""
    order = queries.get(door.session, order_id, door.owner_id)
    milestones = timeline.order(door.session, order)
    return TimelineOut(items=[MilestoneOut.of(milestone, order.currency) for milestone in milestones])
