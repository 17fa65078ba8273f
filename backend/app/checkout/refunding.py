"""What is over-paid goes back, by one rule: paid − given back − (total − what is no longer owed).

Whatever makes an order over-paid (a cancellation, a line less, a lighter pack, a return, a second or a late payment) ends here,
so there is one place where a refund is decided on, under the order's lock. Running it twice does nothing the second time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.checkout import documenting, notifying
from app.checkout.errors import CaptureUnknown, RefundMoveNotAllowed
from app.core.actor import Actor, provider
from app.core.errors import ProviderError, Refusal
from app.core.logging import get_logger
from app.ledger import service as ledger
from app.orders import queries as orders
from app.orders.models import Order
from app.orders.reducing import Terms
from app.orders.reduction_models import Reduction
from app.payments import disputes, refunding
from app.payments import queries as payments
from app.payments.models import Capture
from app.payments.refund_models import Refund, RefundReason, RefundTo
from app.payments.refunding import RefundCall, Refused
from app.providers.razorpay_facts import RefundFacts
from app.wallets import service as wallets

log = get_logger(__name__)


def overpaid_amount(session: Session, order: Order, captures: Sequence[Capture]) -> int:
    """Paise that were paid and are not owed; negative while something is still to be paid. A cancelled order owes nothing.

    What a bank took out of our hands in a dispute is with its customer, or waits to be decided: it does not go back once more.
    """
    owed = 0 if order.status == "cancelled" else order.owed_amount
    kept = sum(capture.refundable_amount for capture in captures)
    return kept - (disputes.deducted_of(session, [capture.id for capture in captures]) if kept > owed else 0) - owed


def settle_balance(session: Session, order: Order, actor: Actor, cause: str, now: datetime) -> list[Refund]:
    """Start a refund of whatever is over-paid; those it started. The caller holds the order's lock. Safe to run twice.

    Each reduction goes back where it says; what nobody owed (paid twice, paid too late) goes back to where it came from.
    """
    captures = payments.captures_of_order(session, order.id)
    left = overpaid_amount(session, order, captures)
    if left <= 0:
        return []
    started = list[Refund]()
    for reduction in _unsettled(session, order):
        for part in _of_reduction(session, reduction, captures, min(left, reduction.amount), actor, cause):
            started.append(part)
            left -= part.amount
    for capture in sorted(captures, key=lambda one: one.is_counted):
        amount = min(left, capture.refundable_amount)
        if amount > 0:
            reason: RefundReason = "paid_late" if capture.is_counted else "paid_twice"
            refund = refunding.book(
                session, capture, amount, reason=reason, destination=_way_back(capture, amount), actor=actor, cause=cause
            )
            started.append(refund)
            left -= amount
    for refund in started:
        _pay_out_at_once(session, order, refund, actor, now)
    return started


def _unsettled(session: Session, order: Order) -> list[Reduction]:
    """Reductions for which no money goes or went back, the newest first: what was given up before an order was paid only
    lowered its price, so that what is over-paid belongs to the later ones.
    """
    payment = payments.of_order(session, order.id)
    live = [one for one in payments.refunds_of_payment(session, payment.id) if one.status != "failed"] if payment else []
    settled = {refund.reduction_id for refund in live}
    return [one for one in reversed(orders.reductions(session, order.id)) if one.amount and one.id not in settled]


def _of_reduction(
    session: Session, reduction: Reduction, captures: Sequence[Capture], amount: int, actor: Actor, cause: str
) -> list[Refund]:
    """One refund as a rule: an order is paid by one payment. What was paid in parts goes back in parts."""
    started = list[Refund]()
    for capture in captures:
        part = min(amount, capture.refundable_amount)
        if part <= 0:
            continue
        refund = refunding.book(
            session,
            capture,
            part,
            reason="reduction",
            destination="wallet" if reduction.refund_to == "wallet" else _way_back(capture, part),
            reduction_id=reduction.id,
            actor=actor,
            cause=cause,
        )
        started.append(refund)
        amount -= part
    return started


def _way_back(capture: Capture, amount: int) -> RefundTo:
    """Cash and bank transfers go back by a person's hand, and paise that the provider does not move into the wallet."""
    if capture.source == "razorpay" and amount < refunding.MIN_AMOUNT:
        return "wallet"
    return "source" if capture.source in ("razorpay", "wallet") else "by_hand"


def _pay_out_at_once(session: Session, order: Order, refund: Refund, actor: Actor, now: datetime) -> None:
    """Into the wallet, where the money goes there, or came from there."""
    capture = payments.get_capture(session, refund.capture_id)
    if refund.destination == "wallet" or (refund.destination == "source" and capture.source == "wallet"):
        wallets.refund(session, order.customer_id, refund, now, actor)
        _went_back(session, order, refund, actor, now)


def _went_back(session: Session, order: Order, refund: Refund, actor: Actor, now: datetime) -> None:
    """The money is on its way out of our hands: the credit note, and a word to the customer."""
    documenting.credit_refund(session, order, refund, actor, now)
    notifying.refund_sent(session, order, refund)


def _has_gone(session: Session, order: Order, refund: Refund, actor: Actor, now: datetime) -> None:
    """The provider has sent it: that stands in the books whatever keeps its credit note back; a check names that one."""
    try:
        with session.begin_nested():
            documenting.credit_refund(session, order, refund, actor, now)
    except Refusal as refusal:
        log.error("credit_note_not_issued", refund_id=str(refund.id), code=refusal.code, reason=refusal.detail)
    notifying.refund_sent(session, order, refund)


def claim(session: Session, refund_id: UUID) -> RefundCall | None:
    return refunding.claim(session, refund_id)


