"""The end of a benchmark: one JSON object, or a small table for people."""

import json
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Report
from local.progress import say

MAX_ERRORS_TOLD = 10


def show(report: Report, *, as_json: bool) -> None:
    """Standard output has the figures and nothing else; what went wrong is told on standard error."""
    for error in report.errors[:MAX_ERRORS_TOLD]:
        say(f"✗ {error}")
    if as_json:
        sys.stdout.write(f"{json.dumps(report.as_json())}\n")
        return
    console = Console(highlight=False)
    table = Table("", "", title=f"{report.name}: {len(report.errors)} errors", show_header=False)
    for name, value in report.figures.items():
        table.add_row(name.replace("_", " "), f"{value:,.2f}")
    table.add_section()
    for name, value in report.ratios.items():
        table.add_row(name, f"[bold]{value:.2f}[/bold]")
    console.print(table)
