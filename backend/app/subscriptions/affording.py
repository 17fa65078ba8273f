"""Whether what a customer wishes for can be sold, and is within what their mandate allows."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.catalog import service as catalog
from app.payments import mandate_queries as mandates
from app.payments.debit_rules import MAX_UNATTENDED_AMOUNT
from app.pricing import service as pricing
from app.stores import service as stores
from app.subscriptions.coming import Agreed
from app.subscriptions.errors import MandateLimitExceeded, MandateLimitTooHigh, NotOnSale
from app.subscriptions.models import Subscription


def most(agreed: Agreed) -> dict[UUID, int]:
    """A delivery that holds the most of everything: none of these terms is dearer."""
    return {item.variant_id: max(item.quantity, *item.by_weekday.values(), 1) for item in agreed.items}


def check_on_sale(session: Session, variant_ids: set[UUID], day: date, field: str = "lines") -> None:
    """NotOnSale names those that are not."""
    known = {item.variant_id for item in catalog.sellable(session, variant_ids, day)} if variant_ids else set()
    if missing := sorted(str(one) for one in variant_ids - known):
        raise NotOnSale(field=field, variant_ids=missing)


def check_limit(
    session: Session, subscription: Subscription, quantities: Mapping[UUID, int], address: Mapping[str, Any], day: date
) -> None:
    """MandateLimitExceeded where a delivery of these on that day costs more than a debit may take; `minimum` is its price.

    It is not debited but blocked until its customer approved a higher limit: nobody has agreed to more than that.
    """
    if subscription.mandate_id is None:
        return
    mandate = mandates.get(session, subscription.mandate_id)
    amount = price(session, quantities, address, day)
    if amount > MAX_UNATTENDED_AMOUNT:
        raise MandateLimitTooHigh(field="lines", maximum=MAX_UNATTENDED_AMOUNT, price=amount)
    if amount > mandate.max_amount:
        raise MandateLimitExceeded(minimum=amount, max_amount=mandate.max_amount)


def price(session: Session, quantities: Mapping[UUID, int], address: Mapping[str, Any], day: date) -> int:
    """In paise, of as much of it as is on sale."""
    goods = [(item, quantities[item.variant_id]) for item in catalog.sellable(session, quantities, day)]
    return pricing.price(stores.get(session), goods, address["state_code"]).total_amount if goods else 0
