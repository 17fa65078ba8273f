"""Ask the provider for an order that the customer can pay: claim, call, settle. Safe to run twice, and after any crash.

The attempt's receipt is committed before the call. A call whose outcome is unknown is looked up by that receipt before
anything is sent again, and `unique_receipt` makes a repeated create find the first.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.errors import ProviderError, Rejected, Unknown
from app.core.ids import new_id
from app.core.work import store_of
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_unknown
from app.payments import queries
from app.payments.models import Payment, PaymentAttempt
from app.providers import registry
from app.providers.razorpay import OrderFacts
from app.stores import service as stores
from app.stores.service import Account

LOOK_UP_SECONDS = (10.0, 60.0, 300.0, 600.0)  # a create that timed out may still arrive: look a little later, then more seldom
UNDECIDED_AFTER = timedelta(days=1)  # then it is dead and in sight; nobody was ever given its provider order to pay


@dataclass(frozen=True)
class StartCall:
    """What the call needs; the transaction that made it is committed."""

    attempt: PaymentAttempt
    account: Account
    order_id: UUID
    order_number: str


def begin(session: Session, order_id: UUID, amount: int, currency: str, actor: Actor) -> PaymentAttempt:
    """The order's payment and a new attempt at it, queued. The sweep makes the call should the caller die before it does.

    Safe in a race: one open attempt per payment, by the database.
    """
    account = stores.provider_account(session, "razorpay")
    payment = queries.of_order(session, order_id)
    if payment is None:
        payment = Payment(store_id=store_of(session), order_id=order_id, provider="razorpay", amount=amount, currency=currency)
        session.add(payment)
        session.flush()
    attempt_id = new_id()
    attempt = PaymentAttempt(
        store_id=payment.store_id,
        id=attempt_id,
        payment_id=payment.id,
        account_id=account.id,
        receipt=f"att_{attempt_id.hex}",
        amount=amount,
        currency=currency,
    )
    session.add(attempt)
    session.flush()
    record(session, actor, "payment.started", payment, {"amount": [None, amount]}, cause=f"order {order_id}")
    return attempt


def claim(session: Session, attempt_id: UUID, order_id: UUID, order_number: str) -> StartCall | None:
    """Take the attempt under a lease; None when it is done, taken, or not due."""
    attempt = claim_one(session, PaymentAttempt, attempt_id)
    if attempt is None:
        return None
    return StartCall(attempt, stores.provider_account(session, "razorpay", attempt.account_id), order_id, order_number)


def call(start: StartCall) -> OrderFacts:
    """Make the provider's order, or find the one an earlier try may have made. No transaction is open."""
    client = registry.razorpay(start.account.secrets)
    attempt = start.attempt
    if attempt.call_outcome_unknown and (found := client.find_order_by_receipt(attempt.receipt)):
        return found
    notes = {"order": str(start.order_id), "number": start.order_number}
    return client.create_order(attempt.receipt, attempt.amount, attempt.currency, notes)


def settle(session: Session, start: StartCall, outcome: OrderFacts | ProviderError) -> PaymentAttempt:
    """Record the provider's order, or what the failure means. LeaseLost for a late holder: nothing is written."""
    attempt = start.attempt
    if isinstance(outcome, OrderFacts):
        if (outcome.amount, outcome.currency) != (attempt.amount, attempt.currency):
            settle_failed(session, attempt, "the provider's order has another amount", final=True)
            return attempt
        attempt.provider_order_id = outcome.id
        settle_done(session, attempt)
        cause = f"provider order {outcome.id}, receipt {attempt.receipt}"
        record(session, SYSTEM, "payment.provider_order_made", ("payments", attempt.payment_id), cause=cause)
    elif isinstance(outcome, Unknown):
        _look_up_later(session, attempt, outcome)
    else:
        gave_way = not isinstance(outcome, Rejected)
        settle_failed(
            session, attempt, outcome, counts=not gave_way, final=not gave_way, wait_seconds=outcome.retry_after_seconds
        )
    return attempt


def _look_up_later(session: Session, attempt: PaymentAttempt, error: Unknown) -> None:
    if machine_now() - attempt.created_at >= UNDECIDED_AFTER:
        settle_failed(session, attempt, error, final=True)
    else:
        settle_unknown(
            session, attempt, error, look_up_in_seconds=LOOK_UP_SECONDS[min(attempt.attempts, len(LOOK_UP_SECONDS)) - 1]
        )
