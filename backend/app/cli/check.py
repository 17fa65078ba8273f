"""`rozana check`: does everything add up? Every invariant of a store, what breaks it, and what mends that."""

import json
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from app.cli.choosing import find_store, refusals
from app.cli.repairs import mend
from app.core import clock
from app.core.work import unit_of_work
from app.insight.checks.frame import MAX_FINDINGS, Check, Finding, run
from app.insight.checks.registry import named
from app.stores import service as stores

STYLES = {"notice": "yellow", "severe": "bold red"}


def check(
    store: Annotated[str, typer.Option("--store", help="Only this store's, by its slug; left out: every store")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended; safe to run twice")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only this check, by its name; may come several times")
    ] = None,
) -> None:
    """Hold a store's books, stock and orders against one another; reads only, but for --repair. Status 1: it does not fit."""
    with refusals():
        checks = named(only or ())
        store_ids = [find_store(store)] if store else stores.all_ids()
        results = [_look(store_id, checks, quiet=as_json, repair=repair) for store_id in store_ids]
    is_wrong = any(result["findings"] for result in results)
    if as_json:
        typer.echo(json.dumps({"ok": not is_wrong, "checks": len(checks), "stores": results}, indent=2, ensure_ascii=False))
    raise typer.Exit(1 if is_wrong else 0)


def _look(store_id: UUID, checks: list[Check], *, quiet: bool, repair: bool) -> dict[str, Any]:
    """One store's findings; those that are left, after a repair."""
    console = Console(stderr=quiet)
    findings = _find_all(store_id, checks, console)
    done: list[str] = []
    if repair and (mendable := [finding for finding in findings if finding.repair]):
        with console.status("mending") as status:
            for finding in mendable:
                status.update(escape(finding.what))
                done.append(f"{finding.check}: {mend(store_id, finding)}")
        findings = _find_all(store_id, checks, console)
    with unit_of_work(store_id) as session:
        slug = stores.get(session).slug
    if not quiet:
        _show(console, slug, checks, findings, done)
    facts = [{**asdict(finding), "object_id": str(finding.object_id or "")} for finding in findings]
    return {"store": slug, "findings": facts, "repaired": done}


def _find_all(store_id: UUID, checks: list[Check], console: Console) -> list[Finding]:
    """Each check is a transaction of its own: a long one holds nobody up."""
    findings: list[Finding] = []
    with console.status("looking") as status:
        for one in checks:
            status.update(one.name)
            with unit_of_work(store_id) as session:
                store = stores.get(session)
                findings += run(session, one, clock.now(store), store.currency)
    return sorted(findings, key=lambda finding: finding.severity != "severe")


def _show(console: Console, slug: str, checks: list[Check], findings: list[Finding], done: list[str]) -> None:
    for line in done:
        console.print(f"[green]mended[/] {escape(line)}")
    if findings:
        table = Table("", "Check", Column("What is wrong, and what to do", overflow="fold"), "Object", title=escape(slug))
        for finding in findings:
            style = STYLES[finding.severity]
            remedy = f"{finding.repair}\n  {finding.remedy}" if finding.repair else finding.remedy
            table.add_row(
                f"[{style}]{finding.severity}",
                finding.check,
                f"{escape(finding.what)}\n[dim]→ {escape(remedy)}",
                f"{finding.object_type}\n{finding.object_id or ''}",
            )
        console.print(table)
    console.print(f"{escape(slug)}: {_total(findings)} {len(checks)} checks.")


def _total(findings: list[Finding]) -> str:
    if not findings:
        return "everything adds up."
    more = f" (of each check the first {MAX_FINDINGS})" if len(findings) >= MAX_FINDINGS else ""
    return f"{len(findings)} findings{more}."
