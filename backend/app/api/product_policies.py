"""What subscriptions get of a product of which there is not enough, and of one that was missed. For staff."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.schemas import RequestBody
from app.catalog import policies
from app.catalog.policies import Policies

router = Router(prefix="/api/v1/products", tags=["products"])

Slug = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9-]+$")]
ShortagePolicy = Annotated[
    Literal["skip", "drop_line", "substitute", "backorder"],
    Field(
        description="Not enough on the shelf: `skip` the delivery, `drop_line` and deliver the rest, send a `substitute` at "
        "its own price, or have the delivery wait for stock as long as it can still be prepared (`backorder`)"
    ),
]
CatchUpPolicy = Annotated[
    Literal["skip", "ship_once", "bill_all"],
    Field(
        description="A delivery was missed, as in a downtime: `skip` it, have the next delivery bring the last one missed too "
        "(`ship_once`), or every one of them (`bill_all`)"
    ),
]


class PoliciesIn(RequestBody):
    """`substitutes`: by variant of this product, the variant that comes in its place, or null; others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"shortage_policy": "drop_line", "catch_up_policy": "skip"}]})

    shortage_policy: ShortagePolicy
    catch_up_policy: CatchUpPolicy
    substitutes: dict[UUID, UUID | None] = Field(default_factory=dict, max_length=100)


class PoliciesOut(BaseModel):
    shortage_policy: ShortagePolicy
    catch_up_policy: CatchUpPolicy
    substitutes: dict[UUID, UUID | None] = Field(description="Every variant of the product")

    @classmethod
    def of(cls, found: Policies) -> "PoliciesOut":
        facts = found.product.model_dump(include={"shortage_policy", "catch_up_policy"})
        return cls(**facts, substitutes=dict(found.substitutes))


@router.get("/{slug}/subscription-policies")
def get_policies(door: OpenDoor, slug: Slug) -> PoliciesOut:
    """What a subscription gets where there is not enough of the product, or where a delivery of it was missed."""
    return PoliciesOut.of(policies.of_product(door.session, slug))


@router.put("/{slug}/subscription-policies")
def set_policies(door: OpenDoor, slug: Slug, body: PoliciesIn) -> PoliciesOut:
    """Change it, from the next billing run on. What is an order already stays as it is."""
    return door.once(
        lambda: PoliciesOut.of(
            policies.change(door.session, slug, body.shortage_policy, body.catch_up_policy, body.substitutes, actor=door.actor)
        )
    )
