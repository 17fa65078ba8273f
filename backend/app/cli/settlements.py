"""`rozana payments reconcile` and `settlements`: what the provider pays out, held to our books."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from app.checkout import catching_up
from app.cli.choosing import OPERATOR, StoreOption, refusals
from app.cli.payment_shop import Shop, day_of, shop_of
from app.cli.payment_tables import problem_table, settlement_table, show_caught, unsettled_table
from app.core.work import unit_of_work
from app.payments import reconciling, settlement_queries

SHOWN = 200  # rows of a table
DAYS, SETTLED_WITHIN_DAYS = 7, 7  # what `reconcile` reads where no day is named; after how many a payment is missed


def reconcile(
    day: Annotated[str, typer.Option(help="Only what was settled on this day; left out: the last week")] = "",
    repair: Annotated[bool, typer.Option("--repair", help="Fetch what is not in the books, and book it")] = False,
    store: StoreOption = "",
) -> None:
    """Read the provider's settlements and match each line with the books. Status 1 when something does not fit."""
    with refusals():
        shop = shop_of(store)
        days = [day_of(day)] if day else reconciling.days_between(shop.now - timedelta(days=DAYS), shop.now)
        typer.echo(f"Reading {len(days)} days …", err=True)
        reconciling.reconcile(shop.facts.id, shop.account, days, shop.now, OPERATOR)
        if repair and _repair(shop):
            reconciling.reconcile(shop.facts.id, shop.account, days, shop.now, OPERATOR)
    _show_settlements(shop, shop.instant(days[0].isoformat()))


def settlements(
    since: Annotated[str, typer.Option("--from", help="A date; left out: the last month")] = "", store: StoreOption = ""
) -> None:
    """Show settlements, and what of them does not fit the books. Asks nobody; status 1 when something does not fit."""
    with refusals():
        shop = shop_of(store)
        first = shop.instant(since) if since else shop.now - timedelta(days=31)
    _show_settlements(shop, first)


def _repair(shop: Shop) -> bool:
    """Fetch the payments and refunds that settlements name and the books do not have; whether there were any."""
    with unit_of_work(shop.facts.id) as session:
        lines = settlement_queries.with_problem(session, SHOWN)
    missing = {kind: [line.entity_id for line in lines if line.problem == f"{kind}_unknown"] for kind in ("payment", "refund")}
    if not any(missing.values()):
        return False
    caught = catching_up.catch_up_with(
        shop.facts.id, shop.account, missing["payment"], missing["refund"], OPERATOR, "reconciliation"
    )
    show_caught(caught)
    return True


def _show_settlements(shop: Shop, since: datetime) -> None:
    zone, console = shop.facts.zone, Console()
    with unit_of_work(shop.facts.id) as session:
        sums = settlement_queries.made_between(session, since, shop.now + timedelta(days=1))
        lines = settlement_queries.with_problem(session, SHOWN)
        missed = settlement_queries.captures_not_settled(session, shop.now - timedelta(days=SETTLED_WITHIN_DAYS), SHOWN)
    console.print(settlement_table(sums, zone))
    if lines:
        console.print(problem_table(lines, zone))
    if missed:
        console.print(unsettled_table(missed, zone))
    if lines or not all(one.adds_up for one in sums):
        raise typer.Exit(1)
    typer.echo("Every line fits the books." if sums else "Nothing was settled.")
