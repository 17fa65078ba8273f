"""Faults on order: what a call should suffer instead of an answer, how often, for whom."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.store import Db


class Fault(StrEnum):
    TIMEOUT_AFTER_EFFECT = "timeout_after_effect"
    TIMEOUT_BEFORE_EFFECT = "timeout_before_effect"
    BAD_GATEWAY_HTML = "bad_gateway_html"
    NOT_JSON = "not_json"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    ERROR_WITHOUT_CODE = "error_without_code"
    UNAUTHORISED = "unauthorised"
    REJECTED = "rejected"
    CONNECTION_RESET = "connection_reset"


@dataclass(frozen=True)
class Ordered:
    """`after_effect`: the call does its work first and only the answer is spoilt. `code` chooses the provider's own code."""

    fault: Fault
    seconds: float
    after_effect: bool
    code: str | None


def order(
    db: Db, account: str, operation: str, fault: Fault, times: int, seconds: float, after_effect: bool, code: str | None
) -> int:
    """The next `times` calls of the operation ("*": any) by the account ("*": anybody) suffer it; returns its number."""
    cursor = db.execute(
        "INSERT INTO faults (account, operation, fault, times_left, seconds, after_effect, code) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account, operation, fault, times, seconds, after_effect or fault is Fault.TIMEOUT_AFTER_EFFECT, code),
    )
    return int(cursor.lastrowid or 0)


def take(db: Db, account: str, operation: str) -> Ordered | None:
    """The oldest fault that fits, counted down; None when the call may live."""
    row = db.execute(
        "SELECT * FROM faults WHERE account IN (?, '*') AND operation IN (?, '*') AND times_left > 0 ORDER BY seq LIMIT 1",
        (account, operation),
    ).fetchone()
    if row is None:
        return None
    db.execute("UPDATE faults SET times_left = times_left - 1 WHERE seq = ?", (row["seq"],))
    return Ordered(Fault(row["fault"]), row["seconds"], bool(row["after_effect"]), row["code"])


def listing(db: Db, account: str | None) -> list[dict[str, Any]]:
    """Faults that still wait."""
    rows = db.execute(
        "SELECT seq AS id, account, operation, fault, times_left, seconds, after_effect, code FROM faults"
        " WHERE (? IS NULL OR account = ?) AND times_left > 0 ORDER BY seq",
        (account, account),
    ).fetchall()
    return [{**dict(row), "after_effect": bool(row["after_effect"])} for row in rows]


def clear(db: Db, account: str | None) -> int:
    return db.execute("DELETE FROM faults WHERE ? IS NULL OR account = ?", (account, account)).rowcount
