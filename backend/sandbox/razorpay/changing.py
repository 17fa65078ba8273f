"""Changing a subscription: another plan of the same rhythm, another quantity, another number of cycles; now or at the next."""

from typing import Any

from sandbox.razorpay.entities import Entity, load, save
from sandbox.razorpay.errors import refuse_unknown, refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.new_subscriptions import last_edge
from sandbox.razorpay.plans import whole
from sandbox.razorpay.subscribing import tell

ACCEPTED = {"plan_id", "offer_id", "quantity", "remaining_count", "start_at", "schedule_change_at", "customer_notify"}
CHANGEABLE = ("authenticated", "active")


def change(happening: Happening, subscription: Entity, body: dict[str, Any]) -> None:
    refuse_unknown(body, ACCEPTED)
    status = subscription.wire["status"]
    if status not in CHANGEABLE:
        raise refused(f"Subscription is not updatable in {status} status.")
    if subscription.wire.get("payment_method") == "upi":
        raise refused("subscriptions cannot be updated when payment mode is UPI")
    changes = _checked(happening, subscription, body)
    if body.get("schedule_change_at", "now") == "cycle_end":
        subscription.hidden["scheduled"] = changes
        subscription.wire.update(has_scheduled_changes=True, change_scheduled_at=subscription.wire["current_end"])
        save(happening.db, subscription)
    else:
        _apply(happening, subscription, changes)


def apply_scheduled(happening: Happening, subscription: Entity) -> None:
    changes = subscription.hidden.pop("scheduled", None)
    if changes is not None:
        subscription.wire.update(has_scheduled_changes=False, change_scheduled_at=None)
        _apply(happening, subscription, changes)


def drop_scheduled(happening: Happening, subscription: Entity) -> None:
    if subscription.hidden.pop("scheduled", None) is None:
        raise refused("Subscription has no scheduled changes.")
    subscription.wire.update(has_scheduled_changes=False, change_scheduled_at=None)
    save(happening.db, subscription)


def with_scheduled(subscription: Entity) -> dict[str, Any]:
    """As it will be; refused where nothing is scheduled."""
    if "scheduled" not in subscription.hidden:
        raise refused("Subscription has no scheduled changes.")
    return subscription.wire | {
        name: value for name, value in subscription.hidden["scheduled"].items() if name in subscription.wire
    }


def _checked(happening: Happening, subscription: Entity, body: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "plan_id" in body:
        present, other = (
            load(happening.db, subscription.account, "plan", plan_id).wire
            for plan_id in (subscription.wire["plan_id"], str(body["plan_id"]))
        )
        if (present["period"], present["interval"]) != (other["period"], other["interval"]):
            raise refused("The plan's billing period must be that of the current one.", field="plan_id")  # our words
        changes["plan_id"] = other["id"]
    for name in ("quantity", "remaining_count"):
        if name in body:
            changes[name] = whole(body[name], name)
    if "customer_notify" in body:
        changes["customer_notify"] = body["customer_notify"] in (True, 1)
    return changes


def _apply(happening: Happening, subscription: Entity, changes: dict[str, Any]) -> None:
    shown = subscription.wire
    shown.update(changes)
    if "remaining_count" in changes:
        shown["total_count"] = subscription.hidden["begun"] + changes["remaining_count"]
        plan = load(happening.db, subscription.account, "plan", shown["plan_id"])
        shown["end_at"] = last_edge(plan, shown["start_at"], shown["total_count"])
    save(happening.db, subscription)
    tell(happening, subscription, "updated")
