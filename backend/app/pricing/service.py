"""Prices a basket of what a store sells, by the store's own settings."""

from collections.abc import Iterable
from typing import Any

from app.catalog.models import Sellable
from app.pricing.rules import BasketLine, PricedBasket, Terms, price_basket
from app.stores.models import Store


def price(store: Store, goods: Iterable[tuple[Sellable, int]], delivery_state_code: str | None = None) -> PricedBasket:
    """What these pieces cost, delivered to a state (None: not known yet, taken as the store's own).

    All of them come from one price list, so all include tax or none does.
    """
    goods = list(goods)
    lines = [
        BasketLine(item.variant_id, quantity, item.amount, item.rate_bp, item.is_exempt, item.hsn) for item, quantity in goods
    ]
    return price_basket(lines, _terms(store, delivery_state_code, includes_tax=all(item.includes_tax for item, _ in goods)))


def _terms(store: Store, delivery_state_code: str | None, *, includes_tax: bool) -> Terms:
    """The store's settings under `pricing`: shipping_amount, free_shipping_from_amount, rounds_to_rupee."""
    ours: dict[str, Any] = store.settings.get("pricing", {})
    return Terms(includes_tax=includes_tax, within_state=delivery_state_code in (None, store.state_code), **ours)
