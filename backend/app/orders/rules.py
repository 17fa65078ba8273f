"""The states of an order, in one table. Payment has its own column; both are facts of their own."""

from typing import Final

from app.orders.errors import MoveNotAllowed

MOVES: Final[dict[str, frozenset[str]]] = {
    "pending_payment": frozenset({"confirmed", "cancelled"}),
    "confirmed": frozenset({"packed", "cancelled"}),
    "packed": frozenset({"out_for_delivery", "cancelled"}),
    "out_for_delivery": frozenset({"delivered"}),
    "delivered": frozenset(),
    "cancelled": frozenset(),
}
STATUSES = tuple(MOVES)
PAYMENT_STATUSES = ("unpaid", "authorised", "paid")


def check_move(present: str, wanted: str) -> None:
    """MoveNotAllowed names what would be allowed instead."""
    if wanted not in MOVES[present]:
        raise MoveNotAllowed(
            f"an order that is {present} cannot become {wanted}", present=present, allowed=sorted(MOVES[present])
        )


def order_number(prefix: str, year: int, serial: int) -> str:
    """`ORD-26-000123`: for people; per store and year, gaps allowed."""
    return f"{prefix}-{year % 100:02d}-{serial:06d}"
