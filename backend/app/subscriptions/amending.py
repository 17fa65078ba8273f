"""Changes of what is agreed, from a day on: pure functions over all that is agreed, in order of its days.

What was changed for later stays as it was changed; all else of it follows. Whoever has agreed to two bottles from January on
and moves house in December has two bottles at the new house in January.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.subscriptions.coming import Agreed, Item, Shift
from app.subscriptions.errors import LinesInvalid, NotInSubscription
from app.subscriptions.rules import Rule


@dataclass(frozen=True)
class Swap:
    """One variant in the place of another; `quantity` None: as many as of the other, on every weekday."""

    variant_id: UUID
    with_variant_id: UUID
    quantity: int | None = None


@dataclass(frozen=True)
class Amendment:
    """What shall be different; None, and variants that `items` does not name: as before.

    Each item takes the place of the one of its variant, or comes in; with no quantity on any day it is taken out.
    """

    items: Sequence[Item] = ()
    swap: Swap | None = None
    rule: Rule | None = None
    address_id: UUID | None = None
    shift: Shift | None = None

    @property
    def changes_goods_or_rhythm(self) -> bool:
        return bool(self.items or self.swap or self.rule)


def amend(agreed: Sequence[Agreed], from_on: date, wanted: Amendment) -> list[Agreed]:
    """What is agreed with the amendment in it, from `from_on` on, or from the very beginning if that is later.

    A rule starts a new anchor; nothing else moves a date. Made again, it changes nothing more. NotInSubscription, LinesInvalid.
    """
    from_on = max(from_on, agreed[0].from_on)
    place = max(place for place, one in enumerate(agreed) if one.from_on <= from_on)
    before = agreed[place]
    after = replace(_applied(before, wanted, from_on), from_on=from_on)
    kept = agreed[:place] if before.from_on == from_on else agreed[: place + 1]
    return _with([*kept, after], before, agreed[place + 1 :], wanted.swap)


def take_back(agreed: Sequence[Agreed], from_on: date) -> list[Agreed]:
    """What is agreed without the change that begins on that very day. The first terms are no change."""
    place = next((place for place, one in enumerate(agreed) if place and one.from_on == from_on), None)
    if place is None:
        return list(agreed)
    return _with(agreed[:place], agreed[place], agreed[place + 1 :])


def _applied(before: Agreed, wanted: Amendment, from_on: date) -> Agreed:
    items = list(before.items)
    if wanted.swap:
        items = _swapped(items, wanted.swap)
    for item in wanted.items:
        items = _placed(items, item)
    after = replace(before, items=items, address_id=wanted.address_id or before.address_id, shift=wanted.shift or before.shift)
    return replace(after, rule=wanted.rule, anchor_on=from_on) if wanted.rule else after


def _swapped(items: Sequence[Item], swap: Swap) -> list[Item]:
    known = {item.variant_id for item in items}
    if swap.variant_id not in known and swap.with_variant_id in known:
        return list(items)  # done already
    if swap.variant_id not in known:
        raise NotInSubscription(field="swap.variant_id")
    if swap.with_variant_id in known:
        raise LinesInvalid("what shall come in its place is in the subscription already", field="swap.with_variant_id")
    return [_in_place_of(item, swap) if item.variant_id == swap.variant_id else item for item in items]


def _in_place_of(item: Item, swap: Swap) -> Item:
    if swap.quantity is None:
        return replace(item, variant_id=swap.with_variant_id)
    return Item(swap.with_variant_id, swap.quantity)


def _placed(items: Sequence[Item], wanted: Item) -> list[Item]:
    """In its variant's place, or behind the others; not at all if nothing of it is wanted on any day."""
    is_wanted = bool(wanted.quantity or any(wanted.by_weekday.values()))
    if wanted.variant_id not in {item.variant_id for item in items}:
        return [*items, wanted] if is_wanted else list(items)
    return [
        wanted if item.variant_id == wanted.variant_id else item
        for item in items
        if is_wanted or item.variant_id != wanted.variant_id
    ]


def _with(first: Sequence[Agreed], before: Agreed, later: Sequence[Agreed], swap: Swap | None = None) -> list[Agreed]:
    """`first`, and what was changed for later, as it follows from the new state instead of from `before`.

    A swap goes on in what was changed for later: two of the old from January on are two of the new.
    """
    found = list(first)
    for one in later:
        found.append(_rebased(_as_if(one, swap), _as_if(before, swap), found[-1]))
        before = one
    return [
        one
        for place, one in enumerate(found)
        if not place or replace(one, from_on=found[place - 1].from_on) != found[place - 1]
    ]


def _as_if(agreed: Agreed, swap: Swap | None) -> Agreed:
    """With the new in the place of the old, where there is only the old."""
    known = {item.variant_id for item in agreed.items}
    if swap is None or swap.variant_id not in known or swap.with_variant_id in known:
        return agreed
    return replace(agreed, items=_swapped(agreed.items, replace(swap, quantity=None)))


def _rebased(later: Agreed, before: Agreed, now: Agreed) -> Agreed:
    """`later` where it differs from `before`, else `now`."""
    items = list(now.items)
    old = {item.variant_id: item for item in before.items}
    wanted = {item.variant_id: item for item in later.items}
    for variant_id in [*wanted, *(one for one in old if one not in wanted)]:
        if wanted.get(variant_id) != old.get(variant_id):
            items = _placed(items, wanted.get(variant_id, Item(variant_id, 0)))
    has_own_rhythm = (later.rule, later.anchor_on) != (before.rule, before.anchor_on)
    return Agreed(
        from_on=later.from_on,
        rule=later.rule if has_own_rhythm else now.rule,
        anchor_on=later.anchor_on if has_own_rhythm else now.anchor_on,
        address_id=later.address_id if later.address_id != before.address_id else now.address_id,
        items=items,
        shift=later.shift if later.shift != before.shift else now.shift,
    )
