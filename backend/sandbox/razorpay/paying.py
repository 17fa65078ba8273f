"""What customers and banks do, from the click to the answer: pay, or come late."""

from typing import Literal

from sandbox.accounts import Account
from sandbox.razorpay.entities import Entity, children, load
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.refunding import give_back
from sandbox.razorpay.terms import of_order
from sandbox.store import Db
from sandbox.transitions import Step, act, plan
from sandbox.webhooks.signing import hex_hmac_sha256

CAPTURE_SECONDS = 3 * 24 * 60 * 60  # one page says three days, another five
Outcome = Literal["captured", "authorized", "failed", "late_captured"]
# Our words: what Razorpay says to a shop that forgets `recurring` is not documented.
RECURRING_REQUIRED = "The recurring field is required when the order has token details."
ORDER_ALREADY_PAID = "Payment already done for this order."


def pay(
    happening: Happening,
    order_id: str,
    instrument: Instrument,
    outcome: Outcome | None,
    error_reason: str | None,
    even_if_paid: bool = False,
) -> Entity:
    """One attempt on an order, from the customer's click to the bank's answer. `outcome` None: as the order is set up.

    A paid order takes no further payment. `even_if_paid` is the race Razorpay warns of (two succeed at once): the second
    is authorised and refunded at once."""
    order = load(happening.db, happening.merchant.id, "order", order_id)
    if of_order(order) is not None:
        raise refused(RECURRING_REQUIRED, field="recurring")
    if not even_if_paid:
        refuse_if_taken(happening.db, order)
    payment = happening.start(order, instrument)
    settle(happening, order, payment, "failed" if instrument.always_fails else outcome, error_reason)
    happening.publish()
    return payment


def settle(happening: Happening, order: Entity, payment: Entity, outcome: Outcome | None, error_reason: str | None) -> None:
    """The bank's answer to an attempt that was started."""
    if outcome in ("failed", "late_captured"):
        happening.fail(payment, error_reason or ("payment_timed_out" if outcome == "late_captured" else "payment_failed"))
    if outcome == "late_captured":
        _succeed(happening, order, payment, capture=True, late=True)
    elif outcome != "failed":
        wants_capture = outcome == "captured" if outcome else order.hidden["capture"] == "automatic"
        _succeed(happening, order, payment, capture=wants_capture)


def come_late(happening: Happening, payment_id: str, capture: bool) -> Entity:
    """The bank answers after all: failed -> authorized, then captured (or given back when the order is paid already)."""
    payment = load(happening.db, happening.merchant.id, "payment", payment_id)
    if payment.wire["status"] != "failed":
        raise refused(f"Only a failed payment can come late; this one is {payment.wire['status']}")
    order = load(happening.db, happening.merchant.id, "order", payment.wire["order_id"])
    _succeed(happening, order, payment, capture=capture, late=True)
    happening.publish()
    return payment


def _succeed(happening: Happening, order: Entity, payment: Entity, capture: bool, late: bool = False) -> None:
    happening.authorise(payment, late=late)
    if order.wire["status"] == "paid":
        give_back(happening, payment, "second payment on a paid order")
    elif capture:
        happening.capture(order, payment)
    else:
        waits = order.hidden.get("expiry_seconds", CAPTURE_SECONDS)
        plan(happening.db, happening.merchant.id, happening.now + waits, "payment.expire", payment.id)


@act("payment.expire")
def _expire(step: Step) -> None:
    """Authorised and not captured in time: given back."""
    payment = load(step.db, step.account.id, "payment", step.entity_id)
    if payment.wire["status"] != "authorized":
        return
    happening = Happening(step.db, step.account, step.at)
    give_back(happening, payment, "not captured in time")
    happening.publish()


def refuse_if_taken(db: Db, order: Entity) -> None:
    if order.wire["status"] == "paid":
        raise refused(ORDER_ALREADY_PAID, reason="order_already_paid", metadata={"order_id": order.id})
    if any(payment.wire["status"] == "authorized" for payment in children(db, order.id, "payment")):
        raise refused(
            "A payment for this order is already authorized.",
            reason="order_payment_authorized",
            metadata={"order_id": order.id},
        )


def checkout_signature(merchant: Account, payment: Entity) -> str:
    """What the browser carries back as proof."""
    return hex_hmac_sha256(merchant.secret, f"{payment.wire['order_id']}|{payment.id}")
