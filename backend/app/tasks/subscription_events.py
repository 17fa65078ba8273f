"""What a provider's events about the schedules it keeps mean: a reason to look. Any order and any number end alike."""

from sqlmodel import Session

from app.inbox.models import ProviderEvent
from app.payments import provider_subscriptions
from app.stores.service import Account
from app.tasks.recurring_events import entity_of, id_in

TYPES = (
    "authenticated", "activated", "charged", "completed", "updated", "pending", "halted", "cancelled", "paused", "resumed",
)  # fmt: skip


def read_subscription(_account: Account, event: ProviderEvent) -> str:
    """Nothing is fetched here: the row that is woken has its own call."""
    return id_in(event, "subscription")


def hear_of_subscription(session: Session, event: ProviderEvent, provider_subscription_id: str) -> str:
    agreement = provider_subscriptions.hear(session, provider_subscription_id)
    event.subject_id = agreement.subscription_id
    return f"nothing; it is {agreement.status}" if agreement.is_final else "the provider's subscription is looked at"


def read_invoice(_account: Account, event: ProviderEvent) -> str | None:
    """Whose cycle was paid; None for an invoice that belongs to no subscription."""
    subscription_id = entity_of(event, "invoice").get("subscription_id")
    return subscription_id if isinstance(subscription_id, str) else None


def hear_of_invoice(session: Session, event: ProviderEvent, provider_subscription_id: str | None) -> str:
    if provider_subscription_id is None:
        return "nothing; the invoice belongs to no subscription"
    return hear_of_subscription(session, event, provider_subscription_id)
