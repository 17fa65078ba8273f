"""What a provider's events about mandates and notices mean: a reason to look, never the truth."""

from typing import Any

import orjson
from sqlmodel import Session

from app.core.errors import Rejected
from app.inbox.models import ProviderEvent
from app.payments import mandate_queries, mandates, notices
from app.payments import queries as payments
from app.payments.errors import OrderUnknown
from app.providers import registry
from app.providers.razorpay_facts import OrderFacts
from app.stores.service import Account


def entity_of(event: ProviderEvent, kind: str) -> dict[str, Any]:
    """The event's entity of that kind; Rejected when it has none."""
    try:
        entity = orjson.loads(event.body)["payload"][kind]["entity"]
    except (ValueError, KeyError, TypeError):
        entity = None
    if not isinstance(entity, dict):
        raise Rejected(f"the event names no {kind}", reason="malformed_event")
    return entity


def id_in(event: ProviderEvent, kind: str, field: str = "id") -> str:
    value = entity_of(event, kind).get(field)
    if not isinstance(value, str):
        raise Rejected(f"the event's {kind} has no {field}", reason="malformed_event")
    return value


def read_token(_account: Account, event: ProviderEvent) -> str:
    """A token event names neither customer nor order: only by the token's id does it find its mandate."""
    return id_in(event, "token")


def hear_of_token(session: Session, event: ProviderEvent, token_id: str) -> str:
    mandate = mandates.hear(session, token_id)
    event.subject_id = mandate.id
    return f"mandate {mandate.id} is looked at"


def fetch_notified_order(account: Account, event: ProviderEvent) -> OrderFacts:
    return registry.razorpay(account.secrets).fetch_order(id_in(event, "notification", "order_id"))


def apply_notice(session: Session, event: ProviderEvent, order: OrderFacts) -> str:
    found = payments.attempt_of_provider_order(session, order.id)
    if found is None:
        raise OrderUnknown(f"no payment of ours belongs to {order.id}")
    attempt = mandate_queries.attempt_locked(session, found[0].id)
    event.subject_id = found[1].order_id or found[1].top_up_id
    news = notices.apply(session, attempt, order.notice, f"webhook {event.event_type} {event.event_id}")
    return f"notice {news}" if news else "nothing new"
