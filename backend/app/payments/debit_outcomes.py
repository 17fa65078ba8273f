"""What becomes of a debit: paid, failed and tried again, given up, or withdrawn before it was sent."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.work_waiting import StillWorking
from app.payments import mandate_queries as queries
from app.payments import mandates
from app.payments import queries as payments
from app.payments.debit_reasons import MANDATE_REASONS
from app.payments.debit_rules import next_try
from app.payments.mandate_models import Debit
from app.payments.models import Payment, PaymentAttempt
from app.providers.razorpay_facts import PaymentFacts


@dataclass(frozen=True)
class GivenUp:
    """No debit will pay this payment any more: the customer has to."""

    payment: Payment
    reason: str


def give_up(session: Session, payment: Payment, attempt: PaymentAttempt, reason: str) -> GivenUp:
    """No further debit; whoever calls tells the customer, who can still pay by hand."""
    attempt.debit_at = None
    session.add(attempt)
    note(session, "debit.given_up", payment, {}, reason)
    return GivenUp(payment, reason)


def bank_answered(session: Session, payment: Payment, attempt: PaymentAttempt, facts: PaymentFacts, now: datetime) -> bool:
    """What a payment on a debited order means for the debit; True when it failed and none will follow. Safe to repeat.

    The payment is locked. A payment the customer made by hand leaves the debit to the bank: an order takes one payment.
    """
    attempt = queries.attempt_locked(session, attempt.id)
    if facts.captured:
        attempt.debit_at = None
    debit = queries.undecided_locked(session, attempt.id)
    if debit is None or facts.status in ("created", "authorized") or not _is_of(session, debit, facts):
        return False
    debit.provider_payment_id = facts.id
    if facts.captured:
        debit.decide("captured", now)
        _resolve(debit)
        return False
    return _failed(session, payment, attempt, debit, facts.error_reason or "payment_failed", now)


def _is_of(session: Session, debit: Debit, facts: PaymentFacts) -> bool:
    """Whether the payment is this very debit. One whose answer is lost takes any of its mandate that no other try has."""
    if debit.provider_payment_id is not None:
        return facts.id == debit.provider_payment_id
    token_id = queries.get(session, debit.mandate_id).provider_token_id
    return facts.token_id == token_id and facts.id not in queries.payment_ids_of_others(session, debit)


def refused(session: Session, debit: Debit, reason: str, now: datetime) -> GivenUp | None:
    """The provider would not even try. The debit is held by its lease; the caller settles its work."""
    attempt = queries.attempt_locked(session, debit.attempt_id)
    payment = payments.get(session, attempt.payment_id)
    is_over = _failed(session, payment, attempt, debit, reason, now)
    return GivenUp(payment, reason) if is_over else None


def _failed(session: Session, payment: Payment, attempt: PaymentAttempt, debit: Debit, reason: str, now: datetime) -> bool:
    mandate = queries.get(session, debit.mandate_id)
    before = debit.decide("failed", now, reason)
    if debit.work_status != "working":
        _resolve(debit)
    session.add(debit)
    note(session, "debit.failed", payment, {"status": [before, "failed"]}, f"try {debit.try_number}: {reason}")
    if reason in MANDATE_REASONS:
        with suppress(StillWorking):  # somebody is asking the bank already
            mandates.look_soon(session, queries.get_locked(session, mandate.id))
    attempt.debit_at = None
    if payment.status == "captured":  # by hand, meanwhile
        return False
    attempt.debit_at = next_try(mandate.method, debit.try_number, now, reason, attempt.debit_before or now)
    session.add(attempt)
    if attempt.debit_at is None:
        give_up(session, payment, attempt, reason)
        return True
    return False


def _resolve(debit: Debit) -> None:
    """Nothing is owed any more: the bank has told. A holder of its lease finds it decided and settles it itself."""
    if debit.work_status != "working":
        debit.work_status, debit.settled_at, debit.next_attempt_at = "done", machine_now(), None


def spare(session: Session, debit: Debit, payment: Payment, now: datetime) -> None:
    """The customer paid by hand before it was sent. The debit is held by its lease; the caller settles its work."""
    before = debit.decide("withdrawn", now, "paid_by_hand")
    note(session, "debit.withdrawn", payment, {"status": [before, debit.status]}, "paid by hand")


def withdraw(session: Session, order_id: UUID, actor: Actor, cause: str, now: datetime) -> bool:
    """No (further) debit for this order; False when one is under way already, which is then the last. The order is locked.

    Safe to repeat.
    """
    found = payments.latest_attempt_of_order(session, order_id)
    if found is None or found[0].mandate_id is None:
        return True
    return withdraw_attempt(session, found[0].id, actor, cause, now)


def withdraw_attempt(session: Session, attempt_id: UUID, actor: Actor, cause: str, now: datetime) -> bool:
    """The same for what is not an order's. Locks the attempt and its debit."""
    attempt = queries.attempt_locked(session, attempt_id)
    debit = queries.undecided_locked(session, attempt.id)
    in_hand = debit is None and queries.is_debit_undecided(session, attempt.id)  # being sent, or its answer written down
    if in_hand or (debit is not None and (debit.status == "pending" or debit.work_status != "queued")):
        attempt.debit_before = now  # should it fail, it is not tried again
        return False
    if debit is not None:
        debit.decide("withdrawn", now, cause)
        _resolve(debit)
    if attempt.debit_at is not None or debit is not None:
        record(session, actor, "debit.withdrawn", ("payments", attempt.payment_id), cause=cause)
    attempt.debit_at = None
    return True


def note(session: Session, action: str, payment: Payment, changes: dict[str, object], cause: str) -> None:
    record(session, SYSTEM, action, payment, changes, cause=cause)
