"""Ask for a subscription whose schedule the provider keeps: a row, made there after the commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.work import defer, store_of
from app.payments import provider_plans
from app.payments.provider_plans import Price
from app.payments.provider_subscription_models import ProviderSubscription

APPROVE_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Agreement:
    """What is agreed with the customer: that price, so many times, from then on (None: from the approval on)."""

    price: Price
    total_count: int
    start_at: datetime | None
    approve_by: datetime | None = None  # a week from now at the latest


def ask(
    session: Session, subscription_id: UUID, customer_id: UUID, terms: Agreement, *, now: datetime, actor: Actor
) -> ProviderSubscription:
    """A new one for the customer to approve. Nothing is asked of the provider yet; its nudge does, or whoever cannot wait.

    One that lives per subscription, by the database.
    """
    plan = provider_plans.plan_for(session, terms.price, now)
    limits = (now + APPROVE_WITHIN, terms.start_at, terms.approve_by)
    agreement = ProviderSubscription(
        store_id=store_of(session),
        customer_id=customer_id,
        subscription_id=subscription_id,
        account_id=plan.account_id,
        plan_id=plan.id,
        total_count=terms.total_count,
        start_at=terms.start_at,
        expire_by=min(limit for limit in limits if limit),
        asked_at=now,
    )
    session.add(agreement)
    session.flush()
    cause = f"every {terms.price.every}, {terms.price.period}, {terms.total_count} times"
    record(session, actor, "provider_subscription.asked", agreement, {"amount": [None, terms.price.amount]}, cause=cause)
    defer(session, "look_at_provider_subscription", agreement.id)
    return agreement
