"""There is not enough: what comes instead is decided by the product's policy, before anything is priced or charged."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

Policy = Literal["skip", "drop_line", "substitute", "backorder"]
CatchUp = Literal["skip", "ship_once", "bill_all"]
POLICIES: Final[tuple[Policy, ...]] = ("skip", "drop_line", "substitute", "backorder")


@dataclass(frozen=True)
class Shortage:
    """What is done when there is not enough of a variant.

    `skip`: the whole delivery is left out. `drop_line`: it comes without. `substitute`: another variant comes in its place, at
    that one's price. `backorder`: the delivery waits for stock as long as it can still be prepared in time. `catch_up`: what
    becomes of a delivery that nobody planned in time.
    """

    policy: Policy = "skip"
    substitute_id: UUID | None = None
    catch_up: CatchUp = "skip"


@dataclass
class Coped:
    """What comes after all. `differs`: by variant id, `dropped` or the id of what comes instead."""

    quantities: dict[UUID, int] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    waits: bool = False


NO_SHORTAGE: Final = Shortage()


def cope(
    wanted: Mapping[UUID, int],
    shortages: Mapping[UUID, Shortage],
    left: Callable[[UUID], int],
    allotted: Mapping[UUID, int],
    on_sale: Collection[UUID],
) -> Coped:
    """What of `wanted` can come: each thing all of it or none. `left`: what is on the shelf. `allotted`: where something is
    scarce, so much of it is this delivery's, however much is on the shelf still.

    No quantities: the delivery is left out. It takes nothing: whoever gets something is the caller's to say.
    """
    coped = Coped()
    for variant_id, quantity in wanted.items():
        if quantity <= min(left(variant_id), allotted.get(variant_id, quantity)):
            coped.quantities[variant_id] = coped.quantities.get(variant_id, 0) + quantity
            continue
        shortage = shortages.get(variant_id, NO_SHORTAGE)
        other = shortage.substitute_id
        is_known = shortage.policy == "substitute" and other in on_sale
        if other is not None and is_known and _is_there(coped, wanted, other, quantity, left):
            coped.quantities[other] = coped.quantities.get(other, 0) + quantity
            coped.differs[str(variant_id)] = str(other)
        elif shortage.policy == "drop_line":
            coped.differs[str(variant_id)] = "dropped"
        else:
            return Coped(waits=shortage.policy == "backorder")
    return coped


def _is_there(coped: Coped, wanted: Mapping[UUID, int], other: UUID, quantity: int, left: Callable[[UUID], int]) -> bool:
    """What is wanted of the other one by itself comes first."""
    return left(other) >= quantity + max(wanted.get(other, 0), coped.quantities.get(other, 0))
