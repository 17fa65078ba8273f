"""Giving money back: claim, call, settle. Safe to run twice, and after any crash.

The refund's receipt is committed before the call and is the provider's idempotency key, so a repeat finds the first; a call
whose outcome is unknown is looked up all the same, for nobody promises how long such a key lives. Accepted is not refunded:
it stays pending until the provider says that it went out. Razorpay: api/refunds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.core.ids import new_id
from app.core.work import defer
from app.core.work_columns import MAX_BACKOFF_SECONDS
from app.core.work_rows import claim_one, hold, settle_done, settle_failed, settle_later, settle_unknown
from app.ledger import service as ledger
from app.payments import queries
from app.payments.errors import NotRefundable
from app.payments.models import Capture
from app.payments.refund_models import Refund, RefundReason, RefundTo
from app.payments.service import account_of
from app.providers import registry
from app.providers.razorpay_facts import RefundFacts
from app.stores import service as stores
from app.stores.service import Account

LOOK_SECONDS, LATER_SECONDS = 60.0, MAX_BACKOFF_SECONDS  # most are processed at once; a normal one may take the bank days
FRESH = timedelta(minutes=10)
UNKNOWN_SECONDS = 10.0  # a call that timed out may still arrive: not sooner
MIN_AMOUNT = 100  # paise; Razorpay: the least amount of a payment, and so of its parts (api/orders/create)
SENT_BACK = "sent_back"  # processed first, and failed all the same
TOP_UP = "insufficient_balance"  # the account at the provider is too low: it waits until somebody tops it up


@dataclass(frozen=True)
class RefundCall:
    """What the call needs; the transaction that made it is committed."""

    refund: Refund
    provider_payment_id: str
    account: Account


@dataclass(frozen=True)
class Refused:
    """The provider will not give it back; what it gave back of this payment already may say why."""

    error: Rejected
    others: Sequence[RefundFacts]


def book(
    session: Session,
    capture: Capture,
    amount: int,
    *,
    reason: RefundReason,
    actor: Actor,
    cause: str,
    destination: RefundTo = "source",
    reduction_id: UUID | None = None,
    is_made: bool = False,
) -> Refund:
    """Decide that `amount` of the capture goes back; it counts as given back from now on. NotRefundable for more than is left.

    The caller holds the order's lock; locks the capture. Only a refund of the provider's payment is work for a worker: a wallet
    is credited at once by who calls this, and what goes back by hand waits for a person. `is_made`: the provider did it, so it
    is booked even where more went back than came in; that is for a person to see (`refunds_over_capture`).
    """
    capture = queries.capture_locked(session, capture.id)
    if not 0 < amount <= capture.refundable_amount and not is_made:
        raise NotRefundable(refundable_amount=capture.refundable_amount, currency=capture.currency)
    refund_id, is_asked = new_id(), destination == "source" and capture.source == "razorpay" and not is_made
    nothing_to_ask: dict[str, Any] = {} if is_asked else {"work_status": "done", "settled_at": machine_now()}
    refund = Refund(
        store_id=capture.store_id,
        id=refund_id,
        payment_id=capture.payment_id,
        capture_id=capture.id,
        reduction_id=reduction_id,
        amount=amount,
        currency=capture.currency,
        destination=destination,
        reason=reason,
        receipt=f"rf_{refund_id.hex}",
        **nothing_to_ask,
    )
    session.add(refund)
    _count(session, capture)
    record(session, actor, "refund.started", refund, {"amount": [None, amount], "to": [None, destination]}, cause=cause)
    if is_asked:
        defer(session, "send_refund", refund.id)
    return refund


def _count(session: Session, capture: Capture) -> None:
    """Of a capture as much is given back as its refunds come to that did not fail; never more than all of it."""
    session.flush()
    capture.refunded_amount = min(capture.amount, queries.amount_going_back(session, capture.id))
    session.add(capture)
    session.flush()


def claim(session: Session, refund_id: UUID) -> RefundCall | None:
    """Take the refund under a lease; None when it is done, taken, or not due."""
    refund = claim_one(session, Refund, refund_id)
    if refund is None:
        return None
    if not refund.is_on_its_way:
        settle_done(session, refund)
        return None
    capture = queries.get_capture(session, refund.capture_id)
    account_id = queries.account_of_capture(session, capture)
    return RefundCall(refund, capture.provider_payment_id, stores.provider_account(session, "razorpay", account_id))


def call(asked: RefundCall) -> RefundFacts | Refused:
    """Ask for the refund, or look at what became of it. No transaction is open."""
    client, refund = registry.razorpay(asked.account.secrets), asked.refund
    if refund.provider_refund_id is not None:
        return client.fetch_refund(refund.provider_refund_id)
    if refund.call_outcome_unknown and (found := client.find_refund(asked.provider_payment_id, refund.receipt)):
        return found
    try:
        return client.refund(asked.provider_payment_id, refund.amount, refund.receipt, notes={"refund": str(refund.id)})
    except Rejected as error:
        return Refused(error, client.refunds_of_payment(asked.provider_payment_id))


def settle(session: Session, asked: RefundCall, outcome: RefundFacts | Refused | ProviderError, now: datetime) -> Refund:
    """Record what the provider said. LeaseLost for a late holder: nothing is written. The caller holds the order's lock."""
    refund = hold(session, asked.refund)
    if isinstance(outcome, Refused):
        taken = queries.known_refunds(session, [other.id for other in outcome.others])
        live = [one for one in outcome.others if one.status != "failed" and one.id not in taken]
        twin = next((one for one in live if one.amount == refund.amount), None)
        if twin is None:
            fail(session, refund, outcome.error.reason, now)
            settle_failed(session, refund, outcome.error, final=True)
            return refund
        outcome = twin  # somebody gave this very money back at the provider meanwhile
    if isinstance(outcome, RefundFacts):
        apply_facts(session, refund, outcome, SYSTEM, f"receipt {refund.receipt}", now)
        if refund.is_on_its_way:
            is_fresh = machine_now() - refund.created_at < FRESH
            settle_later(session, refund, LOOK_SECONDS if is_fresh else LATER_SECONDS)
        else:
            settle_done(session, refund)
    elif isinstance(outcome, Unknown):
        settle_unknown(session, refund, outcome, look_up_in_seconds=UNKNOWN_SECONDS)
    else:
        _try_again(session, refund, outcome)
    return refund


