"""What `rozana payments` shows: what was found, settlements with what their lines come to, lines that do not fit."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Column, Table

from app.checkout.catching_up import Caught
from app.core.money import format_money
from app.payments.models import Capture
from app.payments.settlement_models import SettlementLine
from app.payments.settlement_queries import Sums
from app.payments.settlement_rules import PROBLEMS

KINDS = ("payments", "refunds", "disputes")


def show_caught(caught: Caught) -> bool:
    """What was seen and applied, and what was refused and why; whether nothing was."""
    table = Table("At the provider", "seen", "new here, applied")
    for kind in KINDS:
        table.add_row(kind, str(caught.seen[kind]), str(caught.applied[kind]))
    Console().print(table)
    for provider_id, reason in caught.refused:
        typer.echo(f"{provider_id} was refused: {reason}", err=True)
    return not caught.refused


def settlement_table(sums: Sequence[Sums], zone: str) -> Table:
    """Newest last; what is missing is what the lines do not explain of the bank's credit."""
    table = Table("Settled", "Settlement", "Bank reference", Column("To the bank", justify="right"), "Lines", "Missing")
    for one in sums:
        settlement = one.settlement
        missing = format_money(one.missing_amount, settlement.currency) if one.missing_amount else "-"
        fees = "" if one.adds_up or one.missing_amount else f"fees: {format_money(one.fees_amount, settlement.currency)}"
        table.add_row(
            _at(settlement.made_at, zone),
            f"{settlement.provider_settlement_id} ({settlement.status})",
            settlement.utr or "-",
            format_money(settlement.amount, settlement.currency),
            str(one.lines),
            fees or missing,
        )
    return table


def problem_table(lines: Sequence[SettlementLine], zone: str) -> Table:
    """Each line that does not fit, why, and what to do."""
    table = Table("Settled", "Entity", Column("Amount", justify="right"), "Problem", "What to do")
    for line in lines:
        amount = line.credit_amount - line.debit_amount
        problem = line.problem or ""
        settled = _at(line.settled_at, zone) if line.settled_at else "-"
        table.add_row(
            settled, f"{line.kind} {line.entity_id}", format_money(amount, line.currency), problem, PROBLEMS.get(problem, "")
        )
    return table


def unsettled_table(captures: Sequence[Capture], zone: str) -> Table:
    table = Table("Captured", "Payment", Column("Amount", justify="right"), "What to do")
    for capture in captures:
        table.add_row(
            _at(capture.captured_at, zone),
            capture.provider_payment_id,
            format_money(capture.amount, capture.currency),
            "in no settlement yet: ask the provider, it may be on hold",
        )
    return table


def _at(instant: datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
