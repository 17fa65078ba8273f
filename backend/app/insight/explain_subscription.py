"""Why is this subscription as it is: its own changes, its mandate's, its deliveries' and what its customer was told."""

from sqlmodel import Session, col, select

from app.insight.explain import Explanation, audit_facts, event_facts, message_facts
from app.notifications import queries as notifications
from app.subscriptions.models import Cycle, Subscription
from app.subscriptions.rules import words

MAX_CYCLES = 100  # the newest: a daily one has more than anybody reads


def subscription(session: Session, row: Subscription) -> Explanation:
    """The subscription's story, oldest first. Reads only."""
    newest = select(Cycle).where(Cycle.subscription_id == row.id).order_by(col(Cycle.delivers_on).desc()).limit(MAX_CYCLES)
    cycles = session.exec(newest).all()
    messages = notifications.about(session, "subscriptions", row.id)
    objects = [row.id, *([row.mandate_id] if row.mandate_id else []), *(cycle.id for cycle in cycles)]
    facts = [
        *audit_facts(session, objects, messages),
        *(event_facts(session, row.mandate_id) if row.mandate_id else []),
        *message_facts(messages),
    ]
    return Explanation(_summary(row, len(cycles)), sorted(facts, key=lambda fact: fact.at), [])


def _summary(row: Subscription, decided: int) -> str:
    paid = "by mandate" if row.pays_by_mandate else "on delivery"
    coming = f"the next delivery is on {row.next_on}" if row.next_on else "no delivery is to come"
    return (
        f"This subscription delivers {words(row.recurrence, row.anchor_on)}, counted from {row.anchor_on}, paid {paid}. "
        f"It is {row.status.replace('_', ' ')}; {coming}. {decided} deliveries were decided so far."
    )
