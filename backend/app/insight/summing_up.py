"""An order in a few sentences, for somebody on the phone: what was paid, what is no longer owed, where the money is."""

from collections.abc import Iterator, Sequence

from app.insight.order_facts import WHERE_TO, OrderFacts, words
from app.notifications.models import Message
from app.payments.refund_models import Refund

WHY_BACK = {
    "reduction": "no longer owed",
    "paid_twice": "paid twice",
    "paid_late": "paid for an order that was over",
    "approval": "the approval of a mandate",
    "made_at_provider": "given back in the provider's dashboard",
}
WAITS = {"insufficient_balance": "it waits until the shop tops up its balance at the provider"}


def summary(about: OrderFacts, messages: Sequence[Message]) -> str:
    """From stored facts alone; says nothing of what did not happen."""
    order = about.order
    paid = [f"{about.money(one.amount)} by {one.method or 'card'} ({one.provider_payment_id})" for one in about.captures]
    told = [f"{message.channel} {message.status}" for message in messages]
    sentences = [
        f"Order {order.number} of {about.money(order.total_amount)} is {words(order.status)}"
        f"{_why_cancelled(about)}, {'paid: ' + ' and '.join(paid) if paid else order.payment_status}",
        *_reduced(about),
        *_refunds(about, "processed", "Given back"),
        *_refunds(about, "pending", "On its way back"),
        *_refunds(about, "failed", "Could not be given back"),
        *(f"A dispute over {about.money(one.amount)} is {words(one.status)}" for one in about.disputes),
        f"{'Messages: ' + ', '.join(told) if told else 'No message was sent'}",
    ]
    return "".join(f"{sentence}. " for sentence in sentences).strip()


def _why_cancelled(about: OrderFacts) -> str:
    reason = about.order.cancel_reason
    return "" if reason is None else " (not paid in time)" if reason == "expired" else f" (by {reason})"


def _reduced(about: OrderFacts) -> Iterator[str]:
    if about.reductions:
        parts = ", ".join(f"{about.money(one.amount)} {words(one.reason)}" for one in about.reductions)
        yield f"No longer owed: {parts}; {about.money(about.order.owed_amount)} is left to pay for"


def _refunds(about: OrderFacts, status: str, verb: str) -> Iterator[str]:
    some = [one for one in about.refunds if one.status == status]
    if some:
        yield f"{verb}: {', '.join(_refund(about, one) for one in some)}"


def _refund(about: OrderFacts, refund: Refund) -> str:
    known = f", {refund.provider_refund_id}" if refund.provider_refund_id else ""
    waits = f"; {WAITS.get(refund.failure_reason, words(refund.failure_reason))}" if refund.failure_reason else ""
    return f"{about.money(refund.amount)} {WHERE_TO[refund.destination]} ({WHY_BACK[refund.reason]}{known}{waits})"
