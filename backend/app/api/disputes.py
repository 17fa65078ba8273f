"""Disputes: what customers asked their banks to take back, and until when the shop can say something to it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.payments import disputes
from app.payments.dispute_models import Dispute

router = Router(prefix="/api/v1/disputes", tags=["payments"])

MAX_PAGE = 100


class DisputeOut(BaseModel):
    """One dispute, as the provider last told. Evidence is given in the provider's dashboard, until `respond_by`."""

    id: UUID
    order_id: UUID | None = Field(description="Null where the payment was for something else, e.g. a wallet")
    provider_dispute_id: str
    status: Literal["open", "under_review", "action_required", "won", "lost", "closed"]
    phase: str | None = Field(description="How far it has gone between the banks, e.g. `chargeback`")
    reason_code: str | None
    amount: MoneyOut
    deducted: MoneyOut = Field(description="What the provider has taken out of the shop's balance for it")
    respond_by: datetime | None
    opened_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: Dispute, order_id: UUID | None) -> "DisputeOut":
        def money(amount: int) -> MoneyOut:
            return MoneyOut(amount=amount, currency=row.currency)

        facts = row.model_dump(include=set(cls.model_fields))
        return cls(**{**facts, "order_id": order_id, "amount": money(row.amount), "deducted": money(row.deducted_amount)})


class DisputePage(BaseModel):
    items: list[DisputeOut]
    next: UUID | None = Field(description="Pass as `after` for the next page; null on the last one")


@router.get("")
def list_disputes(
    door: OpenDoor,
    state: Annotated[Literal["undecided", "decided"], Query(description="Whether somebody has decided it")] = "undecided",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: UUID | None = None,
) -> DisputePage:
    """Oldest first; by default those that nobody has decided, each with the day until which evidence is taken."""
    found = disputes.listed(door.session, limit + 1, after, is_decided=state == "decided")
    page = [DisputeOut.of(dispute, order_id) for dispute, order_id in found[:limit]]
    return DisputePage(items=page, next=page[-1].id if len(found) > limit else None)
