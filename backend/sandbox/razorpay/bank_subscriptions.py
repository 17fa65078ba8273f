"""Subscriptions in the customer's bank app: who charges how much how often, what was charged, and the buttons."""

from typing import Any

from sandbox import accounts, clock
from sandbox.razorpay import subscribing
from sandbox.razorpay.entities import Entity, children, load, one_of, those
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.periods import in_words
from sandbox.store import Db

SHOWN_SUBSCRIPTIONS, SHOWN_CHARGES = 100, 12
SHOWN_OF_A_CHARGE = ("id", "order_id", "invoice_id", "amount", "status", "error_reason", "created_at")
BUTTONS = {"active": ("pause", "cancel"), "paused": ("resume", "cancel")}
MOVES = {"pause": subscribing.pause, "resume": subscribing.resume}


def move(db: Db, subscription_id: str, verb: str) -> Entity | None:
    """The customer pauses, resumes or cancels at the bank; None when there is no such subscription."""
    subscription = one_of(db, "kind = 'subscription' AND id = ?", (subscription_id,))
    if subscription is None:
        return None
    account = accounts.get(db, "razorpay", subscription.account)
    happening = Happening(db, account, clock.now(db, subscription.account))
    if verb == "cancel":
        subscribing.cancel(happening, subscription)
    else:
        MOVES[verb](happening, subscription, by=subscribing.CUSTOMER)
    happening.publish()
    return subscription


def listing(db: Db, account: str | None) -> list[Entity]:
    """Newest first."""
    return those(db, "kind = 'subscription' AND (? IS NULL OR account = ?)", (account, account))


def approved(db: Db, account: str | None) -> list[Entity]:
    """Those a bank knows of."""
    return [one for one in listing(db, account) if one.wire["customer_id"] is not None][:SHOWN_SUBSCRIPTIONS]


def facts(db: Db, subscription: Entity) -> dict[str, Any]:
    """The subscription with its charges, oldest first, for tests."""
    planned = subscription.hidden["outcomes"]
    return {**subscription.wire, "account": subscription.account, "charges": _charges(db, subscription), "outcomes": planned}


def sheet(db: Db, subscription: Entity) -> dict[str, Any]:
    """As the customer sees it."""
    shown = subscription.wire
    plan = load(db, subscription.account, "plan", shown["plan_id"]).wire
    person = load(db, subscription.account, "customer", shown["customer_id"]).wire
    made = _charges(db, subscription)[::-1]
    buttons = BUTTONS.get(shown["status"], () if shown["status"] in subscribing.FINAL else ("cancel",))
    return {
        "id": subscription.id,
        "account": subscription.account,
        "payee": accounts.get(db, "razorpay", subscription.account).facts["name"],
        "name": plan["item"]["name"],
        "person": person["name"] or person["contact"] or person["email"],
        "amount": plan["item"]["amount"] * shown["quantity"],
        "how_often": in_words(plan["period"], plan["interval"]),
        "next_at": shown["charge_at"],
        "left": shown["remaining_count"],
        "state": shown["status"],
        "short_url": f"/s/{subscription.id}" if shown["status"] in ("pending", "halted") else None,
        "buttons": [verb for verb in buttons if verb == "cancel" or shown["payment_method"] == "upi"],
        "debits": made[:SHOWN_CHARGES],
        "older": len(made[SHOWN_CHARGES:]),
    }


def _charges(db: Db, subscription: Entity) -> list[dict[str, Any]]:
    invoices = reversed(children(db, subscription.id, "invoice"))
    tries = [payment for one in invoices for payment in reversed(children(db, one.wire["order_id"], "payment"))]
    return [{name: payment.wire[name] for name in SHOWN_OF_A_CHARGE} for payment in tries]