def settle(session: Session, asked: RefundCall, outcome: RefundFacts | Refused | ProviderError, now: datetime) -> str:
    """Record what the provider said of a refund; its status. Locks order, capture, refund, as everything about it does."""
    order = _order_of(session, asked.refund)
    payments.capture_locked(session, asked.refund.capture_id)
    before = asked.refund.status
    refund = refunding.settle(session, asked, outcome, now)
    if refund.status == "processed" and before == "pending" and order is not None:
        _has_gone(session, order, refund, provider("razorpay"), now)
    return refund.status


def adopt(session: Session, facts: RefundFacts, actor: Actor, cause: str, now: datetime) -> Refund:
    """What the provider says of a refund, ours or one made in its dashboard. Safe to run any number of times.

    A refund that nobody here asked for lowers what is owed of the order, or takes the place of one of ours that waits for the
    same money. One that went out and was sent back has failed, and waits for a person like any other that did.
    CaptureUnknown: its payment is not in the books (yet), or was never captured.
    """
    capture = payments.capture(session, facts.payment_id)
    if capture is None:
        raise CaptureUnknown(f"no captured payment of ours is {facts.payment_id}")
    order_id = payments.order_id_of_payment(session, capture.payment_id)
    order = orders.get_locked(session, order_id) if order_id else None
    capture = payments.capture_locked(session, capture.id)
    refund = _find(session, facts, capture)
    if refund is None:
        refund = _made_there(session, order, capture, facts, actor, cause, now)
    before = refund.status
    is_news = refunding.apply_facts(session, refund, facts, actor, cause, now)
    if is_news and refund.status == "processed" and order is not None:
        _has_gone(session, order, refund, actor, now)
    top_up_id = payments.get(session, capture.payment_id).top_up_id
    if top_up_id and is_news and refund.status == "processed":
        wallets.take_back(session, top_up_id, refund, actor, now)
    elif top_up_id and is_news and before == "processed":
        wallets.put_back(session, top_up_id, refund, actor, now)
    return refund


def _find(session: Session, facts: RefundFacts, capture: Capture) -> Refund | None:
    """By the provider's id, by our receipt, else one of ours of the same money that the provider has not taken yet."""
    found = payments.refund_at_provider(session, facts.id)
    for key in (facts.receipt, facts.key):
        found = found or (payments.refund_by_receipt(session, key) if key else None)
    if found is None:
        waits = payments.refunds_not_taken(session, capture.id, facts.amount)
        found = waits[0] if waits else None
    return payments.refund_locked(session, found.id) if found else None


def _made_there(
    session: Session, order: Order | None, capture: Capture, facts: RefundFacts, actor: Actor, cause: str, now: datetime
) -> Refund:
    """Somebody gave it back in the provider's dashboard, or tried to."""
    made = list[Reduction]()
    if order is not None and facts.status != "failed":
        made = _given_up_by_it(session, order, capture, facts.amount, actor, cause)
        for further in made[1:]:  # of other documents than the first, which the refund itself is for
            documenting.credit(session, order, further, actor, now)
    return refunding.book(
        session,
        capture,
        facts.amount,
        reason="made_at_provider",
        reduction_id=made[0].id if made else None,
        actor=actor,
        cause=f"{cause}, {facts.id}",
        is_made=True,
    )


def _given_up_by_it(session: Session, order: Order, capture: Capture, amount: int, actor: Actor, cause: str) -> list[Reduction]:
    """What the refund is for: what is over-paid, for one of ours has failed; beyond that, what is owed falls by as much."""
    excess = max(0, overpaid_amount(session, order, payments.captures_of_order(session, order.id)))
    if amount <= excess:
        return [one for one in _unsettled(session, order) if one.amount == amount][:1]
    if order.status == "cancelled" or not capture.is_counted:
        return []
    return documenting.spread(session, order, amount - excess, Terms("made_at_provider"), actor, cause)


def _order_of(session: Session, refund: Refund) -> Order | None:
    order_id = payments.order_id_of_payment(session, refund.payment_id)
    return orders.get_locked(session, order_id) if order_id else None


def pay_out(session: Session, refund_id: UUID, reference: str, *, actor: Actor, now: datetime) -> Refund:
    """A person paid a refund out by hand. RefundNotFound, RefundMoveNotAllowed, also for the second time."""
    refund, order = lock(session, refund_id)
    if refund.destination != "by_hand" or not refund.is_on_its_way:
        raise RefundMoveNotAllowed(f"a refund to the {refund.destination} that is {refund.status} is not paid out by hand")
    return pay_out_now(session, order, refund, reference, actor, now)


def pay_out_now(session: Session, order: Order | None, refund: Refund, reference: str, actor: Actor, now: datetime) -> Refund:
    """A refund that is not the provider's goes out: into the wallet, or a person has paid it. The caller holds the locks."""
    if refund.destination == "by_hand":
        refunding.finish(session, refund, now, credit=ledger.BANK, actor=actor, cause=f"paid out: {reference}")
        if order is not None:
            _went_back(session, order, refund, actor, now)
    elif order is not None:
        _pay_out_at_once(session, order, refund, actor, now)
    return refund


def retry(session: Session, refund_id: UUID, *, actor: Actor, now: datetime) -> list[Refund]:
    """Start again what is still over-paid where a refund failed. RefundNotFound, RefundMoveNotAllowed. Safe to run twice."""
    refund, order = lock(session, refund_id)
    if refund.status != "failed" or order is None:
        raise RefundMoveNotAllowed(f"a refund that is {refund.status} is not tried again")
    return settle_balance(session, order, actor, f"again, after {refund.receipt} failed", now)


def lock(session: Session, refund_id: UUID) -> tuple[Refund, Order | None]:
    """The order's lock first, then the refund's."""
    order = _order_of(session, payments.get_refund(session, refund_id))
    return payments.refund_locked(session, refund_id), order
