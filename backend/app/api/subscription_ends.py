"""The end of a subscription, its taking back, and a new beginning. Every one can be rehearsed with `?dry_run=true`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt, StringConstraints

from app.api.doors import OpenDoor
from app.api.fields import NO_CONTROLS, Day
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.api.subscription_schemas import ChangeOut
from app.api.subscriptions import change_it
from app.subscriptions import ending, reviving

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])

Count = Annotated[StrictInt, Field(ge=1, le=10_000)]


class CancellationIn(RequestBody):
    """`now`: an order whose debit was not sent yet is cancelled too. `end_of_paid`: what is an order already still comes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "We are moving away"}, {"when": "end_of_paid", "reason": "Too much milk"}]}
    )

    reason: Annotated[str, StringConstraints(max_length=200, pattern=NO_CONTROLS)] = ""
    when: Literal["now", "end_of_paid"] = "now"


class EndIn(RequestBody):
    """One of them, or neither: then it goes on until somebody ends it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_on": "2027-03-31"}, {"ends_after": 12}, {}]})

    ends_on: Day | None = Field(default=None, description="Nothing comes after that day")
    ends_after: Count | None = Field(default=None, description="So many deliveries in all; one left out is none")


class ReactivationIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"ends_after": 12}]})

    ends_on: Day | None = Field(default=None, description="Nothing comes after that day")
    ends_after: Count | None = Field(default=None, description="So many more deliveries")


@router.post("/{subscription_id}/cancellation")
def cancel(door: OpenDoor, subscription_id: UUID, body: CancellationIn, dry_run: DryRun = False) -> ChangeOut:
    """End the subscription, now or with what is paid. Orders that are paid, or to be paid at the door, come in any case."""
    end = ending.cancel if body.when == "now" else ending.cancel_at_end
    return change_it(
        door,
        dry_run,
        lambda at: end(door.session, subscription_id, door.customer_id, body.reason, actor=door.actor, calendar=at),
    )


@router.delete("/{subscription_id}/cancellation")
def take_back_cancellation(door: OpenDoor, subscription_id: UUID, dry_run: DryRun = False) -> ChangeOut:
    """It goes on after all: while what is paid is still coming. One that is over is taken up by POST …/reactivation."""
    return change_it(
        door, dry_run, lambda at: ending.keep(door.session, subscription_id, door.customer_id, actor=door.actor, calendar=at)
    )


@router.put("/{subscription_id}/end")
def set_end(door: OpenDoor, subscription_id: UUID, body: EndIn, dry_run: DryRun = False) -> ChangeOut:
    """Another end: a last day, a number of deliveries, or none. What is fixed already comes all the same."""
    return change_it(
        door,
        dry_run,
        lambda at: ending.set_end(
            door.session, subscription_id, door.customer_id, body.ends_on, body.ends_after, actor=door.actor, calendar=at
        ),
    )


@router.post("/{subscription_id}/reactivation")
def reactivate(door: OpenDoor, subscription_id: UUID, body: ReactivationIn, dry_run: DryRun = False) -> ChangeOut:
    """Take up again one that is over: the same terms, the old rhythm, from the next delivery that is possible. Charges nothing
    now. Where its mandate is no longer good it awaits a new one: POST …/mandate.
    """
    return change_it(
        door,
        dry_run,
        lambda at: reviving.reactivate(
            door.session, subscription_id, door.customer_id, body.ends_on, body.ends_after, actor=door.actor, calendar=at
        ),
    )
