"""The third part of the story begins: a vegetable box every Friday, and the standing permission to be paid for it."""

import uuid
from datetime import date, datetime, timedelta

import httpx2

from local.scene import Scene, Seen
from local.shop import Json, check, wait_for
from local.shopping import available
from local.wording import INDIA, day, rupees

BOX = "vegetable box"
FRIDAY = 4
LEAST_DAYS_AHEAD = 8  # so that there is time to be told days before, and to think again
APPROVAL_AMOUNT = 100  # paise: what the customer pays to approve the mandate


def subscribe(scene: Scene) -> Seen:
    """Paid by UPI Autopay; nothing is planned until the customer's bank has confirmed the mandate."""
    scene.clock.sign_in()
    friday = _friday_ahead(scene.clock.now())
    begun = scene.shop.post("/subscriptions", _wish(scene, friday), idempotency_key=str(uuid.uuid4()))
    scene.subscription, payment = begun["subscription"], begun["payment"]
    check(scene.subscription["status"] == "awaiting_mandate", f"it began as {scene.subscription['status']}")
    check(begun["charged_now"] is None, f"{begun['charged_now']} was charged at once")
    asked = (payment["recurring"], payment["amount"])
    check(asked == (True, APPROVAL_AMOUNT), f"the mandate is to be approved by a payment of {payment['amount']} paise")
    approved = scene.sandbox.approve(payment["provider_order_id"])
    scene.token_id = approved["token_id"]
    location = _return_from_approval(scene, approved)
    scene.subscription = wait_for("the subscription to become active", lambda: _active(scene))
    bank = scene.sandbox.mandate(scene.token_id)
    check(bank["recurring_details"]["status"] == "confirmed", f"the bank says: {bank['recurring_details']}")
    check(not bank["debits"], f"the bank has debits already: {bank['debits']}")
    scene.delivery = calendar(scene, 1)[0]
    first = scene.delivery["delivers_on"]
    check(first == friday.isoformat(), f"the first delivery is on {first} instead of {friday}")
    check(scene.delivery["total"] == scene.subscription["price"], f"the first delivery costs {scene.delivery['total']}")
    limit = scene.subscription["mandate"]["max_amount"]
    line, rule = scene.subscription["lines"][0], scene.subscription["rule_text"]
    facts = {
        "subscription_id": scene.subscription["id"],
        "status": scene.subscription["status"],
        "rule": rule,
        "price": scene.subscription["price"],
        "first_delivery_on": first,
        "mandate": {"status": "confirmed", "token_id": scene.token_id, "max_amount": limit},
        "redirect": location,
    }
    told = f"1 × {line['name']}, {line['unit']}, {rule} from {day(friday)}: {rupees(scene.subscription['price']['amount'])}"
    approval = f"UPI Autopay up to {rupees(limit['amount'])} a debit approved in the bank's app: {scene.token_id}"
    return Seen(facts, [told, approval, f"the subscription is {scene.subscription['status']}", location])


def calendar(scene: Scene, count: int) -> list[Json]:
    """The coming deliveries, in order."""
    deliveries: list[Json] = scene.shop.get(scene.calendar_path)["items"]
    return deliveries[:count]


def instant(delivery: Json, name: str) -> datetime:
    return datetime.fromisoformat(delivery[name])


def _friday_ahead(now: datetime) -> date:
    least = now.astimezone(INDIA).date() + timedelta(days=LEAST_DAYS_AHEAD)
    return least + timedelta(days=(FRIDAY - least.weekday()) % 7)


def _wish(scene: Scene, starts_on: date) -> Json:
    return {
        "lines": [{"variant_id": available(scene.products, BOX, 1)["id"], "quantity": 1}],
        "rule": {"kind": "weekly", "every": 1},
        "starts_on": starts_on.isoformat(),
        "address_id": scene.address["id"],
        "payment_method": "mandate",
        "mandate": {"method": "upi"},
    }


def _return_from_approval(scene: Scene, approved: Json) -> str:
    """Post what the checkout page gave the browser; returns where the browser is sent."""
    proof = {name: approved[name] for name in ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")}
    answer = scene.shop.submit_form(f"/mandate-returns/{scene.subscription['mandate']['id']}", proof)
    location = answer.headers.get("location", "")
    check(answer.status_code == httpx2.codes.SEE_OTHER, f"the return was answered {answer.status_code} {answer.text[:300]}")
    check(location == scene.subscription_url, f"the browser was sent to {location} instead of {scene.subscription_url}")
    return location


def _active(scene: Scene) -> Json | None:
    subscription = scene.shop.get(f"/subscriptions/{scene.subscription['id']}")
    return subscription if subscription["status"] == "active" else None
