"""Deliveries that nobody planned in time, as after a downtime: whether they are made up for, by the policies of their products.

`skip`, the default: what was missed is over, and nobody pays for it. `ship_once`: of several missed in a row the last one
is made up for, `bill_all`: each of them. Made up for means that the next possible delivery brings it too: the missed day is
skipped with the reason `caught_up`, and the wish for that next day grows by its quantities. So it is packed, priced and
charged as one delivery, the customer reads it in the calendar, and may take it back until the cut-off. Of goods with
different policies in one delivery the strictest holds.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.carts.rules import MAX_QUANTITY
from app.core.ids import new_id
from app.core.work import store_of
from app.subscriptions import coming
from app.subscriptions.coming import Day, Plan
from app.subscriptions.shortage import NO_SHORTAGE, CatchUp, Shortage

STRICTEST_FIRST: Final[tuple[CatchUp, ...]] = ("skip", "ship_once", "bill_all")
LOOK_AHEAD = 30  # deliveries: whoever is away for longer does not want it any more
CAUGHT_UP = "caught_up"

_RAISE = text("""
INSERT INTO delivery_changes (store_id, id, created_at, subscription_id, delivers_on, variant_id, quantity)
VALUES (:store_id, :id, :now, :subscription_id, :delivers_on, :variant_id, :quantity)
ON CONFLICT (store_id, subscription_id, delivers_on, variant_id) DO UPDATE SET quantity = excluded.quantity
""")


@dataclass(frozen=True)
class CatchingUp:
    """On this later day, so many of each variant in all."""

    delivers_on: date
    quantities: Mapping[UUID, int]


def strictest(variant_ids: Collection[UUID], policies: Mapping[UUID, Shortage]) -> CatchUp:
    """Of several products the policy that does least."""
    return min((policies.get(one, NO_SHORTAGE).catch_up for one in variant_ids), key=STRICTEST_FIRST.index, default="skip")


def decide(plan: Plan, missed: Day, policy: CatchUp, is_possible: Callable[[Day], bool]) -> CatchingUp | None:
    """What the next possible delivery brings besides its own; None: what was missed is over."""
    if policy == "skip":
        return None
    later = [day for day in islice(coming.days(plan, missed.delivers_on + timedelta(days=1)), LOOK_AHEAD) if not day.left_out]
    target = next((day for day in later if is_possible(day)), None)
    if target is None or (policy == "ship_once" and later[0] is not target):
        return None  # nothing is to come, or of several missed ones this is not the last
    quantities = {one: min(MAX_QUANTITY, count + target.quantities.get(one, 0)) for one, count in missed.quantities.items()}
    return CatchingUp(target.delivers_on, quantities)


def write(session: Session, subscription_id: UUID, made: CatchingUp, now: datetime) -> None:
    """As a wish for that day, as if the customer had had it raised."""
    for variant_id, quantity in made.quantities.items():
        values = {"subscription_id": subscription_id, "variant_id": variant_id, "quantity": quantity, "now": now}
        session.execute(_RAISE, {"store_id": store_of(session), "id": new_id(), "delivers_on": made.delivers_on, **values})
