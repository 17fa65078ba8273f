"""A subscription that the payment provider bills: where its customer approves it, or gives another card."""

from uuid import UUID

from sqlmodel import Session

from app.api.doors import OpenVisit, Visit
from app.api.problems import PROVIDER_RESPONSES
from app.api.routing import Router
from app.api.subscription_schemas import ProviderScheduleOut
from app.api.subscriptions import calendar_of
from app.core.work import unit_of_work
from app.payments import provider_subscription_queries as agreements
from app.payments.errors import PaymentNotStarted, PaymentRefused
from app.payments.provider_subscription_models import ProviderSubscription
from app.subscriptions import provider_agreeing, queries, viewing
from app.subscriptions.errors import NotBilledByProvider, NotOnSale, StillApproved
from app.subscriptions.models import Subscription
from app.subscriptions.provider_visits import look_at
from app.subscriptions.states import LIVE

router = Router(prefix="/api/v1/subscriptions", tags=["subscriptions"])


@router.post("/{subscription_id}/provider-approval", responses=PROVIDER_RESPONSES)
def approve_at_provider(visit: OpenVisit, subscription_id: UUID) -> ProviderScheduleOut:
    """Take the customer to `approve_url`, where the subscription is approved, or another card given after a payment failed.

    Where the last agreement has ended, a new one is asked for, at today's price. Safe to repeat. What became of it shows in the
    subscription's own `status`, as soon as the provider has told.
    """
    return ask_provider(visit, subscription_id)


def ask_provider(visit: Visit, subscription_id: UUID) -> ProviderScheduleOut:
    """NotBilledByProvider, StillApproved; PaymentNotStarted: it waits for the provider, come again; PaymentRefused."""
    with unit_of_work(visit.store.id) as session:
        subscription = queries.get(session, subscription_id, visit.customer_id, lock=True)
        if subscription.billing_owner != "provider" or subscription.status not in LIVE:
            raise NotBilledByProvider
        agreement = provider_agreeing.to_approve(session, subscription) or _agree_anew(session, subscription, visit)
    look_at(visit.store.id, agreement.id)
    with unit_of_work(visit.store.id) as session:
        agreement = agreements.get(session, agreement.id)
    if agreement.status == "refused":
        raise PaymentRefused
    if agreement.status in ("authenticated", "active"):
        raise StillApproved(provider_status=agreement.status)
    if agreement.short_url is None:
        raise PaymentNotStarted(retry_after_seconds=5)
    return ProviderScheduleOut.of(agreement)


def _agree_anew(session: Session, subscription: Subscription, visit: Visit) -> ProviderSubscription:
    at = calendar_of(session, visit)
    price = viewing.view(session, subscription, today=at.today).price_amount
    if price is None:
        raise NotOnSale
    return provider_agreeing.agree(session, subscription, price, calendar=at, actor=visit.actor)
