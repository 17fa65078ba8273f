"""What a new subscription may ask for, and what it looks like before its customer has approved it."""

from typing import Any

from sandbox.ids import razorpay_id
from sandbox.razorpay.entities import NEWEST, Entity, checked_notes, load
from sandbox.razorpay.errors import refuse_unknown, refused
from sandbox.razorpay.new_orders import MINIMUM_AMOUNT
from sandbox.razorpay.periods import edge
from sandbox.razorpay.plans import whole
from sandbox.wire import Work

ACCEPTED = {
    "plan_id", "total_count", "quantity", "start_at", "expire_by", "customer_notify", "addons", "offer_id", "notes",
    "notify_info",
}  # fmt: skip
TYPE = 2  # as in every sample; what it stands for is not documented


def asked(work: Work) -> Entity:
    """The subscription of this request, checked and not yet kept."""
    body = work.call.body
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    refuse_unknown(body, ACCEPTED)
    if not body.get("plan_id"):
        raise refused("The plan id field is required.", field="plan_id")
    plan = load(work.db, work.account.id, "plan", str(body["plan_id"]))
    total_count = whole(body.get("total_count"), "total_count")
    start_at, expire_by = _later(body, "start_at", work.now), _later(body, "expire_by", work.now)
    subscription_id = razorpay_id("sub")
    shown = {
        "id": subscription_id,
        "entity": "subscription",
        "plan_id": plan.id,
        "customer_id": None,
        "status": "created",
        "type": TYPE,
        "current_start": None,
        "current_end": None,
        "ended_at": None,
        "quantity": whole(body.get("quantity", 1), "quantity"),
        "notes": checked_notes(body.get("notes")),
        "charge_at": start_at,
        "start_at": start_at,
        "end_at": None if start_at is None else last_edge(plan, start_at, total_count),
        "auth_attempts": 0,
        "total_count": total_count,
        "paid_count": 0,
        "customer_notify": body.get("customer_notify", True) in (True, 1),
        "created_at": work.now,
        "expire_by": expire_by,
        "short_url": f"http://{work.call.headers.get('host', 'localhost')}/s/{subscription_id}",
        "has_scheduled_changes": False,
        "change_scheduled_at": None,
        "source": "api",
        "offer_id": body.get("offer_id"),
        "remaining_count": total_count,
    }
    hidden = {"addons": _addons(body.get("addons")), "begun": 0, "outcomes": []}
    return Entity(work.account.id, "subscription", plan.id, shown, hidden)


def last_edge(plan: Entity, start_at: int, total_count: int) -> int:
    """When the last cycle begins, which is what `end_at` means."""
    return edge(start_at, plan.wire["period"], plan.wire["interval"], total_count - 1)


def _later(body: dict[str, Any], name: str, now: int) -> int | None:
    if body.get(name) is None:
        return None
    at = whole(body[name], name)
    if not now < at <= NEWEST:
        raise refused(f"The {name.replace('_', ' ')} must be a future time.", field=name)
    return at


def _addons(addons: Any) -> list[dict[str, Any]]:
    """Name and amount of each; they are charged once, with the first payment."""
    kept = []
    for addon in addons or []:
        item = addon.get("item") if isinstance(addon, dict) else None
        if not isinstance(item, dict) or not item.get("name") or item.get("currency") != "INR":
            raise refused("The item of an addon needs a name, an amount and the currency INR.", field="addons")
        amount = whole(item.get("amount"), "amount", MINIMUM_AMOUNT)
        kept.append({"name": item["name"], "amount": amount, "quantity": whole(addon.get("quantity", 1), "quantity")})
    return kept
