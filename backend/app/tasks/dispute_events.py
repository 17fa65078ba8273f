"""What a provider's events about disputes and settlements mean: a reason to look, never the truth."""

from sqlmodel import Session

from app.core import clock
from app.core.actor import provider
from app.inbox.models import ProviderEvent
from app.payments import catching_up, disputes
from app.payments import queries as payments
from app.providers import registry
from app.providers.razorpay_report_facts import DisputeFacts
from app.stores import service as stores
from app.stores.service import Account
from app.tasks.recurring_events import id_in


def fetch_dispute(account: Account, event: ProviderEvent) -> DisputeFacts:
    return registry.razorpay(account.secrets).fetch_dispute(id_in(event, "dispute"))


def apply_dispute(session: Session, event: ProviderEvent, facts: DisputeFacts) -> str:
    now, cause = clock.now(stores.get(session)), f"webhook {event.event_type} {event.event_id}"
    dispute, change = disputes.apply_facts(session, facts, provider(event.provider), cause, now)
    event.subject_id = payments.order_id_of_payment(session, dispute.payment_id)
    return f"{change}; dispute {facts.id} is {dispute.status}"


def note_settlement(_account: Account, event: ProviderEvent) -> str:
    """Its lines are what matters, and only the report has them."""
    return id_in(event, "settlement")


def read_report(session: Session, _event: ProviderEvent, settlement_id: str) -> str:
    """Ours or not, the report tells: it is read by the look that comes now."""
    watched = catching_up.want_report(session, clock.now(stores.get(session)))
    return f"settlement {settlement_id}: the report of {watched} accounts is read"
