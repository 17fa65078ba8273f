"""The first renewal: an order days ahead, announced by the bank and by the shop, debited once, paid before its day."""

from datetime import date, datetime, time, timedelta
from functools import partial

from local.proving import CHANNELS
from local.scene import Scene, Seen
from local.shop import Json, StoryFailed, check, wait_for
from local.shopping import on_shelf
from local.subscribing import calendar, instant
from local.wording import INDIA, day, moment, rupees

PLANNED_WITHIN = timedelta(minutes=90)  # deliveries are planned every hour, reminders go out a quarter past
DECIDED_WITHIN = timedelta(hours=25)  # the sandbox's bank takes a day over a debit
WEEK = timedelta(weeks=1)


def announce(scene: Scene) -> Seen:
    """Days ahead: an order, its goods set aside, the bank's notice of the debit, and our own reminder of it."""
    line = scene.subscription["lines"][0]
    before = on_shelf(scene, line["variant_id"])
    scene.clock.advance_to(instant(scene.delivery, "notify_at") + PLANNED_WITHIN)
    scene.delivery = wait_for("the delivery to become an order", lambda: _created(scene))
    scene.renewal = order = scene.shop.get(f"/orders/{scene.delivery['order_id']}")
    check(order["payment_status"] == "unpaid", f"{order['number']} is {order['payment_status']} before it is charged")
    check(order["total"] == scene.subscription["price"], f"{order['number']} costs {order['total']}")
    after = on_shelf(scene, line["variant_id"])  # the subscriptions of earlier tellings have gone on, too
    check(after < before, f"nothing was set aside: {before} boxes on the shelf, then {after}")
    check(_has_fact(scene, "stock.reserved"), f"no goods were set aside for {order['number']}")
    notification, charge_at = _asked_notice(scene), instant(scene.delivery, "charge_at")
    check(notification["payment_after"] == int(charge_at.timestamp()), f"the bank announces another time: {notification}")
    kind = "order.notification.delivered"
    notice = wait_for("the bank's notice to be delivered", lambda: scene.sandbox.taken_webhook(scene.token_id, kind))
    scene.renewal_provider_order_id = order_id = notice["body"]["payload"]["notification"]["entity"]["order_id"]
    wait_for("its delivery to be recorded", lambda: _has_fact(scene, "notice.delivered") or None)
    email, sms = (wait_for(f"the reminder by {channel}", partial(_reminder, scene, channel)) for channel in CHANNELS)
    check(not scene.sandbox.mandate(scene.token_id)["debits"], "a debit was made before its time")
    facts = {
        "order_id": order["id"],
        "order_number": order["number"],
        "payment_status": order["payment_status"],
        "total": order["total"],
        "delivers_on": scene.delivery["delivers_on"],
        "provider_order_id": order_id,
        "notification": notification,
        "notice": {"id": notice["id"], "type": notice["type"]},
        "email": {"id": email["id"], "to": email["to"], "subject": email["subject"]},
        "sms": {"id": sms["id"], "to": sms["to"], "text": sms["text"]},
    }
    told = f"{order['number']}, {rupees(order['total']['amount'])}, {order['payment_status']}; Razorpay order {order_id}"
    aside = f"{line['quantity']} × {line['name']} set aside: {before} → {after} on the shelf"
    bank = f"the bank has announced the debit, for {moment(charge_at)} or later"
    return Seen(facts, [told, aside, bank, f"e-mail: {email['subject']}", f"SMS: {sms['text']}"])


