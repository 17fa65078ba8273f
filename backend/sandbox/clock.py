"""The sandbox's time: the machine's plus an offset, for everybody ("*") or for one account."""

import time

from sandbox.store import Db, get_setting, put_setting

EVERYBODY = "*"


def offset_seconds(db: Db, account: str = EVERYBODY) -> float:
    """The account's own offset when it has one, else everybody's."""
    general = float(get_setting(db, EVERYBODY, "clock", 0.0))
    return float(get_setting(db, account, "clock", general))


def now(db: Db, account: str = EVERYBODY) -> int:
    """Unix seconds as this account sees them."""
    return int(time.time() + offset_seconds(db, account))


def set_offset(db: Db, account: str, seconds: float) -> None:
    put_setting(db, account, "clock", seconds)
