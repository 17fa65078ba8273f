"""Asking again for what a delivery costs: opened when its payment failed for good, one step at a time, closed with the payment.

Whoever cancels, pauses or skips voids it in their transaction, with whatever retry is planned: nothing is asked of the provider
afterwards. Every step begins with the order's lock and a look at the order, so a late one finds that there is nothing to do.
"""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.checkout import dunning_queries as queries
from app.checkout import dunning_retries, notifying
from app.checkout.dunning_models import Dunning, DunningStatus
from app.checkout.dunning_rules import (
    MAX_DELAYS,
    NOT_TRIED,
    RETRIED,
    FailureClass,
    Step,
    Terms,
    act_at,
    class_of,
)
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.db import add_once
from app.core.ids import new_id
from app.orders.models import Order
from app.payments import debit_outcomes, mandate_queries
from app.payments import queries as payments
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate
from app.stores import service as stores


def payment_failed(session: Session, order: Order, reason: str, now: datetime) -> None:
    """No (further) debit of what was planned pays this order: its customer is asked to, and for a delivery the schedule of the
    failure begins, or goes on. The caller holds the order, or the attempt that failed. Safe to repeat.
    """
    notifying.payment_due(session, order, reason)
    if order.cycle_id is None or not order.can_be_paid:
        return
    if (known := queries.open_of(session, order.id)) is not None:
        _went_wrong(session, known, reason)
        return
    attempt = payments.latest_attempt_of_order(session, order.id)
    begin(session, order, attempt[0].mandate_id if attempt else None, reason, now)


def begin(session: Session, order: Order, mandate_id: UUID | None, reason: str, now: datetime) -> None:
    kind = class_of(reason)
    fresh = Dunning(
        store_id=order.store_id,
        id=new_id(),
        order_id=order.id,
        mandate_id=mandate_id,
        failure_class=kind,
        reason=reason[:100],
        failed_at=now,
        next_at=now,
    )
    plan(session, fresh)
    if add_once(session, fresh):
        changes = {"status": [None, "open"], "failure_class": [None, kind]}
        record(session, SYSTEM, "dunning.opened", ("dunnings", fresh.id), changes, cause=f"order {order.number}: {reason}")


def take_up(session: Session, order: Order, dunning: Dunning, mandate: Mandate, charge_at: datetime) -> bool:
    """A mandate that is good again pays what is open: its schedule begins anew with a debit at that time. The order is locked.

    False where the bank could not answer before the delivery's day: then it goes on with the next step.
    """
    dunning.mandate_id = mandate.id
    session.add(dunning)
    if order.total_amount > min(mandate.max_amount, MAX_UNATTENDED_AMOUNT) or not dunning_retries.is_free(session, order):
        return False
    if order.status == "pending_payment" and charge_at + dunning_retries.SETTLES_WITHIN > order.expires_at:
        return False
    dunning.failed_at, dunning.step, dunning.delays = charge_at, 0, 0
    dunning.failure_class = "bank_down" if dunning.failure_class not in RETRIED else dunning.failure_class
    plan(session, dunning)
    dunning_retries.retry(session, order, dunning, mandate, charge_at)
    return True


def void(session: Session, order: Order, reason: str, actor: Actor, now: datetime) -> None:
    """Nothing more is asked for: neither by a step nor by a payment that was planned and not begun. The order is locked."""
    for attempt in queries.not_begun_locked(session, order.id):
        attempt.work_status, attempt.settled_at, attempt.last_error = "dead", machine_now(), "withdrawn before it was begun"
        attempt.debit_at = None
        session.add(attempt)
    if (dunning := queries.open_of(session, order.id)) is not None:
        debit_outcomes.withdraw(session, order.id, actor, reason, now)
        close(session, dunning, "voided", reason, actor, now)


def paid(session: Session, order: Order, now: datetime) -> None:
    """Its money is here. The order is locked."""
    if (dunning := queries.open_of(session, order.id)) is not None:
        close(session, dunning, "paid", "it is paid", SYSTEM, now)


def close(session: Session, dunning: Dunning, status: DunningStatus, reason: str, actor: Actor, now: datetime) -> None:
    before, dunning.status = dunning.status, status
    dunning.next_at, dunning.closed_at, dunning.closed_reason = None, now, reason[:100]
    session.add(dunning)
    session.flush()
    record(session, actor, f"dunning.{status}", dunning, {"status": [before, status]}, cause=reason)


def _went_wrong(session: Session, dunning: Dunning, reason: str) -> None:
    """A retry failed. One that was not even sent uses up no try: it is made up for a day later, and the rest moves with it."""
    if reason in NOT_TRIED and dunning.delays < MAX_DELAYS and dunning.step > 0:
        dunning.delays += 1
        dunning.step -= 1
    else:
        dunning.retries += 1
        if class_of(reason) not in RETRIED:
            dunning.failure_class, dunning.reason = class_of(reason), reason[:100]
    plan(session, dunning)
    session.add(dunning)
    record(session, SYSTEM, "dunning.retry_failed", dunning, {"retries": [None, dunning.retries]}, cause=reason)


def plan(session: Session, dunning: Dunning) -> None:
    mandate = mandate_queries.get(session, dunning.mandate_id) if dunning.mandate_id else None
    upcoming, zone = next_step(session, dunning), stores.get(session).zone
    dunning.next_at = act_at(upcoming, mandate.method if mandate else "upi", dunning.failed_at, zone, dunning.delays)


def next_step(session: Session, dunning: Dunning) -> Step:
    """Of the store's schedule as it is now; the last, where that became shorter meanwhile."""
    steps = Terms.of(stores.get(session).settings).schedules[cast(FailureClass, dunning.failure_class)]
    return steps[min(dunning.step, len(steps) - 1)]
