"""The command: run the checks, show what they found, and say by the exit status whether anything is wrong."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from app.cli.doctor.checks import Check, run_checks
from app.core.checks.findings import Finding
from app.core.config import settings

Results = list[tuple[Check, list[Finding]]]
STYLES = {"warning": "yellow", "error": "bold red"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False) -> None:
    """Find every missing or dangerous setting at once. Changes nothing; status 1 if there is an error."""
    results = run_checks(settings)
    errors = sum(finding.level == "error" for _, found in results for finding in found)
    if as_json:
        typer.echo(json.dumps(_facts(results, ok=not errors), indent=2, ensure_ascii=False))
    else:
        _show(results, errors)
    raise typer.Exit(1 if errors else 0)


def _facts(results: Results, *, ok: bool) -> dict[str, Any]:
    findings = [{"check": check.name, **asdict(finding)} for check, found in results for finding in found]
    return {"ok": ok, "environment": settings.environment, "checks": len(results), "findings": findings}


def _show(results: Results, errors: int) -> None:
    table = Table(
        "", "Check", Column("What is wrong, and what to do", overflow="fold"), title=f"Rozana, {settings.environment}"
    )
    for check, found in results:
        if not found:
            table.add_row("[green]ok", check.name)
        for finding in found:
            style = STYLES[finding.level]
            table.add_row(
                f"[{style}]{finding.level}", check.name, f"{escape(finding.problem)}\n[dim]→ {escape(finding.remedy)}"
            )
    console = Console()
    console.print(table)
    warnings = sum(len(found) for _, found in results) - errors
    console.print(f"{errors} errors, {warnings} warnings, {len(results)} checks.")
