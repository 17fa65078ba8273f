"""When a debit under a mandate is sent, tried again, given up or withdrawn. The rules are in `debit_rules`; here they act."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.db import add_once
from app.core.ids import new_id
from app.core.work import defer
from app.payments import mandate_queries as queries
from app.payments import mandates
from app.payments import queries as payments
from app.payments.debit_reasons import MANDATE_REASONS
from app.payments.debit_rules import DebitFacts, GiveUp, Send, Wait, decide, next_try
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import Payment, PaymentAttempt
from app.providers.razorpay_facts import PaymentFacts

CHUNK = 50  # debits decided on in one transaction: locks are held for well under a second
QUIET_WAITS = frozenset({"notice_not_delivered", "earlier_debit_undecided"})  # looked at again and again: not each is news


@dataclass(frozen=True)
class GivenUp:
    """No debit will pay this payment any more: the customer has to."""

    payment: Payment
    reason: str


@dataclass(frozen=True)
class Decided:
    """What a look at the due debits came to."""

    count: int
    given_up: list[GivenUp]


def decide_due(session: Session, now: datetime) -> Decided:
    """Decide on the debits that are due by the store's clock: sent (as work rows), put off, or given up. Safe to run twice.

    Locks the attempts, passing over those somebody works on. Call again until it counts none.
    """
    attempts = queries.lock_attempts_due(session, now, CHUNK)
    found = queries.get_many(session, [attempt.mandate_id for attempt in attempts if attempt.mandate_id])
    given_up = []
    for attempt in attempts:
        mandate = found[attempt.mandate_id] if attempt.mandate_id else None
        if mandate and (end := _decide(session, attempt, mandate, now)):
            given_up.append(end)
    return Decided(len(attempts), given_up)


def _decide(session: Session, attempt: PaymentAttempt, mandate: Mandate, now: datetime) -> GivenUp | None:
    payment = payments.get(session, attempt.payment_id)
    if payment.status == "captured":
        attempt.debit_at = None
        return None
    verdict = _verdict(session, attempt, mandate, now)
    match verdict:
        case Send():
            _send(session, attempt, mandate)
            return None
        case Wait(until, reason):
            attempt.debit_at = until
            if reason == "notice_not_delivered":
                defer(session, "look_at_notice", attempt.id)
            if reason not in QUIET_WAITS:
                _record(session, "debit.put_off", payment, {"debit_at": [None, until.isoformat()]}, reason)
            return None
        case GiveUp(reason):
            return give_up(session, payment, attempt, reason)


def _verdict(session: Session, attempt: PaymentAttempt, mandate: Mandate, now: datetime) -> Send | Wait | GiveUp:
    if attempt.work_status == "dead":
        return GiveUp("provider_order_refused")
    if attempt.debit_before is None:
        raise ValueError(f"attempt {attempt.id} has a mandate and no deadline")
    tries = queries.debits_of_attempt(session, attempt.id)
    failed = [debit.decided_at for debit in tries if debit.decided_at]
    facts = DebitFacts(
        method=mandate.method,
        amount=attempt.amount,
        currency=attempt.currency,
        max_amount=mandate.max_amount,
        mandate_status=mandate.status,
        notified_amount=attempt.amount,  # the provider announces the amount of the order, which nobody can change
        notice_status=attempt.notice_status,
        notice_delivered_at=attempt.notice_delivered_at,
        payment_after=attempt.payment_after,
        tries=len(tries),
        last_try_failed_at=max(failed, default=None),
        has_undecided=queries.undecided_of_mandate(session, mandate.id) is not None,
        debit_before=attempt.debit_before,
    )
    return decide(facts, now)


def _send(session: Session, attempt: PaymentAttempt, mandate: Mandate) -> None:
    """The debit as a row, committed before the call. A racing one of the same mandate wins: this one is looked at again."""
    debit = Debit(
        store_id=attempt.store_id,
        id=new_id(),
        attempt_id=attempt.id,
        mandate_id=mandate.id,
        try_number=len(queries.debits_of_attempt(session, attempt.id)) + 1,
        amount=attempt.amount,
        currency=attempt.currency,
    )
    if not add_once(session, debit):
        return
    attempt.debit_at = None
    defer(session, "send_debit", debit.id)
    cause = f"try {debit.try_number} on provider order {attempt.provider_order_id}, notice of {attempt.notice_delivered_at}"
    record(session, SYSTEM, "debit.decided", ("payments", attempt.payment_id), {"amount": [None, debit.amount]}, cause=cause)


def give_up(session: Session, payment: Payment, attempt: PaymentAttempt, reason: str) -> GivenUp:
    """No further debit; whoever calls tells the customer, who can still pay by hand."""
    attempt.debit_at = None
    session.add(attempt)
    _record(session, "debit.given_up", payment, {}, reason)
    return GivenUp(payment, reason)


def bank_answered(session: Session, payment: Payment, attempt: PaymentAttempt, facts: PaymentFacts, now: datetime) -> bool:
    """What a payment on a debited order means for the debit; True when it failed and none will follow. Safe to repeat.

    The payment is locked. A payment the customer made by hand leaves the debit to the bank: an order takes one payment.
    """
    attempt = queries.attempt_locked(session, attempt.id)
    if facts.captured:
        attempt.debit_at = None
    debit = queries.undecided_locked(session, attempt.id)
    if debit is None or debit.provider_payment_id not in (None, facts.id) or facts.status in ("created", "authorized"):
        return False
    debit.provider_payment_id = facts.id
    if facts.captured:
        debit.decide("captured", now)
        _resolve(debit)
        return False
    return _failed(session, payment, attempt, debit, facts.error_reason or "payment_failed", now)


def refused(session: Session, debit: Debit, reason: str, now: datetime) -> GivenUp | None:
    """The provider would not even try. The debit is held by its lease; the caller settles its work."""
    attempt = queries.attempt_locked(session, debit.attempt_id)
    payment = payments.get(session, attempt.payment_id)
    is_over = _failed(session, payment, attempt, debit, reason, now)
    return GivenUp(payment, reason) if is_over else None


def _failed(session: Session, payment: Payment, attempt: PaymentAttempt, debit: Debit, reason: str, now: datetime) -> bool:
    mandate = queries.get(session, debit.mandate_id)
    debit.decide("failed", now, reason)
    if debit.work_status != "working":
        _resolve(debit)
    session.add(debit)
    _record(session, "debit.failed", payment, {"status": ["pending", "failed"]}, f"try {debit.try_number}: {reason}")
    if reason in MANDATE_REASONS:
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


def withdraw(session: Session, order_id: UUID, actor: Actor, cause: str) -> bool:
    """No (further) debit for this order; False when one is under way already. The order is locked. Safe to repeat."""
    found = payments.latest_attempt_of_order(session, order_id)
    if found is None or found[0].mandate_id is None:
        return True
    attempt = queries.attempt_locked(session, found[0].id)
    debit = queries.undecided_locked(session, attempt.id)
    if debit is not None and (debit.status == "pending" or debit.work_status != "queued"):
        return False
    if debit is not None:
        debit.decide("withdrawn", machine_now(), cause)
        _resolve(debit)
    if attempt.debit_at is not None or debit is not None:
        record(session, actor, "debit.withdrawn", ("payments", attempt.payment_id), cause=cause)
    attempt.debit_at = None
    return True


def _record(session: Session, action: str, payment: Payment, changes: dict[str, object], cause: str) -> None:
    record(session, SYSTEM, action, payment, changes, cause=cause)
