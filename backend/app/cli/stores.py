"""`rozana stores`: which stores this installation serves."""

import typer
from rich.console import Console
from rich.table import Table

from app.core.work import across_stores
from app.stores import queries

LIMIT = 1000  # more than anybody reads; the default store comes first


def stores() -> None:
    """List the stores: what a door knows of each."""
    with across_stores() as session:
        rows = queries.facts_of_any(session, LIMIT)
    table = Table("Slug", "Host", "Mode", "Zone")
    table.add_column("Id", no_wrap=True)  # whole: it is copied into commands and SQL
    for row in rows:
        name = f"{row.slug} (default)" if row.is_default else row.slug
        table.add_row(name, row.host or "", row.mode, row.zone, str(row.id))
    Console().print(table)
    if len(rows) == LIMIT:
        typer.echo(f"Only the first {LIMIT} are shown.")
