"""A subscription in words: what comes, how often, in which shift."""

import calendar
from collections.abc import Mapping
from uuid import UUID

from app.catalog.models import Name
from app.subscriptions.coming import Agreed, Item
from app.subscriptions.rules import WEEKDAYS, words


def rhythm(agreed: Agreed) -> str:
    """`every morning`, `on Monday and Friday, in the evening`."""
    often = words(agreed.rule, agreed.anchor_on)
    if often == "every day":
        return f"every {agreed.shift}"
    return often if agreed.shift == "morning" else f"{often}, in the evening"


def goods(agreed: Agreed, names: Mapping[UUID, Name]) -> list[str]:
    """A line for each thing: `2 × Milk, 500 ml; 4 on Sunday`."""
    return [_item(item, names[item.variant_id]) for item in agreed.items]


def sentence(agreed: Agreed, names: Mapping[UUID, Name]) -> str:
    """`2 × Milk, 500 ml; 4 on Sunday, every morning`."""
    return f"{' and '.join(goods(agreed, names))}, {rhythm(agreed)}"


def _item(item: Item, name: Name) -> str:
    usual = f"{item.quantity or 'no'} × {name.name}, {name.unit}"
    others = {
        weekday: quantity for weekday, quantity in item.by_weekday.items() if quantity != item.quantity and weekday in WEEKDAYS
    }
    by_quantity: dict[int, list[str]] = {}
    for weekday in WEEKDAYS:
        if weekday in others:
            by_quantity.setdefault(others[weekday], []).append(calendar.day_name[WEEKDAYS.index(weekday)])
    told = [f"{quantity or 'none'} on {_listed(days)}" for quantity, days in by_quantity.items()]
    return "; ".join([usual, *told])


def _listed(days: list[str]) -> str:
    *first, last = days
    return f"{', '.join(first)} and {last}" if first else last
