"""The states of a dispute, and where its money is. While it is open it may go to and fro; what is decided stays decided."""

OPEN = ("open", "under_review", "action_required")
DECIDED = ("won", "lost", "closed")
STATUSES = OPEN + DECIDED


def may_become(present: str, told: str) -> bool:
    """Whether being told `told` changes a dispute that is `present`: not once it is decided."""
    return present in OPEN and told != present


def outcome_of(status: str, deducted: int) -> str | None:
    """Where the money ends: `back` with us, `lost`, or None as long as nobody decided.

    `closed` says no more than that it is over; whether something stays deducted says who bore it.
    """
    if status in OPEN:
        return None
    if status == "closed":
        return "lost" if deducted else "back"
    return "back" if status == "won" else "lost"
