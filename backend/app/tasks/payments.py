"""Payments that were begun and whose caller died: find out what happened, and finish."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.checkout import placing
from app.core.celery_app import celery_app
from app.core.errors import LeaseLost
from app.core.work import Nothing, claim_call_settle
from app.orders import queries as orders
from app.payments import queries, starting
from app.payments.models import Payment, PaymentAttempt
from app.tasks.draining import drain as drain_rows


@celery_app.task(name="app.tasks.payments.drain", soft_time_limit=60, time_limit=90)
def drain(store_id: str) -> dict[str, Any]:
    return {"worked": drain_rows(UUID(store_id), PaymentAttempt, start, "drain_payments")}


def start(store_id: UUID, attempt_id: UUID) -> str:
    """The attempt's state afterwards; `busy` when somebody else works on it."""

    def claim(session: Session) -> starting.StartCall | Nothing[str]:
        attempt, payment = queries.attempt_with_payment(session, attempt_id)
        return starting.claim(session, attempt.id, _notes(session, payment)) or Nothing(attempt.work_status)

    try:
        return claim_call_settle(
            store_id, claim, starting.call, lambda session, call, outcome: starting.settle(session, call, outcome).work_status
        )
    except LeaseLost:
        return "busy"


def _notes(session: Session, payment: Payment) -> dict[str, str]:
    if payment.order_id is None:
        return {"mandate": str(payment.mandate_id)}
    return placing.notes_of(orders.get(session, payment.order_id, None))
