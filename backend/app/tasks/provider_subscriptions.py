"""The schedules that the provider keeps: made there, looked at when somebody tells us something, and told what is wished."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.core import clock
from app.core.celery_app import celery_app
from app.core.errors import LeaseLost, ProviderError
from app.core.work import Nothing, claim_call_settle, unit_of_work
from app.payments import provider_plans, provider_subscription_calls, provider_subscriptions
from app.payments import provider_subscription_queries as queries
from app.payments.provider_subscription_calls import PlanCall, Seen, Visit
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.providers.razorpay_subscription_facts import PlanFacts
from app.stores import service as stores
from app.tasks.draining import drain

BUSY = "somebody else has it"
CALL_LIMITS = {"soft_time_limit": 60, "time_limit": 90}  # seconds; three calls take 60 at most, and then the row waits
URGENT, NORMAL = 9, 6


@celery_app.task(name="app.tasks.provider_subscriptions.look", urgency=URGENT, **CALL_LIMITS)
def look(store_id: str, agreement_id: str) -> dict[str, str]:
    """Have one made at the provider, told what is wished, or looked at. Safe to run twice: the second finds it taken."""
    return {"status": look_at(UUID(store_id), UUID(agreement_id))}


@celery_app.task(name="app.tasks.provider_subscriptions.drain", urgency=NORMAL, **CALL_LIMITS)
def drain_subscriptions(store_id: str) -> dict[str, Any]:
    return {"worked": drain(UUID(store_id), ProviderSubscription, look_at, "drain_provider_subscriptions")}


@celery_app.task(name="app.tasks.provider_subscriptions.drain_plans", urgency=NORMAL, **CALL_LIMITS)
def drain_plans(store_id: str) -> dict[str, Any]:
    return {"worked": drain(UUID(store_id), ProviderPlan, make_plan, "drain_provider_plans")}


def look_at(store_id: UUID, agreement_id: UUID) -> str:
    """The state that the provider's subscription is in afterwards. Its plan is made first, where it is not there yet."""
    with unit_of_work(store_id) as session:
        agreement = queries.get(session, agreement_id)
        plan = queries.plan_of(session, agreement)
    if plan.provider_plan_id is None and not agreement.exists_there:
        make_plan(store_id, plan.id)

    def claim(session: Session) -> Visit | Nothing[str]:
        visit = provider_subscriptions.claim(session, agreement_id)
        return visit or Nothing(queries.get(session, agreement_id).status)

    def settle(session: Session, visit: Visit, outcome: Seen | ProviderError) -> str:
        now = clock.now(stores.get(session))
        if provider_subscriptions.settle(session, visit, outcome) is not None:
            provider_subscriptions.rest(session, queries.get(session, agreement_id), now)
        return queries.get(session, agreement_id).status

    try:
        return claim_call_settle(store_id, claim, provider_subscription_calls.call, settle)
    except LeaseLost:
        return BUSY


def make_plan(store_id: UUID, plan_id: UUID) -> str:
    """How the plan's work stands afterwards."""

    def claim(session: Session) -> PlanCall | Nothing[str]:
        return provider_plans.claim(session, plan_id) or Nothing(session.get_one(ProviderPlan, (store_id, plan_id)).work_status)

    def settle(session: Session, asked: PlanCall, outcome: PlanFacts | ProviderError) -> str:
        return provider_plans.settle(session, asked, outcome)

    try:
        return claim_call_settle(store_id, claim, provider_subscription_calls.make_plan, settle)
    except LeaseLost:
        return BUSY
