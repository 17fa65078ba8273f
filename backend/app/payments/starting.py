"""Ask the provider for an order that the customer can pay, or that is to be debited: claim, call, settle.

Safe to run twice, and after any crash: the attempt's receipt is committed before the call, a call whose outcome is unknown
is looked up by that receipt before anything is sent again, and `unique_receipt` makes a repeated create find the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.config import settings
from app.core.db import insert_now
from app.core.errors import ProviderError, Rejected, Unknown
from app.core.ids import new_id
from app.core.work import defer, store_of
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_unknown
from app.payments import mandate_queries, notices, queries
from app.payments.mandate_models import Mandate
from app.payments.models import Payment, PaymentAttempt
from app.providers import registry
from app.providers.razorpay import Razorpay
from app.providers.razorpay_facts import Notice, OrderFacts, Person, Registration
from app.stores import service as stores
from app.stores.service import Account

LOOK_UP_SECONDS = (10.0, 60.0, 300.0, 600.0)  # a create that timed out may still arrive: look a little later, then more seldom
UNDECIDED_AFTER = timedelta(days=1)  # then it is dead and in sight; nobody was ever given its provider order to pay


@dataclass(frozen=True)
class StartCall:
    """What the call needs; the transaction that made it is committed."""

    attempt: PaymentAttempt
    account: Account
    notes: Mapping[str, str]
    approval: Mandate | None = None  # the payment is to approve this mandate,
    person: Person | None = None  # given by this person
    notice: Notice | None = None  # or it is to be debited under one


@dataclass(frozen=True)
class Started:
    """The provider's order, and for a mandate the provider's id of the customer."""

    order: OrderFacts
    customer_id: str | None = None


def begin(
    session: Session, order_id: UUID, amount: int, currency: str, actor: Actor, *, is_new: bool = False
) -> PaymentAttempt:
    """The order's payment and a new attempt at it, queued. The sweep makes the call should the caller die before it does.

    `is_new`: the order is of this very transaction, so there is no payment to look for. Safe in a race: one open attempt per
    payment, by the database.
    """
    payment = None if is_new else queries.of_order(session, order_id)
    if payment is None:
        payment = Payment(store_id=store_of(session), order_id=order_id, provider="razorpay", amount=amount, currency=currency)
    return attempt_at(session, payment, actor, cause=f"order {order_id}")


def attempt_at(session: Session, payment: Payment, actor: Actor, cause: str) -> PaymentAttempt:
    """A new attempt at a payment, which may be new itself; what that is for is written already.

    The attempt is written with what comes next: should the caller claim it, in one statement.
    """
    if payment not in session:
        insert_now(session, payment)
    attempt = new_attempt(payment, stores.provider_account(session, "razorpay").id)
    session.add(attempt)
    record(session, actor, "payment.started", payment, {"amount": [None, payment.amount]}, cause=cause)
    return attempt


def new_attempt(payment: Payment, account_id: UUID) -> PaymentAttempt:
    attempt_id = new_id()
    return PaymentAttempt(
        store_id=payment.store_id,
        id=attempt_id,
        payment_id=payment.id,
        account_id=account_id,
        receipt=f"att_{attempt_id.hex}",
        amount=payment.amount,
        currency=payment.currency,
    )


def claim(session: Session, attempt_id: UUID, notes: Mapping[str, str]) -> StartCall | None:
    """Take the attempt under a lease; None when it is done, taken, or not due. `notes` are what the provider's screens show."""
    attempt = claim_one(session, PaymentAttempt, attempt_id)
    if attempt is None:
        return None
    account = stores.provider_account(session, "razorpay", attempt.account_id)
    if attempt.mandate_id is not None:
        return StartCall(attempt, account, notes, notice=_notice(session, attempt))
    is_approval = queries.get(session, attempt.payment_id).mandate_id is not None
    approval = mandate_queries.approved_by(session, attempt.payment_id) if is_approval else None
    person = person_of(session, approval.customer_id) if approval else None
    return StartCall(attempt, account, notes, approval, person)


