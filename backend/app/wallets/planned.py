"""Top-ups that are due by themselves: announced by the customer's bank, then debited like any order."""

from datetime import datetime

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import defer
from app.core.work_waiting import wake_done
from app.payments import mandate_queries, starting
from app.payments.mandate_models import Mandate
from app.payments.models import Payment
from app.stores import service as stores
from app.wallets import notifying, plan_queries, plan_rules
from app.wallets.models import TopUp
from app.wallets.plan_models import PlannedTopUp, TopUpPlan

CHUNK = 100  # plans in one transaction


def plan_due(session: Session, now: datetime) -> int:
    """Announce the debits of the plans that are due by the store's clock; how many were looked at. Again until it is 0.

    Safe to run twice: a plan has one top-up a month, by the database. One whose mandate is gone is told to its customer, once a
    month. Locks the plans, passing over those somebody works on.
    """
    plans = plan_queries.lock_due(session, now, CHUNK)
    found = mandate_queries.get_many(session, [plan.mandate_id for plan in plans])
    for plan in plans:
        _look(session, plan, found[plan.mandate_id], now)
    session.flush()
    return len(plans)


def _look(session: Session, plan: TopUpPlan, mandate: Mandate, now: datetime) -> None:
    zone = stores.get(session).zone
    nominal = plan.next_at + plan_rules.NOTICE if plan.day and plan.next_at else None
    charge_at = plan_rules.charge_at(mandate.method, nominal, now)
    month_on = plan_rules.month_of(charge_at, zone)
    if not plan_queries.is_planned(session, plan.id, month_on):
        if mandate.allows_debits:
            top_up = _announce(session, plan, mandate, charge_at, now)
            session.add(PlannedTopUp(store_id=plan.store_id, plan_id=plan.id, month_on=month_on, top_up_id=top_up.id))
        else:
            notifying.plan_stands_still(session, plan, mandate, month_on)
    month_over = plan_rules.month_begins(plan_rules.first_of_next_month(month_on), zone)
    plan.next_at = month_over
    if plan.day:
        plan.next_at = plan_rules.next_charge(plan.day, zone, month_over - plan_rules.NOTICE) - plan_rules.NOTICE
    session.add(plan)


def _announce(session: Session, plan: TopUpPlan, mandate: Mandate, charge_at: datetime, now: datetime) -> TopUp:
    """The top-up, its payment, and the attempt by which the bank is asked for its notice. Nothing is asked of it yet."""
    top_up = TopUp(
        store_id=plan.store_id,
        id=new_id(),
        customer_id=plan.customer_id,
        amount=plan.amount,
        currency=plan.currency,
        started_at=now,
    )
    session.add(top_up)
    session.flush()
    cause = f"plan {plan.id}, to be debited {charge_at.isoformat(timespec='minutes')}"
    record(session, SYSTEM, "top_up.started", top_up, {"amount": [None, top_up.amount]}, cause=cause)
    payment = Payment(
        store_id=plan.store_id, top_up_id=top_up.id, provider="razorpay", amount=plan.amount, currency=plan.currency
    )
    session.add(payment)
    session.flush()
    attempt = starting.new_attempt(payment, mandate.account_id)
    attempt.mandate_id, attempt.debit_before = mandate.id, charge_at + plan_rules.TRIED_FOR
    attempt.payment_after = attempt.debit_at = charge_at
    session.add(attempt)
    session.flush()
    record(session, SYSTEM, "payment.started", payment, {"amount": [None, payment.amount]}, cause=f"top-up {top_up.id}")
    defer(session, "drain_payments")
    # The notice is going out: a mandate that ended at the bank without our hearing of it is found before the debit is due.
    wake_done(session, Mandate, [mandate.id])
    defer(session, "drain_mandates")
    return top_up
