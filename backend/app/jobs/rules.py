"""What becomes of due times that nobody was there to see."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.core.slots import Due

CATCH_UP_RULES = ("all", "last", "none")
COVERED, TOO_LATE = "skipped: a later one covers it", "skipped: nobody was there in time"


def outcomes(dues: Sequence[Due], catch_up: str, now: datetime, grace: timedelta, *, is_whole: bool) -> list[str]:
    """For each due time, in order: why it is skipped, or "" when it is to be done.

    `all` skips none; `last` all but the newest; `none` what is older than `grace`. `is_whole`: no due times follow these.
    """
    if catch_up == "all":
        return [""] * len(dues)
    if catch_up == "none":
        return ["" if due.at > now - grace else TOO_LATE for due in dues]
    return [COVERED] * (len(dues) - 1) + ["" if is_whole else COVERED] if dues else []
