"""The states of a subscription that the provider keeps. Those that live may follow each other in any order; ends are ends.

created → authenticated → active ⇄ pending → halted → active, active ⇄ paused; each may be cancelled, completed or expired.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

Wish = Literal["pause", "resume", "cancel", "cancel_at_cycle_end"]

RANKS: Final = {
    "asked": 0,  # ours: the provider does not know of it yet,
    "refused": 4,  # or does not want it
    "created": 1,
    "authenticated": 2,
    "active": 3,
    "pending": 3,
    "halted": 3,
    "paused": 3,
    "cancelled": 4,
    "completed": 4,
    "expired": 4,
}
FINAL: Final = tuple(status for status, rank in RANKS.items() if rank == RANKS["cancelled"])
NOT_BEGUN: Final = ("asked", "created", "authenticated")
POSSIBLE: Final[dict[str, tuple[str, ...]]] = {  # from which states a wish can be carried out; elsewhere it is refused or done
    "pause": ("active",),
    "resume": ("paused",),
}
LOOK_SECONDS: Final = {  # how long a silence may last: webhooks usually come at once
    "created": 600.0,
    "authenticated": 24 * 3600.0,
    "active": 24 * 3600.0,
    "pending": 6 * 3600.0,
    "halted": 24 * 3600.0,
    "paused": 24 * 3600.0,
}
AFTER_CHARGE: Final = timedelta(minutes=5)  # when it has been charged, if nobody told


def is_news(present: str, paid_count: int, told: str, told_paid_count: int) -> bool:
    """Whether what was read is as new as what we know: a final state stays, and payments are only ever added."""
    if present in FINAL:
        return False
    return RANKS[told] >= RANKS[present] and told_paid_count >= paid_count


def look_in(status: str, charge_at: datetime | None, now: datetime) -> float:
    """Seconds until the provider is asked again without anybody having told us anything."""
    seconds = LOOK_SECONDS[status]
    if charge_at is None or status not in ("authenticated", "active"):
        return seconds
    charged = (charge_at + AFTER_CHARGE - now).total_seconds()
    return min(seconds, max(charged, AFTER_CHARGE.total_seconds()))
