"""The cycles of a subscription: each is invoiced and charged where it begins, tried again for three days, then left halted."""

from typing import Any

from sandbox.razorpay import changing, invoicing
from sandbox.razorpay.banking import Outcome
from sandbox.razorpay.entities import Entity, load, save
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.instruments import Instrument
from sandbox.razorpay.periods import edge
from sandbox.razorpay.subscribing import FINAL, become, end, plan_edge, tell
from sandbox.transitions import Step, act, plan

DAY_SECONDS = 24 * 60 * 60
TRIES = 4  # on the day, and on each of the three after it
DESCRIPTION = "Recurring Payment via Subscription"


@act("subscription.edge")
def _edge(step: Step) -> None:
    subscription = load(step.db, step.account.id, "subscription", step.entity_id)
    if subscription.wire["status"] in FINAL or subscription.hidden["edge_at"] != step.at:
        return
    happening = Happening(step.db, step.account, step.at)
    if subscription.hidden.get("cancels_at_edge"):
        end(happening, subscription, "cancelled")
    elif subscription.hidden["begun"] == subscription.wire["total_count"]:
        end(happening, subscription, "completed")
    else:
        _begin(happening, subscription)
    happening.publish()


@act("subscription.retry")
def _retry(step: Step) -> None:
    subscription = load(step.db, step.account.id, "subscription", step.entity_id)
    if subscription.wire["status"] == "pending" and subscription.hidden["retry_at"] == step.at:
        happening = Happening(step.db, step.account, step.at)
        charge(happening, subscription, load(step.db, step.account.id, "invoice", subscription.hidden["invoice_id"]))
        happening.publish()


def _begin(happening: Happening, subscription: Entity) -> None:
    """Paused: the cycle passes without an invoice and is not made up for (our reading). Halted: invoiced and not charged."""
    changing.apply_scheduled(happening, subscription)
    open_cycle(happening, subscription)
    status = subscription.wire["status"]
    if status == "paused":
        return
    invoice = bill(happening, subscription)
    if status == "authenticated":
        become(happening, subscription, "active")
        tell(happening, subscription, "activated")
    if status != "halted":
        charge(happening, subscription, invoice)


def open_cycle(happening: Happening, subscription: Entity) -> None:
    """The next cycle is the current one; its dates follow from the start and its number alone."""
    its_plan, number, shown = _plan(happening, subscription).wire, subscription.hidden["begun"], subscription.wire
    current_start, current_end = (
        edge(shown["start_at"], its_plan["period"], its_plan["interval"], which) for which in (number, number + 1)
    )
    subscription.hidden["begun"] = number + 1
    shown.update(current_start=current_start, current_end=current_end, remaining_count=shown["total_count"] - number - 1)
    shown["charge_at"] = current_end if shown["remaining_count"] else None
    plan_edge(happening.db, subscription, current_end)


def bill(happening: Happening, subscription: Entity, addons: list[dict[str, Any]] | None = None) -> Entity:
    """The invoice of the current cycle, which is the one that is charged from now on."""
    item, shown = _plan(happening, subscription).wire["item"], subscription.wire
    lines = [(item["name"], item["amount"], shown["quantity"])]
    lines += [(addon["name"], addon["amount"], addon["quantity"]) for addon in addons or []]
    invoice = invoicing.issue(happening, subscription, lines, shown["current_start"], shown["current_end"])
    subscription.hidden.update(invoice_id=invoice.id, tries=0)
    save(happening.db, subscription)
    return invoice


def charge(happening: Happening, subscription: Entity, invoice: Entity) -> Entity:
    """One try, with what was planned for it; unplanned it succeeds."""
    order = load(happening.db, invoice.account, "order", invoice.wire["order_id"])
    payment = attempt(happening, subscription, order, invoice)
    outcomes = subscription.hidden["outcomes"]
    planned: Outcome = outcomes.pop(0) if outcomes else "captured"
    if isinstance(planned, dict):
        happening.fail(payment, planned["failed"])
        _failed(happening, subscription, payment)
    else:
        settle(happening, subscription, invoice, order, payment)
    return payment


def attempt(happening: Happening, subscription: Entity, order: Entity, invoice: Entity | None) -> Entity:
    """A payment on its way, by what the customer approved."""
    return happening.start(
        order,
        Instrument(**subscription.hidden["instrument"]),
        invoice_id=invoice and invoice.id,
        customer_id=subscription.wire["customer_id"],
        token_id=None,
        description=DESCRIPTION,
    )


def settle(happening: Happening, subscription: Entity, invoice: Entity, order: Entity, payment: Entity) -> None:
    """The money is there: five events tell of it. Whatever was halted or pending goes on; the last cycle completes it."""
    happening.authorise(payment)
    happening.capture(order, payment)
    invoicing.paid(happening, invoice, payment)
    shown = subscription.wire
    before = shown["status"]
    shown.update(paid_count=shown["paid_count"] + 1, auth_attempts=0)
    become(happening, subscription, "active")
    if before != "active":
        tell(happening, subscription, "activated", payment)
    tell(happening, subscription, "charged", payment)
    if not shown["remaining_count"] and invoice.id == subscription.hidden["invoice_id"]:
        end(happening, subscription, "completed")


def remembered(instrument: Instrument) -> dict[str, str]:
    return {**instrument.remembered(), "email": instrument.email, "contact": instrument.contact}


def _failed(happening: Happening, subscription: Entity, payment: Entity) -> None:
    tries = subscription.hidden["tries"] = subscription.hidden["tries"] + 1
    if tries == TRIES:
        become(happening, subscription, "halted", auth_attempts=tries)
        tell(happening, subscription, "halted", payment)
        return
    retry_at = subscription.hidden["retry_at"] = happening.now + DAY_SECONDS
    plan(happening.db, subscription.account, retry_at, "subscription.retry", subscription.id)
    become(happening, subscription, "pending", auth_attempts=tries)
    tell(happening, subscription, "pending", payment)


def _plan(happening: Happening, subscription: Entity) -> Entity:
    return load(happening.db, subscription.account, "plan", subscription.wire["plan_id"])
