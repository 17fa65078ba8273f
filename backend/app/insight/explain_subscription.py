"""Why is this subscription as it is: its own changes, its mandates', its deliveries' and what its customer was told."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.insight import explain
from app.insight.explain import Explanation, Fact, audit_facts, event_facts, message_facts
from app.notifications import queries as notifications
from app.payments import provider_subscription_queries as agreements
from app.subscriptions import plan_queries, queries
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.wording import rhythm

MAX_CYCLES = 100  # the newest: a daily one has more than anybody reads
PAID = {
    "mandate": "by mandate",
    "provider": "by the provider's own schedule",
    "wallet": "from the wallet",
    "pay_link": "by link, each delivery",
    "account": "on account",
    "cash_on_delivery": "in cash on delivery",
}
TOLD_IN_FULL = 5  # deliveries whose orders are told with it; an older order explains itself


def subscription(session: Session, row: Subscription) -> Explanation:
    """The subscription's story, oldest first; each fact of an order begins with the order's number. Reads only."""
    newest = select(Cycle).where(Cycle.subscription_id == row.id).order_by(col(Cycle.delivers_on).desc()).limit(MAX_CYCLES)
    cycles = session.exec(newest).all()
    messages = notifications.about(session, "subscriptions", row.id)
    mandates = _mandates(session, row)
    in_full, told = _of_orders(session, cycles)
    others = [cycle.id for cycle in cycles if cycle.id not in told]
    facts = [
        *audit_facts(session, [row.id, *mandates, *agreements.ids_about(session, row.id), *others], messages),
        *event_facts(session, row.id),
        *(fact for mandate_id in mandates for fact in event_facts(session, mandate_id)),
        *message_facts(messages),
        *in_full,
    ]
    return Explanation(_summary(session, row, len(cycles)), sorted(facts, key=lambda fact: fact.at), [])


def _mandates(session: Session, row: Subscription) -> list[UUID]:
    """The one it pays by, and those which that replaced."""
    replaced = select(AuditEntry.changes).where(
        AuditEntry.object_id == row.id, AuditEntry.action == "subscription.mandate_replaced"
    )
    before = [UUID(changes["mandate_id"][0]) for changes in session.exec(replaced.order_by(col(AuditEntry.id)))]
    return [*before, *([row.mandate_id] if row.mandate_id else [])]


def _of_orders(session: Session, cycles: Sequence[Cycle]) -> tuple[list[Fact], set[UUID]]:
    """What happened to the orders of the newest deliveries, and which deliveries those are."""
    ordered = [cycle.id for cycle in cycles if cycle.status == "created"][:TOLD_IN_FULL]
    made = queries.orders_of_cycles(session, ordered)
    facts = [
        replace(fact, what=f"{order.number}: {fact.what}")
        for order in made.values()
        for fact in explain.order(session, order).facts
    ]
    return facts, set(made)


def _summary(session: Session, row: Subscription, decided: int) -> str:
    agreed = plan_queries.plan(session, row, row.next_on or row.starts_on).agreed_on(row.next_on or row.starts_on)
    coming = f"the next delivery is on {row.next_on}" if row.next_on else "no delivery is to come"
    count = "1 delivery was" if decided == 1 else f"{decided} deliveries were"
    return (
        f"This subscription delivers {rhythm(agreed)}, counted from {agreed.anchor_on}, paid {PAID[row.payment_method]}. "
        f"It is {row.status.replace('_', ' ')}; {coming}. {count} decided so far."
    )
