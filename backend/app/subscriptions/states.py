"""The states of a subscription, in one table."""

from typing import Final, Literal

from app.subscriptions.errors import SubscriptionMoveNotAllowed

Status = Literal["awaiting_mandate", "active", "paused", "action_needed", "completed", "cancelled"]

MOVES: Final[dict[str, frozenset[Status]]] = {
    "awaiting_mandate": frozenset({"active", "cancelled"}),
    "active": frozenset({"paused", "action_needed", "completed", "cancelled"}),
    "paused": frozenset({"active", "action_needed", "completed", "cancelled"}),
    "action_needed": frozenset({"active", "cancelled"}),  # its mandate was paused or revoked: nothing is planned meanwhile
    "completed": frozenset({"active", "awaiting_mandate"}),  # its last delivery was decided; it may be taken up again
    "cancelled": frozenset({"active", "awaiting_mandate"}),
}
LIVE: Final = ("awaiting_mandate", "active", "paused", "action_needed")


def check_move(present: str, wanted: Status) -> None:
    """SubscriptionMoveNotAllowed names what would be allowed instead."""
    if wanted not in MOVES[present]:
        raise SubscriptionMoveNotAllowed(
            f"a subscription that is {present.replace('_', ' ')} cannot become {wanted.replace('_', ' ')}",
            present=present,
            allowed=sorted(MOVES[present]),
        )
