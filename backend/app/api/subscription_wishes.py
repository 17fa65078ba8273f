"""Wishes of a customer for single deliveries, and their taking back. Every one can be rehearsed with `?dry_run=true`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import ConfigDict, Field, StrictInt

from app.api.doors import OpenDoor
from app.api.fields import Day
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.api.subscription_requests import Pieces
from app.api.subscription_schemas import ChangeOut
from app.api.subscriptions import change_it
from app.carts.rules import MAX_QUANTITY
from app.subscriptions import wishing
from app.subscriptions.amending import Swap

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])
VARIANT, OTHER = "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a12"

DeliveryOn = Annotated[Day, Path(description="A day of the subscription's calendar")]


class SkipIn(RequestBody):
    """`variant_id`: only this is left out, the rest comes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"delivers_on": "2026-12-11"}, {"delivers_on": "2026-12-11", "variant_id": VARIANT}]}
    )

    delivers_on: Day
    variant_id: UUID | None = None


class PiecesIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 3}]})

    quantity: Pieces


class SwapIn(RequestBody):
    """`quantity`: of the other; left out, as many as of the one that stays away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"variant_id": VARIANT, "with_variant_id": OTHER}]})

    variant_id: UUID
    with_variant_id: UUID
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY)] | None = None

    def swap(self) -> Swap:
        return Swap(self.variant_id, self.with_variant_id, self.quantity)


@router.post("/{subscription_id}/skips")
def skip(door: OpenDoor, subscription_id: UUID, body: SkipIn, dry_run: DryRun = False) -> ChangeOut:
    """Leave out the delivery of one day, or one thing of it; no other date moves. After the cut-off it is refused, with the
    cut-off's time.
    """
    return change_it(
        door,
        dry_run,
        lambda at: wishing.skip(
            door.session, subscription_id, door.customer_id, body.delivers_on, body.variant_id, actor=door.actor, calendar=at
        ),
    )


@router.delete("/{subscription_id}/skips/{delivers_on}")
def take_back_skip(door: OpenDoor, subscription_id: UUID, delivers_on: DeliveryOn, dry_run: DryRun = False) -> ChangeOut:
    """The delivery comes after all, with what else was wished for that day. Until the cut-off."""
    return change_it(
        door,
        dry_run,
        lambda at: wishing.take_back(
            door.session, subscription_id, door.customer_id, delivers_on, is_skip=True, actor=door.actor, calendar=at
        ),
    )


@router.put("/{subscription_id}/deliveries/{delivers_on}/lines/{variant_id}")
def change_delivery(
    door: OpenDoor, subscription_id: UUID, delivers_on: DeliveryOn, variant_id: UUID, body: PiecesIn, dry_run: DryRun = False
) -> ChangeOut:
    """So many of it on that one day, be it in the subscription or not; 0 leaves it out. Until the cut-off."""
    return change_it(
        door,
        dry_run,
        lambda at: wishing.deliver(
            door.session,
            subscription_id,
            door.customer_id,
            delivers_on,
            variant_id,
            body.quantity,
            actor=door.actor,
            calendar=at,
        ),
    )


@router.post("/{subscription_id}/deliveries/{delivers_on}/swap")
def swap_once(
    door: OpenDoor, subscription_id: UUID, delivers_on: DeliveryOn, body: SwapIn, dry_run: DryRun = False
) -> ChangeOut:
    """Something else in the place of one thing, on that one day. Until the cut-off. For good: POST …/changes."""
    return change_it(
        door,
        dry_run,
        lambda at: wishing.swap(
            door.session, subscription_id, door.customer_id, delivers_on, body.swap(), actor=door.actor, calendar=at
        ),
    )


@router.delete("/{subscription_id}/deliveries/{delivers_on}/lines")
def take_back_delivery_changes(
    door: OpenDoor,
    subscription_id: UUID,
    delivers_on: DeliveryOn,
    variant_id: Annotated[UUID | None, Query(description="Only what was wished of this one")] = None,
    dry_run: DryRun = False,
) -> ChangeOut:
    """What was wished of single things on that day is taken back: it comes as agreed. Until the cut-off."""
    return change_it(
        door,
        dry_run,
        lambda at: wishing.take_back(
            door.session, subscription_id, door.customer_id, delivers_on, variant_id=variant_id, actor=door.actor, calendar=at
        ),
    )
