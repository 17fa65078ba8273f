"""When a debit under a mandate is sent, tried again, given up or withdrawn. The rules are in `debit_rules`; here they act."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.db import add_once
from app.core.ids import new_id
from app.core.work import defer
from app.payments import debit_outcomes
from app.payments import mandate_queries as queries
from app.payments import queries as payments
from app.payments.debit_outcomes import GivenUp
from app.payments.debit_rules import DebitFacts, GiveUp, Send, Wait, decide
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import PaymentAttempt

CHUNK = 50  # debits decided on in one transaction: locks are held for well under a second
QUIET_WAITS = frozenset({"notice_not_delivered", "earlier_debit_undecided"})  # looked at again and again: not each is news


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
                debit_outcomes.note(session, "debit.put_off", payment, {"debit_at": [None, until.isoformat()]}, reason)
            return None
        case GiveUp(reason):
            return debit_outcomes.give_up(session, payment, attempt, reason)


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
