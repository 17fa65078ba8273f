"""The second part of the story: the order is paid once, told once, and stays so whatever is repeated."""

from functools import partial

import httpx2

from local.scene import Scene, Seen
from local.shop import Json, check, wait_for, watch_calm
from local.wording import sentence

CHANNELS = ("email", "sms")


def confirm(scene: Scene) -> Seen:
    """The browser's return and the webhook both arrive, in whatever order: one order, paid."""
    location = _return_from_checkout(scene)
    webhook = wait_for("the provider's webhook to be taken", lambda: _delivered_webhook(scene))
    scene.webhook_id = webhook["id"]
    scene.order = wait_for(f"{scene.order['number']} to be confirmed", lambda: _confirmed_order(scene))
    orders = scene.shop.get("/orders")["items"]
    check(len(orders) == 1, f"the customer has {len(orders)} orders instead of one")
    captures = scene.sandbox.captures(scene.provider_order_id)
    check(len(captures) == 1, f"the bank saw {len(captures)} captures instead of one")
    check(captures[0]["amount"] == scene.order["total"]["amount"], f"captured {captures[0]['amount']}")
    facts = {
        "order_number": scene.order["number"],
        "status": scene.order["status"],
        "payment_status": scene.order["payment_status"],
        "orders": len(orders),
        "captures": len(captures),
        "webhook": {"id": webhook["id"], "type": webhook["type"]},
        "redirect": location,
    }
    told = f"{scene.order['number']} is {scene.order['status']} and {scene.order['payment_status']}"
    return Seen(facts, [told, f"by the browser's return and by {webhook['type']} ({webhook['id']}); one capture", location])


def read_messages(scene: Scene) -> Seen:
    """One confirmation by e-mail and one by SMS, and no second one."""
    for channel in CHANNELS:
        wait_for(f"the confirmation by {channel}", partial(_confirmation, scene, channel))
    watch_calm(lambda: _check_one_each(scene))
    email, sms = (_confirmations(scene, channel)[0] for channel in CHANNELS)
    facts = {
        "email": {"id": email["id"], "to": email["to"], "subject": email["subject"]},
        "sms": {"id": sms["id"], "to": sms["to"], "text": sms["text"]},
    }
    return Seen(facts, [f"e-mail to {scene.customer.email}: {email['subject']}", f"SMS: {sms['text']}"])


def repeat_everything(scene: Scene) -> Seen:
    """The webhook once more, the return once more: not a byte of the order changes, nobody is told or charged twice."""
    before = _order_bytes(scene)
    scene.sandbox.deliver_again(scene.webhook_id)
    wait_for("the repeated webhook to be taken", lambda: _delivered_webhook(scene, times=2))
    _return_from_checkout(scene)

    def check_unchanged() -> None:
        check(_order_bytes(scene) == before, "the order changed when its webhook and return were repeated")
        check(len(scene.sandbox.captures(scene.provider_order_id)) == 1, "the bank saw a second capture")
        _check_one_each(scene)

    watch_calm(check_unchanged)
    facts = {"order_unchanged": True, "emails": 1, "sms": 1, "captures": 1, "webhook_deliveries": 2}
    return Seen(
        facts, ["the webhook sent again, the return replayed: nothing changed", "still one e-mail, one SMS, one capture"]
    )


def explain(scene: Scene) -> Seen:
    """Who did what and why, from stored facts."""
    explanation = scene.shop.get(f"/orders/{scene.order['id']}/explain")
    facts = explanation["facts"]
    return Seen({"explanation": explanation}, [explanation["summary"], *map(sentence, facts)])


def _return_from_checkout(scene: Scene) -> str:
    """Post what the checkout page gave the browser; returns where the browser is sent."""
    answer = scene.shop.submit_form(f"/payment-returns/{scene.order['id']}", scene.proof)
    location = answer.headers.get("location", "")
    check(answer.status_code == httpx2.codes.SEE_OTHER, f"the return was answered {answer.status_code} {answer.text[:300]}")
    check(location == scene.order_url, f"the browser was sent to {location} instead of {scene.order_url}")
    return location


def _delivered_webhook(scene: Scene, times: int = 1) -> Json | None:
    """The event of the capture, once it was answered with success that often."""
    return scene.sandbox.taken_webhook(scene.proof["razorpay_payment_id"], "payment.captured", times)


def _confirmed_order(scene: Scene) -> Json | None:
    order = scene.shop.get(f"/orders/{scene.order['id']}")
    return order if (order["status"], order["payment_status"]) == ("confirmed", "paid") else None


def _order_bytes(scene: Scene) -> bytes:
    return scene.shop.get_bytes(f"/orders/{scene.order['id']}")


def _confirmations(scene: Scene, channel: str) -> list[Json]:
    """Messages to this customer that name the order."""
    to = scene.customer.email if channel == "email" else scene.customer.phone
    number = scene.order["number"]
    return [m for m in scene.sandbox.inbox(to, channel) if number in f"{m['subject']} {m['text']} {m['html']}"]


def _confirmation(scene: Scene, channel: str) -> Json | None:
    return next(iter(_confirmations(scene, channel)), None)


def _check_one_each(scene: Scene) -> None:
    for channel in CHANNELS:
        count = len(_confirmations(scene, channel))
        check(count == 1, f"{count} confirmations by {channel} instead of one")