def _try_again(session: Session, refund: Refund, error: ProviderError) -> None:
    """The provider is away, or its account too low: no try is used up. A look that was refused says nothing about the money."""
    low = isinstance(error, Unavailable) and error.reason == TOP_UP
    refund.failure_reason = TOP_UP if low else None
    wait = MAX_BACKOFF_SECONDS if low or isinstance(error, Rejected) else error.retry_after_seconds
    settle_failed(session, refund, error, counts=False, wait_seconds=wait)


def apply_facts(session: Session, refund: Refund, facts: RefundFacts, actor: Actor, cause: str, now: datetime) -> bool:
    """Move the refund forward by what the provider says; whether that was news. Safe to run any number of times.

    `processed` books the money in the ledger, once; `failed` gives the amount back to the capture, even later: banks send back
    what had gone out. A failure that the provider told of is final: what it said before may be applied after it.
    """
    if refund.provider_refund_id is None:
        refund.provider_refund_id, refund.failure_reason = facts.id, None
        session.add(refund)
        record(session, actor, "refund.accepted", refund, {"provider_refund_id": [None, facts.id]}, cause=cause)
        if refund.status == "failed" and facts.status != "failed":
            _reopen(session, refund, actor, cause)
    if refund.status == "processed" and facts.status == "failed" and refund.provider_refund_id == facts.id:
        fail(session, refund, SENT_BACK, now, actor=actor, cause=f"{cause}, {facts.id}")
        return True
    if not refund.is_on_its_way or facts.status == "pending":
        return False
    if facts.status == "failed":
        fail(session, refund, "provider_failed", now, actor=actor, cause=cause)
    else:
        finish(session, refund, now, credit=ledger.RAZORPAY, actor=actor, cause=f"{cause}, {facts.id}")
    return True


def _reopen(session: Session, refund: Refund, actor: Actor, cause: str) -> None:
    """We took it for refused or lost, and the provider made it all the same. Another for the same money stands beside it."""
    siblings = queries.refunds_of_payment(session, refund.payment_id)
    same = [one for one in siblings if (one.reduction_id, one.capture_id) == (refund.reduction_id, refund.capture_id)]
    if refund.reduction_id and any(one.status != "failed" for one in same):
        refund.reduction_id, refund.reason = None, "made_at_provider"
    refund.status, refund.decided_at, refund.failure_reason = "pending", None, None
    session.add(refund)
    _count(session, queries.capture_locked(session, refund.capture_id))
    record(session, actor, "refund.reopened", refund, {"status": ["failed", "pending"]}, cause=cause)


def finish(session: Session, refund: Refund, now: datetime, *, credit: str, actor: Actor, cause: str) -> None:
    """The money went back: the ledger says so, once. `credit`: the account it left."""
    payment = queries.get(session, refund.payment_id)
    before = refund.decide("processed", now)
    session.add(refund)
    session.flush()
    debit = account_of(payment)
    ledger.transfer(session, "refund", debit=debit, credit=credit, amount=refund.amount, currency=refund.currency, cause=refund)
    record(session, actor, "refund.processed", refund, {"status": [before, refund.status]}, cause=cause)


def fail(
    session: Session, refund: Refund, reason: str, now: datetime, *, actor: Actor = SYSTEM, cause: str = "the provider refused"
) -> None:
    """It will not go out this way: its amount may be given back in another. What was booked of it is taken back by a transfer
    of its own, once.
    """
    capture = queries.capture_locked(session, refund.capture_id)
    before = refund.decide("failed", now, reason)
    session.add(refund)
    _count(session, capture)
    if before == "processed":
        debit, credit = ledger.RAZORPAY, account_of(queries.get(session, refund.payment_id))
        amount, currency = refund.amount, refund.currency
        ledger.transfer(session, "refund_failed", debit=debit, credit=credit, amount=amount, currency=currency, cause=refund)
    record(session, actor, "refund.failed", refund, {"status": [before, "failed"], "reason": [None, reason[:100]]}, cause=cause)
