"""What a change of the shelf may be called, and its limits."""

from enum import StrEnum

from app.stock.errors import ReasonDoesNotFit

MAX_PIECES = (
    1_000_000  # in one receipt, change or count: more is a slip of the finger, and sums stay far below an integer's end
)
MAX_RECEIPT_LINES = 500  # a lorry's delivery note; one statement and one answer stay small
MAX_COUNT_LINES = 2_000  # one count is closed in one transaction; a larger shop counts by category


class Reason(StrEnum):
    """Why the shelf holds more or less than was written."""

    DAMAGED = "damaged"
    EXPIRED = "expired"
    FOUND = "found"
    CORRECTION = "correction"


TAKES_AWAY = {Reason.DAMAGED, Reason.EXPIRED}
ADDS = {Reason.FOUND}


def check_change(reason: Reason, change: int) -> None:
    """ReasonDoesNotFit for nothing, too much, or a change in the direction that its reason does not have."""
    if change == 0 or abs(change) > MAX_PIECES:
        raise ReasonDoesNotFit(f"a change is 1 to {MAX_PIECES} pieces, more or less", field="change")
    if (change > 0 and reason in TAKES_AWAY) or (change < 0 and reason in ADDS):
        allowed = sorted(one for one in Reason if one not in (TAKES_AWAY if change > 0 else ADDS))
        raise ReasonDoesNotFit(field="reason", allowed=allowed)
