"""How `rozana billing` shows a preview, a run and its gaps."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from app.core.money import format_money
from app.stores.models import Store
from app.subscriptions.previewing import Preview
from app.subscriptions.run_models import BillingRun


def show_preview(made: Preview, store: Store) -> None:
    """One page: how much, against a usual day, by way of paying and by product, and what is odd."""
    console, until = Console(), made.until.astimezone(ZoneInfo(store.zone))
    change = "" if made.change_percent is None else f" ({made.change_percent:+} % against it)"
    usual = f"a usual day has {made.usual_count:g}, {format_money(made.usual_amount, store.currency)}{change}"
    console.print(
        f"Until {until:%d %b %Y %H:%M}: {made.count} deliveries, {format_money(made.amount, store.currency)}; {usual}."
    )
    for title, shares in (("Paid by", made.by_payment), ("Product", made.by_product)):
        table = Table(title, "Number", "Amount")
        for name, (number, amount) in sorted(shares.items(), key=lambda pair: -pair[1][1]):
            table.add_row(name, str(number), format_money(amount, store.currency))
        console.print(table)
    for reason, count in sorted(made.left_out.items()):
        console.print(f"{count} do not come: {reason}.")
    for one in made.odd:
        usually = format_money(one.usual_amount, store.currency)
        console.print(
            f"Odd: subscription {one.subscription_id} costs {format_money(one.amount, store.currency)}, usually {usually}."
        )
    if made.holds:
        console.print(f"It would wait for approval: {made.holds}.")


def show_run(run: BillingRun, store: Store) -> None:
    began = run.started_at.astimezone(ZoneInfo(store.zone))
    typer.echo(f"Run {run.id} of {began:%d %b %Y %H:%M}: {run.status}{f', {run.hold_reason}' if run.hold_reason else ''}")
    if outcomes := run.report.get("outcomes"):
        table = Table("Outcome", "Reason", "Deliveries", "Amount")
        for one in outcomes:
            table.add_row(one["status"], one["reason"], str(one["count"]), format_money(one["amount"], store.currency))
        Console().print(table)
    if missed := run.report.get("gaps"):
        show_gaps(missed, store)


def show_gaps(gaps: Sequence[Mapping[str, Any]], store: Store) -> None:
    """What did not come; `amount` is what it was worth."""
    if not gaps:
        typer.echo("There are no gaps.")
        return
    table = Table("Day", "Did not come", "Why", "Worth")
    for one in gaps:
        table.add_row(one["delivers_on"], str(one["count"]), one["reason"], format_money(one["amount"], store.currency))
    Console().print(table)
