"""Limits of a cart, what has changed since the shopper looked, and why it cannot become an order as it stands."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.core.money import format_money

MAX_QUANTITY = 99  # pieces of one variant: more is a wholesale order or a slip of the finger
MAX_LINES = 100  # a family's month fits in; keeps one view, one order and one invoice small


@dataclass(frozen=True)
class CartProblem:
    """A reason why the cart cannot be placed, and in `detail` what fixes it."""

    code: str  # cart_empty | no_longer_sold | out_of_stock | not_enough_stock | price_changed
    detail: str
    variant_id: UUID | None = None
    available_quantity: int | None = None
    seen_amount: int | None = None  # what a piece cost, and costs now, where that is the problem; paise
    new_amount: int | None = None


@dataclass(frozen=True)
class PriceChange:
    """A piece costs something else than when its line was put into the cart."""

    variant_id: UUID
    seen_amount: int
    new_amount: int

    @property
    def code(self) -> Literal["price_rose", "price_fell"]:
        return "price_rose" if self.new_amount > self.seen_amount else "price_fell"


EMPTY = CartProblem("cart_empty", "The cart is empty: put something in.")


def price_change(variant_id: UUID, seen_amount: int | None, new_amount: int) -> PriceChange | None:
    """None where nothing changed, or nothing is known of what was shown."""
    if seen_amount is None or seen_amount == new_amount:
        return None
    return PriceChange(variant_id, seen_amount, new_amount)


def line_problem(variant_id: UUID, name: str, quantity: int, available: int, *, is_sold: bool) -> CartProblem | None:
    """What is wrong with a line; None when it can be had."""
    if not is_sold:
        return CartProblem("no_longer_sold", f"{name} is no longer sold: take it out.", variant_id, 0)
    if available <= 0:
        return CartProblem("out_of_stock", f"{name} is sold out: take it out, or come back later.", variant_id, 0)
    if available < quantity:
        fix = f"Only {available} of {name} left: lower the quantity to {available}."
        return CartProblem("not_enough_stock", fix, variant_id, available)
    return None


def price_problem(name: str, change: PriceChange | None, currency: str, available: int) -> CartProblem | None:
    """Nobody pays a price they were never shown: one that rose is to be agreed to. One that fell is not."""
    if change is None or change.code == "price_fell":
        return None
    seen, now = (format_money(amount, currency) for amount in (change.seen_amount, change.new_amount))
    fix = f"{name} costs {now} now, no longer {seen}: set its quantity again to agree, or take it out."
    amounts = {"seen_amount": change.seen_amount, "new_amount": change.new_amount}
    return CartProblem("price_changed", fix, change.variant_id, available, **amounts)
