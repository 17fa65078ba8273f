"""Changes of a subscription from a day on, and their taking back. Every one can be rehearsed with `?dry_run=true`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import ConfigDict, Field

from app.api.doors import OpenDoor
from app.api.fields import Day
from app.api.routing import Router
from app.api.schemas import DryRun, RequestBody
from app.api.subscription_requests import MAX_LISTED_LINES, LineIn, RuleIn
from app.api.subscription_schemas import ChangeOut
from app.api.subscription_wishes import OTHER, VARIANT, SwapIn
from app.api.subscriptions import change_it
from app.subscriptions import altering
from app.subscriptions.amending import Amendment
from app.subscriptions.coming import Shift
from app.subscriptions.errors import LinesInvalid
from app.subscriptions.rules import Rule

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])


class ChangeIn(RequestBody):
    """What shall be different from `from_on` on; what is left out stays as it is.

    `lines`: each takes the place of the line of its variant, or comes in; with quantity 0 on every day it is taken out.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"from_on": "2026-12-14", "lines": [{"variant_id": VARIANT, "quantity": 2, "by_weekday": {"sun": 4}}]},
                {"from_on": "2026-12-14", "swap": {"variant_id": VARIANT, "with_variant_id": OTHER}},
                {"from_on": "2026-12-14", "rule": {"kind": "weekly", "every": 2}, "shift": "evening"},
            ]
        }
    )

    from_on: Day
    lines: list[LineIn] = Field(default_factory=list, max_length=MAX_LISTED_LINES)
    swap: SwapIn | None = None
    rule: RuleIn | None = Field(default=None, description="Its dates are counted from `from_on`; nothing else moves a date")
    address_id: UUID | None = None
    shift: Shift | None = None

    def amendment(self) -> Amendment:
        if len({line.variant_id for line in self.lines}) != len(self.lines):
            raise LinesInvalid("the same variant stands in two lines", field="lines")
        return Amendment(
            items=[line.item() for line in self.lines],
            swap=self.swap.swap() if self.swap else None,
            rule=Rule.of(self.rule.model_dump(exclude_none=True)) if self.rule else None,
            address_id=self.address_id,
            shift=self.shift,
        )


@router.post("/{subscription_id}/changes")
def change_from(door: OpenDoor, subscription_id: UUID, body: ChangeIn, dry_run: DryRun = False) -> ChangeOut:
    """Other quantities, goods, rhythm, address or shift from a day on. Only another rhythm moves dates.

    What was changed for a later day stays changed there, and follows in all else: the answer's `changes` shows it. Refused once
    the first delivery it touches is fixed, and where a delivery would cost more than the mandate allows.
    """
    wanted = body.amendment()
    return change_it(
        door,
        dry_run,
        lambda at: altering.alter(
            door.session, subscription_id, door.customer_id, body.from_on, wanted, actor=door.actor, calendar=at
        ),
    )


@router.delete("/{subscription_id}/changes/{from_on}")
def take_back_change(
    door: OpenDoor,
    subscription_id: UUID,
    from_on: Annotated[Day, Path(description="The day on which the change would begin")],
    dry_run: DryRun = False,
) -> ChangeOut:
    """A change that is still to come is taken back. Until the cut-off of its first delivery."""
    return change_it(
        door,
        dry_run,
        lambda at: altering.take_back(door.session, subscription_id, door.customer_id, from_on, actor=door.actor, calendar=at),
    )
