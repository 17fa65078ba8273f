"""The states of an order, in one table. Payment has its own column; both are facts of their own."""

from collections.abc import Collection
from typing import Final

from app.orders.errors import MoveNotAllowed

MOVES: Final[dict[str, frozenset[str]]] = {
    "pending_payment": frozenset({"confirmed", "cancelled"}),
    "confirmed": frozenset({"packed", "out_for_delivery", "delivered", "cancelled"}),  # the last piece may be cancelled last
    "packed": frozenset({"out_for_delivery", "delivered", "cancelled"}),
    "out_for_delivery": frozenset({"packed", "delivered"}),  # nobody was at home: back, and out again
    "delivered": frozenset(),
    "cancelled": frozenset(),  # but for a late payment, which revives one that was merely not paid in time
}
STATUSES = tuple(MOVES)
PAYMENT_STATUSES = ("unpaid", "authorised", "paid")
LINE_KINDS = ("goods", "shipping")
CANCEL_REASONS = ("expired", "customer", "staff")

SHIPMENT_MOVES: Final[dict[str, frozenset[str]]] = {
    "packed": frozenset({"out_for_delivery", "cancelled"}),
    "out_for_delivery": frozenset({"delivered", "packed"}),
    "delivered": frozenset(),
    "cancelled": frozenset(),
}
SHIPMENT_STATUSES = tuple(SHIPMENT_MOVES)
REDUCTION_REASONS = (
    "cancelled",
    "line_cancelled",
    "weight",
    "not_delivered",
    "short",
    "spoilt",
    "unwanted",
    "goodwill",
    "made_at_provider",
)
RETURN_REASONS = ("not_delivered", "short", "spoilt", "unwanted")
RETURN_STATUSES = ("reported", "accepted", "declined")


def moves_from(present: str) -> list[str]:
    """What an order that is `present` may become next: what a refusal names, and the order itself to those who move it."""
    return sorted(MOVES[present])


def check_move(present: str, wanted: str) -> None:
    """MoveNotAllowed names what would be allowed instead."""
    if wanted not in MOVES[present]:
        raise MoveNotAllowed(f"an order that is {present} cannot become {wanted}", present=present, allowed=moves_from(present))


def check_shipment_move(present: str, wanted: str) -> None:
    """MoveNotAllowed names what would be allowed instead."""
    if wanted not in SHIPMENT_MOVES[present]:
        raise MoveNotAllowed(
            f"a shipment that is {present} cannot become {wanted}", present=present, allowed=sorted(SHIPMENT_MOVES[present])
        )


def next_status(open_pieces: int, packed_pieces: int, shipments: Collection[str]) -> str:
    """Where an order of which something is paid or promised stands: where its least advanced piece is.

    `open_pieces` wait to be packed, `packed_pieces` are in shipments, whose statuses are `shipments` (cancelled ones left out).
    """
    if open_pieces:
        return "confirmed"
    if not packed_pieces:
        return "cancelled"
    return min(shipments, key=list(SHIPMENT_MOVES).index)


def order_number(prefix: str, year: int, serial: int) -> str:
    """`ORD-26-000123`: for people; per store and year, gaps allowed."""
    return f"{prefix}-{year % 100:02d}-{serial:06d}"