def charge(scene: Scene) -> Seen:
    """Exactly one debit at the announced time, undecided for a day; then captured, and the order paid before its day."""
    order, charge_at = scene.renewal, instant(scene.delivery, "charge_at")
    scene.clock.advance_to(charge_at)
    scene.debit = debit = wait_for("the debit at the bank", lambda: _only_debit(scene))
    check(debit["order_id"] == scene.renewal_provider_order_id, f"{debit['order_id']} was debited")
    check(debit["amount"] == order["total"]["amount"], f"{debit['amount']} paise were debited for {order['total']}")
    check(debit["created_at"] >= charge_at.timestamp(), "the debit was made before the promised time")
    pending = _delivery(scene)
    check(debit["status"] == "created", f"the bank decided at once: {debit['status']}")
    check(pending["payment_status"] == "unpaid", f"the order is {pending['payment_status']} while the bank decides")
    scene.clock.advance_to(charge_at + DECIDED_WITHIN)
    scene.renewal = order = wait_for(f"{order['number']} to be paid", lambda: _paid(scene))
    decided, captures = _only_debit(scene), scene.sandbox.captures(scene.renewal_provider_order_id)
    check(decided == {**debit, "status": "captured"}, f"the bank has the debit as {decided}")
    check([one["amount"] for one in captures] == [order["total"]["amount"]], f"the bank saw these captures: {captures}")
    webhook = wait_for("the capture's webhook to be taken", lambda: capture_told(scene))
    wait_for("it to be kept with the order", lambda: _has_fact(scene, "razorpay sent payment.captured") or None)
    delivers_on, now = date.fromisoformat(scene.delivery["delivers_on"]), scene.clock.now()
    check(now < datetime.combine(delivers_on, time(), INDIA), f"paid only on the day of delivery, at {now}")
    following = calendar(scene, 2)[1]["delivers_on"]
    check(following == (delivers_on + WEEK).isoformat(), f"the next delivery is on {following}")
    facts = {
        "order_number": order["number"],
        "status": order["status"],
        "payment_status": order["payment_status"],
        "debits": 1,
        "debit": {"payment_id": scene.debit["id"], "statuses": ["created", "captured"], "amount": order["total"]},
        "captures": len(captures),
        "webhook": {"id": webhook["id"], "type": webhook["type"]},
        "next_delivery_on": following,
    }
    told = f"{rupees(order['total']['amount'])} debited once, {scene.debit['id']}: for a day the bank decides, the order waits"
    paid = f"{webhook['type']} ({webhook['id']}): {order['number']} is {order['status']} and {order['payment_status']}"
    early = f"{moment(now)}: in time for {day(delivers_on)}; the next comes on {day(delivers_on + WEEK)}"
    return Seen(facts, [told, paid, early])


def capture_told(scene: Scene, times: int = 1) -> Json | None:
    """The webhook of the debit's capture, once it was taken that often."""
    return scene.sandbox.taken_webhook(scene.debit["id"], "payment.captured", times)


def reminders(scene: Scene, channel: str) -> list[Json]:
    """Messages to this customer that announce the delivery."""
    to = scene.customer.email if channel == "email" else scene.customer.phone
    words = f"next delivery is on {day(date.fromisoformat(scene.delivery['delivers_on']))}"
    return [message for message in scene.sandbox.inbox(to, channel) if words in message["text"]]


def _asked_notice(scene: Scene) -> Json:
    """What the one provider order of this delivery asks the bank to announce."""
    asked = scene.sandbox.orders_announced(scene.token_id)
    check(len(asked) == 1, f"{len(asked)} orders with a notice at the provider instead of one")
    check(asked[0]["amount"] == scene.renewal["total"]["amount"], f"the bank announces {asked[0]['amount']} paise")
    notification: Json = asked[0]["notification"]
    return notification


def _delivery(scene: Scene) -> Json:
    return next(one for one in calendar(scene, 2) if one["delivers_on"] == scene.delivery["delivers_on"])


def _created(scene: Scene) -> Json | None:
    delivery = _delivery(scene)
    told = f"the delivery is {delivery['status']}, {delivery['reason']}: scripts/run --fresh starts over with full shelves"
    check(delivery["status"] in ("planned", "created"), told)
    return delivery if delivery["order_id"] else None


def _paid(scene: Scene) -> Json | None:
    order = scene.shop.get(f"/orders/{scene.renewal['id']}")
    return order if (order["status"], order["payment_status"]) == ("confirmed", "paid") else None


def _has_fact(scene: Scene, what: str) -> bool:
    explanation = scene.shop.get(f"/orders/{scene.renewal['id']}/explain")
    return any(fact["what"] == what for fact in explanation["facts"])


def _only_debit(scene: Scene) -> Json | None:
    debits: list[Json] = scene.sandbox.mandate(scene.token_id)["debits"]
    check(len(debits) <= 1, f"{len(debits)} debits on the mandate instead of one")
    return debits[0] if debits else None


def _reminder(scene: Scene, channel: str) -> Json | None:
    """With the day, the amount and when it is charged."""
    found = reminders(scene, channel)
    if not found:
        return None
    text, amount = " ".join(found[0]["text"].split()), scene.renewal["total"]["amount"]
    charged_on = day(instant(scene.delivery, "charge_at").astimezone(INDIA).date())
    money = rupees(amount) if channel == "email" else f"Rs {amount / 100:.2f}".removesuffix(".00")
    for told in (f"will charge {money} on {charged_on}", f"{money} will be charged on {charged_on}"):
        if told in text:
            return found[0]
    raise StoryFailed(f"the reminder by {channel} tells neither amount nor day: {text}")
