"""A debit that is tried once more for a delivery: whether it can be, when, and as a row."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.audit.service import record
from app.checkout.dunning_models import Dunning
from app.checkout.dunning_rules import NOTICE_TIME, TRY_FOR, Step, step_at
from app.core.actor import SYSTEM
from app.core.work import defer
from app.orders.models import Order
from app.payments import mandate_queries, starting
from app.payments import queries as payments
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT, off_peak
from app.payments.mandate_models import Mandate
from app.stores import service as stores

SETTLES_WITHIN = timedelta(hours=24)  # a debit that is sent later than that before the day begins tells too late


def retry(session: Session, order: Order, dunning: Dunning, mandate: Mandate, charge_at: datetime) -> None:
    """A new debit under a new notice: planned here, decided on at its time by the rules of all debits. One try."""
    payment = payments.of_order(session, order.id)
    if payment is None:
        return
    attempt = starting.new_attempt(payment, mandate.account_id)
    attempt.mandate_id, attempt.debit_before = mandate.id, charge_at + TRY_FOR
    attempt.payment_after = attempt.debit_at = charge_at
    session.add(attempt)
    session.flush()
    defer(session, "drain_payments")
    record(session, SYSTEM, "dunning.retry_planned", dunning, {"debit_at": [None, charge_at.isoformat()]}, cause=dunning.reason)


def charge_at(session: Session, dunning: Dunning, due: Step, mandate: Mandate, now: datetime) -> datetime:
    at = step_at(due, dunning.failed_at, stores.get(session).zone, dunning.delays)
    return off_peak(mandate.method, max(at, now + NOTICE_TIME[mandate.method] - timedelta(minutes=30)))


def debitable(session: Session, order: Order, dunning: Dunning, due: Step, now: datetime) -> Mandate | None:
    """The mandate, if a debit under it can pay this in time."""
    mandate = mandate_queries.get(session, dunning.mandate_id) if dunning.mandate_id else None
    if mandate is None or not mandate.allows_debits or order.total_amount > min(mandate.max_amount, MAX_UNATTENDED_AMOUNT):
        return None
    is_late = charge_at(session, dunning, due, mandate, now) + SETTLES_WITHIN > order.expires_at
    return None if order.status == "pending_payment" and is_late else mandate


def is_free(session: Session, order: Order) -> bool:
    """No payment of the order is being begun, and no debit of it is planned or undecided."""
    found = payments.latest_attempt_of_order(session, order.id)
    if found is None:
        return True
    attempt = found[0]
    is_open = attempt.work_status in ("queued", "working", "unknown") or attempt.debit_at is not None
    return not is_open and not mandate_queries.is_debit_undecided(session, attempt.id)
