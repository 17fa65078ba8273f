"""Plans at the provider: made once for whatever is alike, and for ever. A create of unknown outcome is looked for first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import SYSTEM
from app.core.db import add_once
from app.core.errors import ProviderError, Rejected, Unknown
from app.core.work import store_of
from app.core.work_rows import claim_one, settle_done, settle_failed, settle_unknown
from app.payments import provider_subscription_queries as queries
from app.payments.provider_subscription_calls import PlanCall
from app.payments.provider_subscription_models import Period, ProviderPlan, ProviderSubscription
from app.providers.razorpay_subscription_facts import PlanFacts
from app.stores import service as stores

LOOK_UP_SECONDS = (60.0, 300.0, 600.0)  # a create that timed out may still arrive: later than that it certainly has
MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Price:
    """So much, so often, for what."""

    period: Period
    every: int
    amount: int
    currency: str
    name: str


def plan_for(session: Session, price: Price, now: datetime) -> ProviderPlan:
    """The plan of this price, made at the provider when somebody first needs it. Safe in a race: one row per price."""
    plan = ProviderPlan(
        store_id=store_of(session),
        account_id=stores.provider_account(session, "razorpay").id,
        period=price.period,
        every=price.every,
        amount=price.amount,
        currency=price.currency,
        name=price.name[:MAX_NAME_CHARACTERS],
        asked_at=now,
    )
    add_once(session, plan, "account_id", "period", "every", "amount", "currency", "name")
    return queries.plan_like(session, plan)


def claim(session: Session, plan_id: UUID) -> PlanCall | None:
    """Take the plan; None when it is made, taken, or not due."""
    plan = claim_one(session, ProviderPlan, plan_id)
    return None if plan is None else PlanCall(plan, stores.provider_account(session, "razorpay", plan.account_id))


def settle(session: Session, asked: PlanCall, outcome: PlanFacts | ProviderError) -> str:
    """Record the plan, or what the failure means; how its work stands. LeaseLost for a late holder."""
    plan = asked.plan
    if isinstance(outcome, ProviderError):
        settle_error(session, plan, outcome)
        return plan.work_status
    if (outcome.amount, outcome.currency) != (plan.amount, plan.currency):
        settle_failed(session, plan, "the provider's plan has another amount", final=True)
        return plan.work_status
    plan.provider_plan_id = outcome.id
    settle_done(session, plan)
    record(session, SYSTEM, "provider_plan.made", plan, cause=outcome.id)
    return plan.work_status


def settle_error(session: Session, row: ProviderPlan | ProviderSubscription, error: ProviderError) -> None:
    """What a failed call means for a plan or a subscription: looked for, tried again, or refused for good."""
    if isinstance(error, Unknown):
        wait = LOOK_UP_SECONDS[min(row.attempts, len(LOOK_UP_SECONDS)) - 1]
        settle_unknown(session, row, error, look_up_in_seconds=wait)
        return
    is_refused = isinstance(error, Rejected)
    is_new = (row.provider_plan_id if isinstance(row, ProviderPlan) else row.provider_subscription_id) is None
    settle_failed(session, row, error, counts=is_refused, final=is_refused and is_new, wait_seconds=error.retry_after_seconds)
