"""The customer's approval of a subscription: a first payment that is kept, or a small one that goes back by itself."""

from typing import Any

from sandbox.ids import razorpay_id
from sandbox.razorpay import cycling, invoicing
from sandbox.razorpay.entities import Entity, insert, load, one_of, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.new_subscriptions import last_edge
from sandbox.razorpay.refunding import give_back
from sandbox.razorpay.subscribing import become, end, plan_edge, tell
from sandbox.transitions import Step, act, plan

TOKEN_AMOUNT = 500  # paise; "a small amount" say the pages
DECLINED = "payment_cancelled"
METHODS = ("upi", "card")
SAME_PERSON = (
    "kind = 'customer' AND account = ? AND json_extract(wire, '$.contact') IS ? AND json_extract(wire, '$.email') IS ?"
)


def expire_in_time(happening: Happening, subscription: Entity) -> None:
    """Nobody who has not approved by its start, or by `expire_by`, can do so any more."""
    limits = [at for at in (subscription.wire["start_at"], subscription.wire["expire_by"]) if at is not None]
    if limits:
        plan(happening.db, subscription.account, min(limits), "subscription.expire", subscription.id)


@act("subscription.expire")
def _expire(step: Step) -> None:
    subscription = load(step.db, step.account.id, "subscription", step.entity_id)
    if subscription.wire["status"] == "created":
        end(Happening(step.db, step.account, step.at), subscription, "expired")


def amount_now(happening: Happening, subscription: Entity) -> tuple[int, bool]:
    """What the approval charges, and whether the merchant keeps it."""
    addons = sum(addon["amount"] * addon["quantity"] for addon in subscription.hidden["addons"])
    if subscription.wire["start_at"] is not None:
        return (addons, True) if addons else (TOKEN_AMOUNT, False)
    item = load(happening.db, subscription.account, "plan", subscription.wire["plan_id"]).wire["item"]
    return item["amount"] * subscription.wire["quantity"] + addons, True


def authenticate(happening: Happening, subscription: Entity, instrument: Instrument, error_reason: str | None) -> Entity:
    """One try; returns its payment. Declined (with a reason), the subscription stays as it was and may be tried again."""
    status = subscription.wire["status"]
    if status != "created":
        raise refused(f"Subscription cannot be authenticated in {status} status.")
    if instrument.method not in METHODS:
        raise refused("The payment method is not one of those for subscriptions", field="method")
    subscription.hidden["instrument"] = cycling.remembered(instrument)
    if instrument.always_fails or error_reason:
        payment = _declined(happening, subscription, error_reason or DECLINED)
    else:
        person = _customer(happening, instrument)
        shown = {"payment_method": instrument.method, "customer_email": instrument.email, "customer_id": person.id}
        subscription.wire.update(shown)
        at_once = subscription.wire["start_at"] is None
        payment = _start_now(happening, subscription) if at_once else _start_later(happening, subscription)
    happening.publish()
    return payment


def _declined(happening: Happening, subscription: Entity, reason: str) -> Entity:
    payment = cycling.attempt(
        happening, subscription, invoicing.new_order(happening, amount_now(happening, subscription)[0]), None
    )
    happening.fail(payment, reason)
    subscription.wire["auth_attempts"] += 1
    save(happening.db, subscription)
    return payment


def _start_now(happening: Happening, subscription: Entity) -> Entity:
    """The first cycle begins with the approval, whose payment is that cycle's."""
    its_plan, now = load(happening.db, subscription.account, "plan", subscription.wire["plan_id"]), happening.now
    end_at = last_edge(its_plan, now, subscription.wire["total_count"])
    subscription.wire.update(start_at=now, end_at=end_at)
    cycling.open_cycle(happening, subscription)
    invoice = cycling.bill(happening, subscription, subscription.hidden["addons"])
    order = load(happening.db, subscription.account, "order", invoice.wire["order_id"])
    payment = cycling.attempt(happening, subscription, order, invoice)
    become(happening, subscription, "authenticated")
    tell(happening, subscription, "authenticated", payment)
    cycling.settle(happening, subscription, invoice, order, payment)
    return payment


def _start_later(happening: Happening, subscription: Entity) -> Entity:
    """Add-ons are kept; without any, a token amount is authorised, not captured (our reading), and given back at once."""
    amount, is_kept = amount_now(happening, subscription)
    order = invoicing.new_order(happening, amount)
    payment = cycling.attempt(happening, subscription, order, None)
    happening.authorise(payment)
    if is_kept:
        happening.capture(order, payment)
    else:
        give_back(happening, payment, "authentication of a subscription")
    become(happening, subscription, "authenticated")
    plan_edge(happening.db, subscription, subscription.wire["start_at"])
    tell(happening, subscription, "authenticated", payment)
    return payment


def _customer(happening: Happening, instrument: Instrument) -> Entity:
    """Razorpay makes the customer by itself, or knows them."""
    account = happening.merchant.id
    known = one_of(happening.db, SAME_PERSON, (account, instrument.contact, instrument.email))
    if known is not None:
        return known
    person: dict[str, Any] = {
        "id": razorpay_id("cust"),
        "entity": "customer",
        "name": None,
        "email": instrument.email,
        "contact": instrument.contact,
        "gstin": None,
        "notes": [],
        "created_at": happening.now,
    }
    return insert(happening.db, Entity(account, "customer", None, person))
