"""What a customer agrees to: a wallet that is topped up by itself, under one mandate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.core.actor import Actor
from app.core.work import store_of
from app.payments import debit_outcomes, mandate_queries, mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.payments.mandate_models import Mandate, MandateMethod
from app.stores import service as stores
from app.wallets import plan_queries, plan_rules
from app.wallets.errors import PhoneNeeded, TopUpAmountInvalid, TopUpPlanInvalid
from app.wallets.models import MAX_TOP_UP_AMOUNT, MIN_TOP_UP_AMOUNT
from app.wallets.plan_models import LAST_DAY, MAX_BELOW_AMOUNT, TopUpPlan

LIMIT_FACTOR = 2  # the mandate's limit: room for a larger amount later on, without the bank


@dataclass(frozen=True)
class Terms:
    """`amount` on `day` of each month, or when less than `below_amount` is available. In paise."""

    amount: int
    method: MandateMethod
    day: int | None = None
    below_amount: int | None = None

    def check(self) -> None:
        if not MIN_TOP_UP_AMOUNT <= self.amount <= MAX_TOP_UP_AMOUNT:
            raise TopUpAmountInvalid(field="amount", minimum=MIN_TOP_UP_AMOUNT, maximum=MAX_TOP_UP_AMOUNT)
        if (self.day is None) == (self.below_amount is None):
            raise TopUpPlanInvalid(field="day")
        if self.day is not None and not 1 <= self.day <= LAST_DAY:
            raise TopUpPlanInvalid(field="day", minimum=1, maximum=LAST_DAY)
        if self.below_amount is not None and not 1 <= self.below_amount <= MAX_BELOW_AMOUNT:
            raise TopUpPlanInvalid(field="below_amount", minimum=1, maximum=MAX_BELOW_AMOUNT)


def set_plan(session: Session, customer_id: UUID, terms: Terms, *, actor: Actor, now: datetime) -> TopUpPlan:
    """The customer's plan is this from now on; a debit that was announced already stays as it was announced.

    Its mandate is kept while that can be approved, or debited for so much; else there is a new one to approve. Safe to repeat.
    Locks customer, plan, mandate. TopUpAmountInvalid, TopUpPlanInvalid, PhoneNeeded.
    """
    terms.check()
    accounts.lock_customer(session, customer_id)
    if not accounts.get_customer(session, customer_id).phone:
        raise PhoneNeeded
    plan = plan_queries.of_customer(session, customer_id, lock=True)
    mandate_id = _mandate_for(session, plan, customer_id, terms, actor, now)
    before = _facts(plan) if plan and plan.is_live else {}
    if plan is None:
        currency = stores.get(session).currency
        plan = TopUpPlan(
            store_id=store_of(session), customer_id=customer_id, mandate_id=mandate_id, amount=terms.amount, currency=currency
        )
    elif before == _wanted(terms, mandate_id):
        return plan
    plan.mandate_id, plan.amount, plan.day, plan.below_amount = mandate_id, terms.amount, terms.day, terms.below_amount
    zone = stores.get(session).zone
    plan.next_at = plan_rules.next_charge(terms.day, zone, now) - plan_rules.NOTICE if terms.day else now
    plan.ended_at = None
    session.add(plan)
    session.flush()
    changes = {name: [before.get(name), value] for name, value in _facts(plan).items() if before.get(name) != value}
    record(session, actor, "top_up_plan.changed" if before else "top_up_plan.set", plan, changes)
    return plan


def end_plan(session: Session, customer_id: UUID, *, actor: Actor, now: datetime) -> None:
    """No more top-ups by themselves; what was announced and not sent yet is not debited either. Safe to repeat.

    Locks customer, plan, attempts, debits. A debit that the bank is deciding on is the last.
    """
    accounts.lock_customer(session, customer_id)
    plan = plan_queries.of_customer(session, customer_id, lock=True)
    if plan is None or not plan.is_live:
        return
    for attempt in plan_queries.waiting_attempts(session, plan.id):
        debit_outcomes.withdraw_attempt(session, attempt.id, actor, "top_up_plan_ended", now)
    plan.ended_at, plan.next_at = now, None
    session.add(plan)
    session.flush()
    record(session, actor, "top_up_plan.ended", plan, {"ended_at": [None, now.isoformat()]})


def _mandate_for(
    session: Session, plan: TopUpPlan | None, customer_id: UUID, terms: Terms, actor: Actor, now: datetime
) -> UUID:
    mandate = mandate_queries.get_locked(session, plan.mandate_id) if plan else None
    if mandate and mandate.method == terms.method and terms.amount <= mandate.max_amount and _can_serve(mandate):
        return mandate.id
    limit, currency = min(LIMIT_FACTOR * terms.amount, MAX_UNATTENDED_AMOUNT), stores.get(session).currency
    fresh, _ = mandates.ask(session, customer_id, terms.method, limit, currency, now=now, actor=actor)
    return fresh.id


def _can_serve(mandate: Mandate) -> bool:
    """Good, being decided on, or to be resumed at the bank."""
    return mandate.status not in mandates.FINAL and mandate.work_status != "dead"


def _facts(plan: TopUpPlan) -> Mapping[str, Any]:
    return {
        "amount": plan.amount,
        "day": plan.day,
        "below_amount": plan.below_amount,
        "mandate_id": str(plan.mandate_id),
    }


def _wanted(terms: Terms, mandate_id: UUID) -> Mapping[str, Any]:
    return {
        "amount": terms.amount,
        "day": terms.day,
        "below_amount": terms.below_amount,
        "mandate_id": str(mandate_id),
    }
