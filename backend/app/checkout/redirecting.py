"""A refund that failed goes back in another way: into the customer's wallet, or by a person's hand.

The provider is asked first what became of it, and what it says is booked before anything is decided: money whose failure was
mere hearsay would go out twice. Whoever comes second finds that nothing is left to be given back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlmodel import Session

from app.checkout import refunding as refunds
from app.checkout.errors import ProviderNotAsked, RefundMoveNotAllowed
from app.core.actor import Actor
from app.core.errors import ProviderError
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import refunding
from app.payments.models import Capture
from app.payments.refund_models import Refund, RefundReason
from app.payments.refunding import RefundCall
from app.providers import registry
from app.providers.razorpay_facts import RefundFacts
from app.stores import service as stores

Destination = Literal["wallet", "by_hand"]
AGAIN_SECONDS = 30


def claim(session: Session, refund_id: UUID) -> RefundCall:
    """What the look needs. RefundNotFound; RefundMoveNotAllowed for one that the provider has nothing to do with."""
    refund = payments.get_refund(session, refund_id)
    capture = payments.get_capture(session, refund.capture_id)
    if refund.destination != "source" or capture.source != "razorpay":
        raise _refused(refund)
    account_id = payments.account_of_capture(session, capture)
    return RefundCall(refund, capture.provider_payment_id, stores.provider_account(session, "razorpay", account_id))


def look(asked: RefundCall) -> RefundFacts | None:
    """What the provider says of the refund now; None: it has no such refund. No transaction is open."""
    client, refund = registry.razorpay(asked.account.secrets), asked.refund
    if refund.provider_refund_id is not None:
        return client.fetch_refund(refund.provider_refund_id)
    return client.find_refund(asked.provider_payment_id, refund.receipt)


def note(session: Session, facts: RefundFacts | ProviderError | None, actor: Actor, now: datetime) -> RefundFacts | None:
    """Book what was seen, whatever is decided next. ProviderNotAsked where nothing was. Safe to run any number of times."""
    if isinstance(facts, ProviderError):
        raise ProviderNotAsked(retry_after_seconds=round(facts.retry_after_seconds or AGAIN_SECONDS)) from facts
    if facts is not None:
        refunds.adopt(session, facts, actor, "looked at before it is redirected", now)
    return facts


def redirect(
    session: Session,
    refund_id: UUID,
    seen: RefundFacts | None,
    to: Destination,
    reference: str,
    *,
    actor: Actor,
    now: datetime,
) -> Refund:
    """Give back in another way what this refund did not; the new refund. Into the wallet at once; `by_hand` with its
    `reference` once it is paid out, else a person pays it later. `seen`: what `look` saw a moment ago.

    Only of one that failed, or was given up and never reached the provider; RefundMoveNotAllowed says why not, also once what
    it was for has gone back already. Locks order, capture, refund, wallet.
    """
    refund, order = refunds.lock(session, refund_id)
    if order is None or (seen is not None and seen.status != "failed"):
        raise _refused(refund, provider_status=seen.status if seen else None)
    if refund.is_on_its_way and refund.work_status == "dead" and seen is None:
        refunding.fail(session, refund, "never_made", now, actor=actor, cause="the provider has no such refund")
    if refund.status != "failed":
        raise _refused(refund, provider_status=seen.status if seen else None)
    captures = payments.captures_of_order(session, order.id)
    capture = next(one for one in captures if one.id == refund.capture_id)
    amount = _left(session, order, refund, capture, captures)
    if amount <= 0:
        raise RefundMoveNotAllowed("what this refund was for has been given back in another way", present=refund.status)
    made = refunding.book(
        session,
        capture,
        amount,
        reason=cast(RefundReason, refund.reason),
        destination=to,
        reduction_id=refund.reduction_id,
        actor=actor,
        cause=f"instead of {refund.receipt}, which failed",
    )
    if to == "by_hand" and not reference:
        return made
    return refunds.pay_out_now(session, order, made, reference, actor, now)


def _left(session: Session, order: Order, refund: Refund, capture: Capture, captures: Sequence[Capture]) -> int:
    """How much of it is still to be given back: nothing where another refund is for the same."""
    others = payments.refunds_of_payment(session, refund.payment_id)
    same = [one for one in others if one.reduction_id == refund.reduction_id and one.capture_id == refund.capture_id]
    if refund.reduction_id and any(one.status != "failed" for one in same):
        return 0
    return min(refund.amount, capture.refundable_amount, refunds.overpaid_amount(session, order, captures))


def _refused(refund: Refund, **facts: str | None) -> RefundMoveNotAllowed:
    told = facts.get("provider_status")
    says = f", and {told} as the provider says," if told and told != refund.status else ""
    return RefundMoveNotAllowed(
        f"a refund to the {refund.destination.replace('_', ' ')} that is {refund.status}{says} is not redirected",
        present=refund.status,
        allowed=["failed"],
    )
