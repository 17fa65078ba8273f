"""The life of a dispute: a customer's bank asks for a payment back, and decides.

Where the bank asks that the amount be held from the start, it is deducted when the dispute opens and comes back when it
is won or closed; else it is deducted when it is lost. That each deduction is an adjustment of the balance is our reading.
"""

from typing import Any, Literal

from sandbox.ids import razorpay_id
from sandbox.razorpay.adjusting import adjust
from sandbox.razorpay.entities import Entity, insert, load, save
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening

Phase = Literal["fraud", "retrieval", "chargeback", "pre_arbitration", "arbitration"]
Verdict = Literal["under_review", "action_required", "won", "lost", "closed"]
ENDED = ("won", "lost", "closed")
# The event "action_required" has no status of its own among those documented: the dispute is open again, an assumption.
STATUS = {"action_required": "open"}
EVIDENCE = (
    "shipping_proof", "billing_proof", "cancellation_proof", "customer_communication", "proof_of_service",
    "explanation_letter", "refund_confirmation", "access_activity_log", "refund_cancellation_policy", "term_and_conditions",
    "others", "submitted_at",
)  # fmt: skip


def open_on(
    happening: Happening, payment: Entity, amount: int | None, reason_code: str, phase: Phase, respond_by: int, deduct: bool
) -> Entity:
    """On a captured payment, of at most its amount; None: all of it."""
    if not payment.wire["captured"]:
        raise refused("Only a captured payment can be disputed.")
    amount = payment.wire["amount"] if amount is None else amount
    if not 0 < amount <= payment.wire["amount"]:
        raise refused("A dispute is of at most the amount of its payment.", field="amount")
    dispute: dict[str, Any] = {
        "id": razorpay_id("disp"),
        "entity": "dispute",
        "payment_id": payment.id,
        "amount": amount,
        "currency": payment.wire["currency"],
        "amount_deducted": 0,
        "reason_code": reason_code,
        "reason_description": reason_code.replace("_", " ").capitalize(),
        "respond_by": respond_by,
        "status": "open",
        "phase": phase,
        "created_at": happening.now,
    }
    entity = insert(happening.db, Entity(happening.merchant.id, "dispute", payment.id, dispute))
    if deduct:
        _deduct(happening, entity)
    happening.note("payment.dispute.created", payment=payment.wire, dispute=entity.wire)
    return entity


def decide(happening: Happening, dispute: Entity, verdict: Verdict) -> None:
    if dispute.wire["status"] in ENDED:
        raise refused(f"The dispute is {dispute.wire['status']} already")
    deducted = dispute.wire["amount_deducted"]
    if verdict == "lost" and not deducted:
        _deduct(happening, dispute)
    if verdict in ("won", "closed") and deducted:
        dispute.wire["amount_deducted"] = 0
        adjust(happening, deducted, f"Dispute {verdict}", dispute.id)
    dispute.wire["status"] = STATUS.get(verdict, verdict)
    save(happening.db, dispute)
    payment = load(happening.db, dispute.account, "payment", str(dispute.parent))
    happening.note(f"payment.dispute.{verdict}", payment=payment.wire, dispute=dispute.wire)


def with_evidence(dispute: Entity) -> dict[str, Any]:
    """As the API shows it, unlike the webhooks: nobody here ever submits any evidence."""
    return {
        **dispute.wire,
        "evidence": {"amount": dispute.wire["amount"], "summary": None, **dict.fromkeys(EVIDENCE)},
    }


def _deduct(happening: Happening, dispute: Entity) -> None:
    dispute.wire["amount_deducted"] = dispute.wire["amount"]
    save(happening.db, dispute)
    adjust(happening, -dispute.wire["amount"], "Dispute deduction", dispute.id)
