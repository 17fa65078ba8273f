"""What an invariant is, and what is told where it does not hold. A check is one statement over one store, and only reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from app.core.money import format_money

Severity = Literal["severe", "notice"]
MAX_FINDINGS = 100  # of one check: whoever has more has one cause, and runs it again once that is mended


Finder = str | Callable[[Session, datetime], Sequence[Mapping[str, Any]]]  # a statement, or who else answers already


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be. `repair` is the command that mends it; empty: `remedy` says what a person does."""

    check: str
    severity: Severity
    what: str
    object_type: str
    object_id: UUID | None
    amount: int | None
    repair: str
    remedy: str

    @property
    def key(self) -> str:
        """The same finding again has the same key."""
        return f"{self.check}:{self.object_id or self.what}"


@dataclass(frozen=True)
class Check:
    """A promise, the statement that finds what breaks it, and what is to be done then.

    `finds` selects `id`, `amount` (paise, or null) and whatever else the sentence `says` names; in that, what ends in `amount`
    is shown as money, and in the store's own time `:now` is now. A column `object_type` stands in for `of`.
    """

    name: str
    promise: str
    of: str  # the table of the objects
    finds: Finder
    says: str
    remedy: str
    severity: Severity = "severe"
    is_repaired: bool = False  # `rozana check --only NAME --repair` mends it; safe to run twice
    is_cheap: bool = False  # looked at every hour: it reads what is open, never the whole past

    @property
    def repair(self) -> str:
        return f"rozana check --only {self.name} --repair" if self.is_repaired else ""


def run(session: Session, check: Check, now: datetime, currency: str) -> list[Finding]:
    """What breaks the promise at `now` (the store's), the first hundred. One statement."""
    return [_finding(check, row, currency) for row in _rows(session, check.finds, now)]


def _rows(session: Session, finds: Finder, now: datetime) -> Sequence[Mapping[str, Any]]:
    if not isinstance(finds, str):
        return finds(session, now)
    statement = text(f"SELECT * FROM ({finds}) AS found LIMIT {MAX_FINDINGS}")  # noqa: S608 - no value is in the text
    values = {"now": now} if ":now" in finds else {}
    return [dict(row) for row in session.execute(statement, values).mappings()]


def find_all(session: Session, checks: Sequence[Check], now: datetime, currency: str) -> list[Finding]:
    """The findings of several checks: severe ones first, otherwise in the order of the checks."""
    found = [finding for check in checks for finding in run(session, check, now, currency)]
    return sorted(found, key=lambda finding: finding.severity != "severe")


def _finding(check: Check, row: Mapping[str, Any], currency: str) -> Finding:
    shown = {name: _shown(name, value, currency) for name, value in row.items()}
    amount = row.get("amount")
    return Finding(
        check=check.name,
        severity=check.severity,
        what=check.says.format_map(shown),
        object_type=row.get("object_type", check.of),
        object_id=row.get("id"),
        amount=None if amount is None else int(amount),
        repair=check.repair,
        remedy=check.remedy,
    )


def _shown(name: str, value: Any, currency: str) -> Any:
    if value is not None and name.endswith("amount"):
        return format_money(int(value), currency)
    if isinstance(value, datetime):
        return f"{value:%d %b %Y %H:%M} UTC"
    return value
