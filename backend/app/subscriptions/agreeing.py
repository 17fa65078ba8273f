"""Terms as rows: what is agreed from a day on is written here, and nowhere else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.core.ids import new_id
from app.subscriptions.coming import Agreed, Item
from app.subscriptions.models import Subscription, SubscriptionLine, SubscriptionTerms


def write(session: Session, subscription: Subscription, agreed: Agreed) -> SubscriptionTerms:
    """The subscription's terms from `agreed.from_on` on. Its row is there already; UNIQUE per day."""
    terms = SubscriptionTerms(
        store_id=subscription.store_id,
        id=new_id(),
        subscription_id=subscription.id,
        from_on=agreed.from_on,
        rule=agreed.rule.as_dict(),
        anchor_on=agreed.anchor_on,
        address_id=agreed.address_id,
        shift=agreed.shift,
    )
    session.add(terms)
    session.flush()
    session.add_all(_lines(terms, agreed.items))
    session.flush()
    return terms


def put(session: Session, subscription: Subscription, before: Sequence[Agreed], after: Sequence[Agreed]) -> None:
    """All that is agreed, in place of what was: only terms that differ are written anew. The subscription is locked."""
    gone = [one.from_on for one in before if one not in after]
    found = select(col(SubscriptionTerms.id)).where(
        SubscriptionTerms.subscription_id == subscription.id, col(SubscriptionTerms.from_on).in_(gone)
    )
    ids = session.execute(found).scalars().all() if gone else []
    if ids:
        session.execute(delete(SubscriptionLine).where(col(SubscriptionLine.terms_id).in_(ids)))
        session.execute(delete(SubscriptionTerms).where(col(SubscriptionTerms.id).in_(ids)))
    for one in after:
        if one not in before:
            write(session, subscription, one)


def items_of(quantities: dict[UUID, int]) -> list[Item]:
    """The same on every day."""
    return [Item(variant_id, quantity) for variant_id, quantity in quantities.items()]


def _lines(terms: SubscriptionTerms, items: Sequence[Item]) -> Sequence[SubscriptionLine]:
    return [
        SubscriptionLine(
            store_id=terms.store_id,
            id=new_id(),
            subscription_id=terms.subscription_id,
            terms_id=terms.id,
            position=position,
            variant_id=item.variant_id,
            quantity=item.quantity,
            by_weekday=dict(item.by_weekday),
        )
        for position, item in enumerate(items)
    ]


def facts(agreed: Agreed) -> dict[str, object]:
    """What an audit entry keeps of it."""
    return {
        "from_on": agreed.from_on.isoformat(),
        "rule": agreed.rule.as_dict(),
        "anchor_on": agreed.anchor_on.isoformat(),
        "shift": agreed.shift,
        "address_id": str(agreed.address_id),
        "items": {str(item.variant_id): [item.quantity, dict(item.by_weekday)] for item in agreed.items},
    }
