"""The schedules that the provider keeps: made there, looked at when somebody tells us something, and told what is wished."""

from typing import Any
from uuid import UUID

from app.core.celery_app import celery_app
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.subscriptions.provider_visits import look_at, make_plan
from app.tasks.draining import drain

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
