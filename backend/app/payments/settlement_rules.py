"""When a line of a settlement fits our books, and what a person does about one that does not."""

from collections.abc import Iterable
from dataclasses import dataclass

SETTLEMENT_STATUSES = ("created", "processed", "failed")

PROBLEMS = {  # and the repair
    "payment_unknown": "no capture of ours: `rozana payments backfill` for its day books it, or it is another system's",
    "refund_unknown": "no refund of ours: `rozana payments backfill` for its day adopts it",
    "amount_differs": "its amount is not what our books say: compare the payment in the provider's dashboard",
    "fee_differs": "its fee is not what the payment told at its capture: ask the provider for the fee's statement",
    "line_wrong": "credit and debit do not follow from amount and fee: ask the provider",
    "changed": "the report says something else than when it was booked: ask the provider",
    "adjustment": "the provider put it in by itself: read its description in the dashboard, and book what it stands for",
}


@dataclass(frozen=True)
class Line:
    """What the report says of one entity. Paise."""

    kind: str
    credit: int
    debit: int
    gross: int
    fee: int
    fee_tax: int


@dataclass(frozen=True)
class Ours:
    """What our books say of the same. `fee` and its tax None: the payment did not tell."""

    amount: int
    fee: int | None = None
    fee_tax: int | None = None


def problem_of(line: Line, ours: Ours | None, *, is_explained: bool = False) -> str | None:
    """Why the line does not fit, or None. `is_explained`: an adjustment whose reason we know (a dispute)."""
    if line.kind == "payment":
        return _payment_problem(line, ours)
    if line.kind == "refund":
        if ours is None:
            return "refund_unknown"
        if line.gross != ours.amount:
            return "amount_differs"
        return None if (line.credit, line.debit) == (0, line.gross + line.fee) else "line_wrong"
    return None if is_explained else "adjustment"


def _payment_problem(line: Line, ours: Ours | None) -> str | None:
    if ours is None:
        return "payment_unknown"
    if line.gross != ours.amount:
        return "amount_differs"
    if (line.credit, line.debit) != (line.gross - line.fee, 0):
        return "line_wrong"
    if ours.fee is not None and (line.fee, line.fee_tax) != (ours.fee, ours.fee_tax or 0):
        return "fee_differs"
    return None


def missing_amount(bank_credit: int, lines: Iterable[tuple[int, int]]) -> int:
    """What the lines (credit, debit) leave unexplained of the bank's credit: payments - refunds - fees - GST ± adjustments."""
    return bank_credit - sum(credit - debit for credit, debit in lines)
