"""Whether a payment may be refunded now, in Razorpay's words."""

from typing import Any

from sandbox.razorpay import treasury
from sandbox.razorpay.entities import Entity
from sandbox.razorpay.errors import refused
from sandbox.razorpay.happening import Happening

OLDEST_SECONDS = 183 * 24 * 60 * 60  # "more than 6 months old": the day is ours
NO_FACTS: dict[str, Any] = dict.fromkeys(("source", "step", "reason"))
MORE_THAN_CAPTURED = "The refund amount provided is greater than amount captured"
FULLY_REFUNDED = "The payment has been fully refunded already"
TOO_OLD = "Refund is not supported by the bank because the payment is more than 6 months old"
# That the next two are refused with 400 is documented; their words, and the reason of the second, are assumptions.
NOT_CAPTURED = "The payment status should be captured for action to be taken"
BALANCE_TOO_LOW = (
    "Your account does not have enough balance to carry out the refund operation."
    " You can add funds to your account from your Razorpay dashboard or capture new payments."
)


def refuse_unless_allowed(happening: Happening, payment: Entity, amount: int) -> None:
    """Everything that is looked at before a refund is made."""
    facts: dict[str, Any] = {"metadata": {"payment_id": payment.id}}
    if payment.wire["amount_refunded"] >= payment.wire["amount"]:
        raise refused(FULLY_REFUNDED, **facts, **NO_FACTS)
    if not payment.wire["captured"]:
        raise refused(NOT_CAPTURED, **facts)
    if amount > payment.wire["amount"] - payment.wire["amount_refunded"]:
        raise refused(MORE_THAN_CAPTURED, field="amount", **facts, **NO_FACTS)
    if happening.now - payment.wire["created_at"] > OLDEST_SECONDS:
        raise refused(TOO_OLD, **facts, **NO_FACTS)
    balance = treasury.of(happening.db, happening.merchant.id).balance
    if balance is not None and amount > balance:
        raise refused(BALANCE_TOO_LOW, **{**facts, "reason": "insufficient_balance"})
