"""The states of a subscription whose schedule Razorpay keeps, and the event that tells of each step.

created -> authenticated -> active <-> pending -> halted -> active; created -> active where it starts at once;
created -> expired; active <-> paused; authenticated, paused -> cancelled; any that lives -> cancelled; active -> completed.
"""

from typing import Any

from sandbox.razorpay.entities import Entity, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.store import Db
from sandbox.transitions import plan as plan_step

FINAL = ("cancelled", "completed", "expired")
NO_CYCLE = ("created", "authenticated")
CUSTOMER, MERCHANT = "customer", "self"


def become(happening: Happening, subscription: Entity, status: str, **facts: Any) -> None:
    subscription.wire.update(status=status, **facts)
    save(happening.db, subscription)


def tell(happening: Happening, subscription: Entity, event: str, payment: Entity | None = None) -> None:
    """The event has the payment wherever one was tried, though only `charged` says that it contains it."""
    told = {"subscription": subscription.wire}
    if payment is not None:
        told["payment"] = payment.wire | ({"captured": "1"} if payment.wire["captured"] else {})
    happening.note(f"subscription.{event}", None if event == "charged" else ["subscription"], **told)


def end(happening: Happening, subscription: Entity, status: str) -> None:
    become(happening, subscription, status, ended_at=happening.now, charge_at=None)
    if status != "expired":  # no event is documented for it
        tell(happening, subscription, status)


def cancel(happening: Happening, subscription: Entity, at_cycle_end: bool = False) -> None:
    """At the end of the cycle: it stays active until then, and nothing shows that it will end."""
    status = subscription.wire["status"]
    if status in FINAL:
        raise refused(f"Subscription is not cancellable in {status} status.")
    if not at_cycle_end:
        end(happening, subscription, "cancelled")
        return
    if status in NO_CYCLE:
        # Our words: that it is refused is documented, how is not.
        raise refused("Subscription cannot be cancelled at the cycle end since no billing cycle is going on")
    subscription.hidden["cancels_at_edge"] = True
    save(happening.db, subscription)


def pause(happening: Happening, subscription: Entity, by: str = MERCHANT) -> None:
    """One that was approved and has not begun is cancelled by it."""
    status = subscription.wire["status"]
    if status == "authenticated":
        end(happening, subscription, "cancelled")
        return
    if status != "active":
        raise refused(f"Subscription is not pausable in {status} status.")
    become(happening, subscription, "paused", paused_at=happening.now, pause_initiated_by=by)
    tell(happening, subscription, "paused")


def resume(happening: Happening, subscription: Entity, by: str = MERCHANT) -> None:
    """What the customer paused at the bank only the customer lets go on: our reading, the pages do not say."""
    status = subscription.wire["status"]
    if status != "paused" or subscription.wire["pause_initiated_by"] == CUSTOMER != by:
        raise refused(f"Subscription is not resumable in {status} status.")
    become(happening, subscription, "active", paused_at=None, pause_initiated_by=None)
    tell(happening, subscription, "resumed")


def plan_edge(db: Db, subscription: Entity, at: int) -> None:
    """When the next cycle begins, or the last one ends."""
    subscription.hidden["edge_at"] = at
    plan_step(db, subscription.account, at, "subscription.edge", subscription.id)
    save(db, subscription)
