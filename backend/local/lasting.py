"""The story ends: whatever is repeated, the renewal stays as it is; and the shop tells what comes next, and why."""

from datetime import date, datetime, time

from local import stack
from local.paths import PYTHON
from local.progress import step
from local.proving import CHANNELS
from local.renewing import WEEK, capture_told, reminders
from local.scene import Scene, Seen
from local.shop import Json, check, wait_for
from local.subscribing import calendar, instant
from local.wording import INDIA, day, moment, rupees, sentence

BILLING = "process-due-subscriptions"
SHOWN = 4


def repeat_renewal(scene: Scene) -> Seen:
    """The webhook once more, the billing run once more: not a byte changes, nobody is charged or told again."""
    before = _state(scene)
    webhook = wait_for("the capture's webhook", lambda: capture_told(scene))
    scene.sandbox.deliver_again(webhook["id"])
    wait_for("the repeated webhook to be taken", lambda: capture_told(scene, times=2))
    with step(f"Running {BILLING} once more"):
        stack.run_command("schedules", [PYTHON, "-m", "app.cli.main", "schedules", "run", BILLING])
        scene.clock.settle()  # nothing is left to be done: what has not changed by now does not
    for what, was, now in zip(before, before.values(), _state(scene).values(), strict=True):
        check(now == was, f"{what} changed when billing run and webhook were repeated")
    for channel in CHANNELS:
        count = len(reminders(scene, channel))
        check(count == 1, f"{count} reminders by {channel} instead of one")
    facts = {"order_unchanged": True, "calendar_unchanged": True, "debits": 1, "captures": 1, "webhook_deliveries": 2}
    told = f"the webhook sent again, {BILLING} run again: nothing changed"
    return Seen(facts, [told, "still one debit, one capture, one reminder by e-mail and one by SMS"])


def look_ahead(scene: Scene) -> Seen:
    """What comes, until when it can be changed, when it is announced and charged; and why this one came as it did."""
    coming = calendar(scene, SHOWN)
    days = [date.fromisoformat(delivery["delivers_on"]) for delivery in coming]
    first = date.fromisoformat(scene.delivery["delivers_on"])
    check(days == [first + WEEK * number for number in range(SHOWN)], f"the coming deliveries are on {days}")
    for delivers_on, delivery in zip(days, coming, strict=True):
        times = [instant(delivery, name) for name in ("edit_until", "notify_at", "charge_at")]
        in_order = [*times, datetime.combine(delivers_on, time(), INDIA)]
        check(in_order == sorted(in_order), f"the times of {delivers_on} are out of order: {delivery}")
        check(delivery["total"] == scene.subscription["price"], f"{delivers_on} costs {delivery['total']}")
    statuses = [delivery["status"] for delivery in coming]
    check(statuses == ["created"] + ["planned"] * (SHOWN - 1), f"the coming deliveries are {statuses}")
    explanation = scene.shop.get(f"/orders/{scene.renewal['id']}/explain")
    happened = [fact["what"] for fact in explanation["facts"]]
    for what in ("cycle.created", "order.placed", "stock.reserved", "notice.delivered", "debit.decided", "order.confirmed"):
        check(happened.count(what) == 1, f"{what} is told {happened.count(what)} times: {', '.join(happened)}")
    facts = {"calendar": coming, "explanation": explanation}
    return Seen(facts, [*map(_told, coming), explanation["summary"], *map(sentence, explanation["facts"])])


def _state(scene: Scene) -> dict[str, object]:
    """All that must stay: at the shop to the byte, at the bank, and in the customer's inbox."""
    return {
        "the order": scene.shop.get_bytes(f"/orders/{scene.renewal['id']}"),
        "the calendar": scene.shop.get_bytes(scene.calendar_path),
        "the bank's debits": scene.sandbox.mandate(scene.token_id)["debits"],
        "the bank's captures": scene.sandbox.captures(scene.renewal_provider_order_id),
        "the customer's e-mails": len(scene.sandbox.inbox(scene.customer.email, "email")),
        "the customer's SMS": len(scene.sandbox.inbox(scene.customer.phone, "sms")),
    }


def _told(delivery: Json) -> str:
    told = f"{day(date.fromisoformat(delivery['delivers_on']))}: {rupees(delivery['total']['amount'])}"
    if delivery["order_id"]:
        return f"{told}, {delivery['payment_status']}"
    charged_at, edit_until = moment(instant(delivery, "charge_at")), moment(instant(delivery, "edit_until"))
    return f"{told} on {charged_at}; can be changed until {edit_until}"
