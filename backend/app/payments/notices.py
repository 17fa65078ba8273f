"""The notice that must reach the customer before a debit: what the provider says became of it."""

from datetime import UTC, datetime

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor, provider
from app.core.work import defer
from app.payments.models import PaymentAttempt
from app.providers.razorpay_facts import NoticeFacts

FINAL = ("delivered", "failed")


def apply(session: Session, attempt: PaymentAttempt, facts: NoticeFacts | None, cause: str = "") -> str | None:
    """Record what the order says of its notice; None when that is no news. Only forward; safe to run any number of times.

    Delivered counts only with the instant and for the order's own amount: the provider announces no other. The caller holds
    the attempt, by its lease or its lock.
    """
    if facts is None or attempt.mandate_id is None or attempt.notice_status in (*FINAL, facts.status):
        return None
    before, told = attempt.notice_status, facts.status if facts.status in FINAL else "created"
    if told == "delivered" and facts.delivered_at is None:
        told = "created"
    attempt.notice_status = told
    if told == "delivered" and facts.delivered_at is not None:
        attempt.notice_delivered_at = datetime.fromtimestamp(facts.delivered_at, UTC)
    if told == "failed" and attempt.debit_at is not None:
        attempt.debit_at = attempt.created_at  # no debit can follow: decided on now, so that the customer hears of it now
        defer(session, "charge_due")
    session.add(attempt)
    if told != before:
        _record(session, provider("razorpay"), attempt, before, cause)
    return told


def _record(session: Session, actor: Actor, attempt: PaymentAttempt, before: str | None, cause: str) -> None:
    changes = {"notice_status": [before, attempt.notice_status], "amount": [None, attempt.amount]}
    why = cause or f"provider order {attempt.provider_order_id}"
    record(session, actor, f"notice.{attempt.notice_status}", ("payments", attempt.payment_id), changes, cause=why)
