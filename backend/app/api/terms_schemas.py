"""What is agreed in a subscription, on the wire."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.subscriptions.coming import Agreed, Shift
from app.subscriptions.viewing import SubscriptionView
from app.subscriptions.wording import rhythm, sentence


class SubscriptionLineOut(BaseModel):
    """`by_weekday`: other quantities on these weekdays, `{"sun": 2}`; 0 leaves it out."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: int
    by_weekday: dict[str, int]


class TermsOut(BaseModel):
    """What is agreed from a day on: `text` says it for people."""

    from_on: date
    rule: dict[str, Any]
    rule_text: str
    text: str
    anchor_on: date
    shift: Shift
    lines: list[SubscriptionLineOut]
    address: dict[str, str]

    @classmethod
    def of(cls, agreed: Agreed, view: SubscriptionView) -> "TermsOut":
        return cls(
            from_on=agreed.from_on,
            rule=agreed.rule.as_dict(),
            rule_text=rhythm(agreed),
            text=sentence(agreed, view.names),
            anchor_on=agreed.anchor_on,
            shift=agreed.shift,
            lines=_lines(agreed, view),
            address=dict(view.addresses[agreed.address_id]),
        )


def _lines(agreed: Agreed, view: SubscriptionView) -> list[SubscriptionLineOut]:
    return [
        SubscriptionLineOut(
            variant_id=item.variant_id,
            quantity=item.quantity,
            by_weekday=dict(item.by_weekday),
            **view.names[item.variant_id]._asdict(),
        )
        for item in agreed.items
    ]
