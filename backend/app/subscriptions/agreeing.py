"""Terms as rows: what is agreed from a day on is written here, and nowhere else."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

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
        "items": {str(item.variant_id): item.quantity for item in agreed.items},
    }
