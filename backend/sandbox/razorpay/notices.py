"""The notice that a customer gets before a debit (the pre-debit notification), where the shop asked for it by its order."""

from typing import Any

from sandbox.ids import razorpay_id
from sandbox.razorpay import banking, mandates
from sandbox.razorpay.entities import Entity, insert, load, save
from sandbox.razorpay.errors import refuse_unknown, refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.reasons import failure_fields
from sandbox.store import Db
from sandbox.transitions import Step, act, plan

# From the delivery of the notice to the earliest debit.
GAP_SECONDS = {"upi": 25 * 60 * 60, "card": 36 * 60 * 60 + 5 * 60}
ACCEPTED = {"token_id", "payment_after"}


def asked(db: Db, account: str, body: dict[str, Any], now: int) -> dict[str, Any] | None:
    """The `notification` of a new order, checked: its token must be this merchant's and live."""
    notification = body.get("notification")
    if notification is None:
        return None
    if not isinstance(notification, dict) or not notification.get("token_id"):
        raise refused("The token id field is required.", field="notification.token_id")
    refuse_unknown(notification, ACCEPTED)
    payment_after = notification.get("payment_after")
    if payment_after is not None and (not isinstance(payment_after, int) or isinstance(payment_after, bool)):
        raise refused("The payment after must be an integer.", field="notification.payment_after")
    token = mandates.load_token(db, account, str(notification["token_id"]))
    if reason := mandates.why_not_debitable(token, now):
        raise refused(failure_fields(reason)["error_description"], reason=reason)
    return {"token_id": token.id, "payment_after": payment_after}


def send(happening: Happening, order: Entity, wish: dict[str, Any]) -> None:
    """Note it on the order; it is delivered now or after a while, as the banks are set."""
    notice = {
        "id": razorpay_id("notification"),
        "entity": "notification",
        "order_id": order.id,
        "token_id": wish["token_id"],
        "delivered_at": None,
        "status": "created",
        "payment_after": wish["payment_after"],
    }
    entity = Entity(happening.merchant.id, "notification", order.id, {**notice, "created_at": happening.now})
    insert(happening.db, entity)
    _show_on_order(happening.db, order, notice)
    delay = banking.of(happening.db, happening.merchant.id).notification_seconds
    if delay:
        plan(happening.db, happening.merchant.id, happening.now + delay, "notification.deliver", entity.id)
    else:
        _deliver(happening, entity, order)


@act("notification.deliver")
def _deliver_in_time(step: Step) -> None:
    happening = Happening(step.db, step.account, step.at)
    notice = load(step.db, step.account.id, "notification", step.entity_id)
    _deliver(happening, notice, load(step.db, step.account.id, "order", notice.wire["order_id"]))
    happening.publish()


def _deliver(happening: Happening, notice: Entity, order: Entity) -> None:
    """Delivered, failed (as told, or because the mandate is not live any more), or never heard of again."""
    told = banking.of(happening.db, happening.merchant.id).notification
    if told == "never":
        return
    token = load(happening.db, happening.merchant.id, "token", notice.wire["token_id"])
    if told == "failed" or mandates.why_not_debitable(token, happening.now):
        notice.wire["status"] = "failed"
    else:
        earliest = happening.now + GAP_SECONDS[token.wire["method"]]
        payment_after = notice.wire["payment_after"] or earliest
        notice.wire.update(status="delivered", delivered_at=happening.now, payment_after=payment_after)
    save(happening.db, notice)
    shown = {name: fact for name, fact in notice.wire.items() if name != "created_at"}
    _show_on_order(happening.db, order, shown)
    happening.note(f"order.notification.{notice.wire['status']}", notification=shown)


def _show_on_order(db: Db, order: Entity, notice: dict[str, Any]) -> None:
    order.wire["notification"] = {name: fact for name, fact in notice.items() if name not in ("entity", "order_id")}
    save(db, order)
