"""Limits of a cart, and why it cannot become an order as it stands."""

from dataclasses import dataclass
from uuid import UUID

MAX_QUANTITY = 99  # pieces of one variant: more is a wholesale order or a slip of the finger
MAX_LINES = 100  # a family's month fits in; keeps one view, one order and one invoice small


@dataclass(frozen=True)
class CartProblem:
    """A reason why the cart cannot be placed, and in `detail` what fixes it."""

    code: str  # cart_empty | no_longer_sold | out_of_stock | not_enough_stock
    detail: str
    variant_id: UUID | None = None
    available_quantity: int | None = None


EMPTY = CartProblem("cart_empty", "The cart is empty: put something in.")


def line_problem(variant_id: UUID, name: str, quantity: int, available: int, *, is_sold: bool) -> CartProblem | None:
    """What is wrong with a line; None when it can be placed."""
    if not is_sold:
        return CartProblem("no_longer_sold", f"{name} is no longer sold: take it out.", variant_id, 0)
    if available <= 0:
        return CartProblem("out_of_stock", f"{name} is sold out: take it out, or come back later.", variant_id, 0)
    if available < quantity:
        fix = f"Only {available} of {name} left: lower the quantity to {available}."
        return CartProblem("not_enough_stock", fix, variant_id, available)
    return None
