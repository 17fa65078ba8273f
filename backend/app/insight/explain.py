"""Why is this order as it is? Answered from stored facts alone: audit entries, the provider's events, messages, captures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.inbox.models import ProviderEvent
from app.insight.order_facts import OrderFacts, read, words
from app.insight.summing_up import summary
from app.notifications import queries as notifications
from app.notifications.models import Message
from app.orders.models import Order
from app.payments import mandate_queries
from app.payments.models import Payment

NOTHING: Mapping[UUID, str] = {}


@dataclass(frozen=True)
class Fact:
    """Something that happened: when (by the store's clock), who did it, what, what it answers to, and before → after."""

    at: datetime
    who: str
    what: str
    why: str
    changes: dict[str, Any]
    request_id: str


@dataclass(frozen=True)
class Explanation:
    summary: str
    facts: list[Fact]
    amounts: list[dict[str, Any]]


def order(session: Session, row: Order) -> Explanation:
    """The order's whole story, oldest first; with the cycle and the debits of a subscription's delivery. Reads only."""
    about = read(session, row)
    payment, names = about.payment, about.names()
    messages = notifications.about(session, "orders", row.id)
    objects = [row.id, *([payment.id] if payment else []), *_of_renewal(session, row, payment)]
    facts = [
        *audit_facts(session, objects, messages, names),
        *event_facts(session, row.id),
        *message_facts(messages),
        *receipt_facts(about),
    ]
    return Explanation(summary(about, messages), sorted(facts, key=lambda fact: fact.at), row.pricing["steps"])


def _of_renewal(session: Session, row: Order, payment: Payment | None) -> list[UUID]:
    """What a renewal hangs on: its cycle, and each debit tried for it."""
    debits = mandate_queries.debits_of_payment(session, payment.id) if payment and row.cycle_id else []
    return [*([row.cycle_id] if row.cycle_id else []), *(debit.id for debit in debits)]


def audit_facts(
    session: Session, object_ids: Sequence[UUID], messages: Sequence[Message], names: Mapping[UUID, str] = NOTHING
) -> list[Fact]:
    """What was done to these objects, these messages and whatever else has a name."""
    names = {**names, **{message.id: _name(message) for message in messages}}
    ids = [*object_ids, *names]
    entries = session.exec(select(AuditEntry).where(col(AuditEntry.object_id).in_(ids)).order_by(col(AuditEntry.id)))
    return [_of_audit(entry, names) for entry in entries]


def event_facts(session: Session, subject_id: UUID) -> list[Fact]:
    """What providers told about it."""
    found = select(ProviderEvent).where(ProviderEvent.subject_id == subject_id).order_by(col(ProviderEvent.id))
    return [_of_event(event) for event in session.exec(found)]


def message_facts(messages: Sequence[Message]) -> list[Fact]:
    return [_queued(message) for message in messages]


def receipt_facts(about: OrderFacts) -> list[Fact]:
    """Who answers for what people took: the rider, until it is handed in, or the bank's statement."""
    return [
        Fact(
            one.received_at,
            "staff",
            f"receipt for {about.money(one.amount)} {'in cash' if one.rider_id else 'by bank transfer'}",
            one.reference or ("the rider has handed it in" if one.handover_id else "the rider holds it"),
            {},
            "",
        )
        for one in about.receipts
    ]


def _of_audit(entry: AuditEntry, names: Mapping[UUID, str]) -> Fact:
    """What became of a thing with a name is told by it: `order_confirmation by email delivered`."""
    who, what = entry.actor_label or entry.actor_kind, entry.action
    if entry.object_id in names:
        what = f"{names[entry.object_id]} {words(what.partition('.')[2])}"
    return Fact(entry.happened_at or entry.created_at, who, what, entry.cause, entry.changes, entry.request_id)


def _of_event(event: ProviderEvent) -> Fact:
    what = f"{event.provider} sent {event.event_type}"
    at, why = event.happened_at or event.created_at, f"{event.event_id}: {event.outcome or event.work_status}"
    return Fact(at, event.provider, what, why, {}, "")


def _queued(message: Message) -> Fact:
    return Fact(message.happened_at or message.created_at, "system", f"{_name(message)} queued", message.event_key, {}, "")


def _name(message: Message) -> str:
    return f"{message.template} by {message.channel}"
