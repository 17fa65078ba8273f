"""Payments that were begun and whose caller died, refunds to be sent, orders that were not paid in time."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.checkout import expiring, placing, refunding
from app.checkout.expiring import Look
from app.core import clock
from app.core.celery_app import celery_app
from app.core.errors import LeaseLost, ProviderError
from app.core.logging import get_logger
from app.core.work import Nothing, claim_call_settle, defer, unit_of_work
from app.orders import queries as orders
from app.payments import queries, starting
from app.payments import refunding as refunds
from app.payments.models import Payment, PaymentAttempt
from app.payments.refund_models import Refund
from app.payments.refunding import RefundCall, Refused
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.stores import service as stores
from app.tasks.draining import drain as drain_rows
from app.wallets import topping_up

log = get_logger(__name__)

BUSY = "busy"
SLICE_SECONDS = 10.0
CHUNK = 100  # orders that expire in one look; the next takes the others


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
    if payment.top_up_id is not None:
        return topping_up.notes_of(payment.top_up_id)
    if payment.order_id is None:
        return {"mandate": str(payment.mandate_id)}
    return placing.notes_of(orders.get(session, payment.order_id, None))


@celery_app.task(name="app.tasks.payments.send_refund", soft_time_limit=60, time_limit=90)
def send_refund(store_id: str, refund_id: str) -> dict[str, str]:
    """Ask the provider for one refund. Safe to run twice: the second finds it taken."""
    return {"status": send(UUID(store_id), UUID(refund_id))}


@celery_app.task(name="app.tasks.payments.drain_refunds", soft_time_limit=60, time_limit=90)
def drain_refunds(store_id: str) -> dict[str, Any]:
    return {"worked": drain_rows(UUID(store_id), Refund, send, "drain_refunds")}


def send(store_id: UUID, refund_id: UUID) -> str:
    """The refund's status afterwards; `busy` when somebody else works on it."""

    def claim(session: Session) -> RefundCall | Nothing[str]:
        return refunding.claim(session, refund_id) or Nothing(queries.get_refund(session, refund_id).status)

    def settle(session: Session, asked: RefundCall, outcome: RefundFacts | Refused | ProviderError) -> str:
        return refunding.settle(session, asked, outcome, clock.now(stores.get(session)))

    try:
        return claim_call_settle(store_id, claim, refunds.call, settle)
    except LeaseLost:
        return BUSY


@celery_app.task(name="app.tasks.payments.expire_orders", soft_time_limit=60, time_limit=90)
def expire_orders(store_id: str) -> dict[str, int]:
    """Give up the orders that were not paid in time, by the store's clock, after asking the provider. Safe to run twice."""
    return {"looked_at": expire_due(UUID(store_id))}


def expire_due(store_id: UUID) -> int:
    """How many were looked at. Each is a unit of work of its own; what is not reached in a slice is for the next."""
    end, looked_at = time.monotonic() + SLICE_SECONDS, 0
    with unit_of_work(store_id) as session:
        due = orders.due_to_expire(session, clock.now(stores.get(session)), CHUNK)
    for order_id in due:
        try:
            expire(store_id, order_id)
        except OperationalError:  # the database is away: nothing is wrong with the order
            raise
        except Exception as error:  # a payment that does not fit, or a mistake of ours: it must not keep the others waiting
            log.error("order_not_expired", id=str(order_id), exc_info=error)
        looked_at += 1
        if time.monotonic() > end:
            break
    if looked_at < len(due) or len(due) == CHUNK:
        with unit_of_work(store_id) as session:
            defer(session, "expire_orders")
    return looked_at


def expire(store_id: UUID, order_id: UUID) -> str:
    """The order's status afterwards. Safe to run twice and in a race: it is decided under the order's lock."""

    def claim(session: Session) -> Look | Nothing[str]:
        asked = expiring.claim(session, order_id, clock.now(stores.get(session)))
        return asked or Nothing(orders.get(session, order_id, None).status)

    def settle(session: Session, asked: Look, outcome: Sequence[PaymentFacts] | ProviderError) -> str:
        return expiring.settle(session, asked, outcome, clock.now(stores.get(session)))

    return claim_call_settle(store_id, claim, expiring.call, settle)
