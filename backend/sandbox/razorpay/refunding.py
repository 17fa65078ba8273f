"""The steps a refund takes: pending, then processed or failed; and what each does to its payment.

The ledger has a row once the money went back for good, one for every refund: nothing here looks for doubles.
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox import ledger
from sandbox.ids import random_text
from sandbox.razorpay import treasury
from sandbox.razorpay.entities import Entity, insert, load, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening
from sandbox.razorpay.shapes import new_refund
from sandbox.transitions import Step, act, plan


@dataclass(frozen=True)
class Wish:
    """A refund as asked for; `why` goes into the ledger, `hidden` stays with the refund."""

    amount: int
    why: str
    speed: str = "normal"
    notes: Any = field(default_factory=list)
    receipt: str | None = None
    hidden: dict[str, Any] = field(default_factory=dict)


def start(happening: Happening, payment: Entity, wish: Wish) -> Entity:
    """Made: it counts on its payment from now on. It is processed at once where nothing says otherwise."""
    db, account = happening.db, happening.merchant.id
    setting, outcome = treasury.of(db, account), treasury.take_outcome(db, account)
    shown = new_refund(payment.wire, wish.amount, happening.now)
    shown |= {"notes": wish.notes, "receipt": wish.receipt, "speed_requested": wish.speed}
    shown |= {"speed_processed": None if wish.speed == "optimum" else "normal", "status": "pending"}
    hidden = {**wish.hidden, "why": wish.why, "outcome": outcome}
    refund = insert(db, Entity(account, "refund", payment.id, shown, hidden))
    _count(payment, wish.amount)
    save(db, payment)
    treasury.move_balance(db, account, -wish.amount)
    if setting.refund_seconds == 0 and outcome == "processed":
        _close(happening, refund, payment)
        happening.note("refund.created", refund=refund.wire, payment=payment.wire)
        _announce(happening, refund, payment)
    else:
        happening.note("refund.created", refund=refund.wire, payment=payment.wire)
        plan(db, account, happening.now + setting.refund_seconds, "refund.decide", refund.id)
    return refund


def give_back(happening: Happening, payment: Entity, reason: str) -> None:
    """Razorpay refunds by itself what may not be captured; `captured` stays false, so no revenue was undone."""
    refund = Entity(
        happening.merchant.id,
        "refund",
        payment.id,
        new_refund(payment.wire, payment.wire["amount"], happening.now),
        {"why": reason, "outcome": "processed"},
    )
    insert(happening.db, refund)
    _count(payment, payment.wire["amount"])
    save(happening.db, payment)
    _close(happening, refund, payment)
    happening.note("refund.created", refund=refund.wire, payment=payment.wire)
    _announce(happening, refund, payment)


def decide(happening: Happening, refund: Entity, outcome: treasury.Outcome, *, late: bool = False) -> None:
    """The bank has answered; each refund is decided once. `late`: the bank sends one back that had gone out."""
    if refund.wire["status"] != ("processed" if late else "pending"):
        raise refused(f"The refund is {refund.wire['status']} already")
    payment = load(happening.db, refund.account, "payment", str(refund.parent))
    if late:
        amount, why = -refund.wire["amount"], "sent back by the bank"
        ledger.append(happening.db, refund.account, "refund", payment.id, payment.parent, refund.id, amount, why, happening.now)
    if outcome == "processed":
        refund.wire["acquirer_data"] = {"arn": random_text(23)}
        _close(happening, refund, payment)
        _announce(happening, refund, payment)
    else:
        _fail(happening, refund, payment)


@act("refund.decide")
def _decide_in_time(step: Step) -> None:
    refund = load(step.db, step.account.id, "refund", step.entity_id)
    if refund.wire["status"] != "pending":
        return  # decided by hand meanwhile
    happening = Happening(step.db, step.account, step.at)
    decide(happening, refund, refund.hidden["outcome"])
    happening.publish()


def _close(happening: Happening, refund: Entity, payment: Entity) -> None:
    """Processed: the money went back."""
    instant = refund.wire["speed_requested"] == "optimum" and treasury.of(happening.db, refund.account).instant
    refund.wire.update(status="processed", speed_processed="instant" if instant else "normal")
    save(happening.db, refund)
    amount, why = refund.wire["amount"], refund.hidden["why"]
    ledger.append(happening.db, refund.account, "refund", payment.id, payment.parent, refund.id, amount, why, happening.now)


def _announce(happening: Happening, refund: Entity, payment: Entity) -> None:
    if (refund.wire["speed_requested"], refund.wire["speed_processed"]) == ("optimum", "normal"):
        happening.note("refund.speed_changed", refund=refund.wire, payment=payment.wire)
    happening.note("refund.processed", refund=refund.wire, payment=payment.wire)


def _fail(happening: Happening, refund: Entity, payment: Entity) -> None:
    """The amount is the merchant's again, and may be refunded anew."""
    refund.wire["status"] = "failed"
    save(happening.db, refund)
    treasury.move_balance(happening.db, refund.account, refund.wire["amount"])
    if treasury.of(happening.db, refund.account).failed_restores:
        _count(payment, -refund.wire["amount"])
        save(happening.db, payment)
    happening.note("refund.failed", refund=refund.wire, payment=payment.wire)


def _count(payment: Entity, amount: int) -> None:
    refunded = payment.wire["amount_refunded"] + amount
    is_whole = refunded >= payment.wire["amount"]
    payment.wire.update(
        amount_refunded=refunded,
        refund_status="full" if is_whole else "partial" if refunded else None,
        status="refunded" if is_whole else "captured",
    )