def person_of(session: Session, customer_id: UUID) -> Person:
    """The customer as the provider wants to know them. It takes no debit without an e-mail address: the shop's stands in."""
    customer = accounts.get_customer(session, customer_id)
    email = customer.email or stores.get(session).contact_email or settings.email_sender
    return Person(customer.name, customer.phone or "", email)


def _notice(session: Session, attempt: PaymentAttempt) -> Notice | None:
    """None once the mandate is gone or the debit withdrawn: the order is made all the same, to be paid by hand."""
    mandate = mandate_queries.get(session, attempt.mandate_id) if attempt.mandate_id and attempt.debit_at else None
    if mandate is None or not mandate.allows_debits or mandate.provider_token_id is None or attempt.payment_after is None:
        return None
    return Notice(mandate.provider_token_id, int(attempt.payment_after.timestamp()))  # never later than we debit


def call(start: StartCall) -> Started:
    """Make the provider's order, or find the one an earlier try may have made. No transaction is open."""
    client, attempt = registry.razorpay(start.account.secrets), start.attempt
    terms = start.notice or _registration(client, start)
    customer_id = terms.customer_id if isinstance(terms, Registration) else None
    if attempt.call_outcome_unknown and (found := client.find_order_by_receipt(attempt.receipt)):
        return Started(found, customer_id)
    made = client.create_order(attempt.receipt, attempt.amount, attempt.currency, start.notes, terms=terms)
    return Started(made, customer_id)


def _registration(client: Razorpay, start: StartCall) -> Registration | None:
    mandate = start.approval
    if mandate is None or start.person is None:
        return None
    customer_id = mandate.provider_customer_id or client.find_customer(start.person)
    return Registration(customer_id, mandate.method, mandate.max_amount, round(mandate.expires_at.timestamp()))


def settle(session: Session, start: StartCall, outcome: Started | ProviderError) -> PaymentAttempt:
    """Record the provider's order, or what the failure means. LeaseLost for a late holder: nothing is written."""
    attempt = start.attempt
    if isinstance(outcome, Started):
        _settle_started(session, start, outcome)
    elif isinstance(outcome, Unknown):
        _look_up_later(session, attempt, outcome)
    else:
        gave_way = not isinstance(outcome, Rejected)
        if attempt.debit_at is not None and not gave_way:
            attempt.debit_at = attempt.created_at  # no notice, no debit: decided on now, so that the customer hears of it now
            defer(session, "charge_due")
        settle_failed(
            session, attempt, outcome, counts=not gave_way, final=not gave_way, wait_seconds=outcome.retry_after_seconds
        )
    return attempt


def _settle_started(session: Session, start: StartCall, started: Started) -> None:
    attempt, order = start.attempt, started.order
    if (order.amount, order.currency) != (attempt.amount, attempt.currency):
        settle_failed(session, attempt, "the provider's order has another amount", final=True)
        return
    attempt.provider_order_id = order.id
    settle_done(session, attempt)
    cause = f"provider order {order.id}, receipt {attempt.receipt}"
    record(session, SYSTEM, "payment.provider_order_made", ("payments", attempt.payment_id), cause=cause)
    if start.approval is not None and started.customer_id is not None:
        mandate_queries.get_locked(session, start.approval.id).provider_customer_id = started.customer_id
    notices.apply(session, attempt, order.notice)


def _look_up_later(session: Session, attempt: PaymentAttempt, error: Unknown) -> None:
    if machine_now() - attempt.created_at >= UNDECIDED_AFTER:
        settle_failed(session, attempt, error, final=True)
    else:
        settle_unknown(
            session, attempt, error, look_up_in_seconds=LOOK_UP_SECONDS[min(attempt.attempts, len(LOOK_UP_SECONDS)) - 1]
        )
