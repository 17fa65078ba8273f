"""A payment arrives when nobody waits for it any more: the order lives again, for its goods are still there."""

import uuid
from datetime import datetime, timedelta

from local.scene import Scene, Seen
from local.shop import Json, check, wait_for
from local.shopping import available, on_shelf
from local.wording import moment, rupees

GOODS = "jaggery"
AFTER_ITS_END = timedelta(minutes=2)  # unpaid orders are looked at every minute


def pay_late(scene: Scene) -> Seen:
    """The bank says no, the order ends unpaid, its goods are for others; then the bank has taken the money after all."""
    variant = available(scene.products, GOODS, 2)
    cart = scene.shop.post("/carts")
    cart = scene.shop.put(f"/carts/{cart['id']}/lines/{variant['id']}", {"quantity": 1})
    request = {"cart_id": cart["id"], "address_id": scene.address["id"], "payment_method": "razorpay"}
    placed = scene.shop.post("/checkouts", request, idempotency_key=str(uuid.uuid4()))
    order, provider_order_id = placed["order"], placed["payment"]["provider_order_id"]
    failed = scene.sandbox.pay(provider_order_id, "failed")
    scene.clock.advance_to(datetime.fromisoformat(order["expires_at"]) + AFTER_ITS_END)
    ended = wait_for(f"{order['number']} to end unpaid", lambda: _in(scene, order, "cancelled", "unpaid"))
    check(ended["cancel_reason"] == "expired", f"{order['number']} was cancelled: {ended['cancel_reason']}")
    before = on_shelf(scene, variant["id"])
    scene.sandbox.come_late(failed["razorpay_payment_id"])
    revived = wait_for(f"{order['number']} to live again", lambda: _in(scene, order, "confirmed", "paid"))
    after = on_shelf(scene, variant["id"])
    check(after < before, f"nothing was set aside again: {before} on the shelf, then {after}")
    captured = [capture["amount"] for capture in scene.sandbox.captures(provider_order_id)]
    check(captured == [revived["total"]["amount"]], f"the bank saw these captures: {captured}")
    check(scene.sandbox.refunds(provider_order_id) == [], "money that was owed went back")
    facts = {
        "order_number": order["number"],
        "statuses": ["pending_payment", "cancelled", "confirmed"],
        "cancel_reason": "expired",
        "payment_id": failed["razorpay_payment_id"],
        "captures": len(captured),
        "refunds": 0,
    }
    end = moment(datetime.fromisoformat(order["expires_at"]))
    told = f"{order['number']}: the bank said no, and at {end} the order ended; its goods are for others"
    late = f"then {rupees(captured[0])} arrived after all, {failed['razorpay_payment_id']}: set aside again, confirmed and paid"
    return Seen(facts, [told, late])


def _in(scene: Scene, order: Json, status: str, payment_status: str) -> Json | None:
    now = scene.shop.get(f"/orders/{order['id']}")
    return now if (now["status"], now["payment_status"]) == (status, payment_status) else None
