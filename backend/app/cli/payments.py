"""`rozana payments`: make up for what the provider could not tell us, apply again what it told, reconcile what it pays out."""

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from app.checkout import catching_up
from app.checkout.catching_up import Caught
from app.cli.choosing import OPERATOR, StoreOption, refusals
from app.cli.payment_shop import Shop, shop_of
from app.cli.payment_tables import show_caught
from app.cli.settlements import reconcile, settlements
from app.core.work import unit_of_work
from app.inbox import queries as inbox_queries
from app.inbox import service as inbox

REPLAYED_AT_ONCE = 500  # events put back in one transaction
LOOK_SECONDS = 0.5  # between two looks at how far the workers are

From = Annotated[str, typer.Option("--from", help="A date or an instant, 2026-11-20 or 2026-11-20T14:30, in the store's zone")]
To = Annotated[str, typer.Option("--to", help="Likewise, a date with its whole day; left out: until now")]

payments = typer.Typer(no_args_is_help=True, help="Catch up with the payment provider: back-fill, replay, reconcile.")
payments.command()(reconcile)
payments.command()(settlements)


@payments.command()
def backfill(from_: From, to: To = "", store: StoreOption = "") -> None:
    """Read the provider's payments, refunds and disputes of a time and apply what is not in the books. Safe to run twice."""
    with refusals():
        shop = shop_of(store)
        first, last = shop.span(from_, to)
        caught = catching_up.catch_up(shop.facts.id, shop.account, first, last, OPERATOR, "back-fill", _tell)
    if not show_caught(caught):
        raise typer.Exit(1)


@payments.command()
def replay(
    from_: From,
    to: To = "",
    event_type: Annotated[str, typer.Option("--type", help="Only this type of event: payment.captured, refund.*")] = "",
    wait: Annotated[int, typer.Option(help="Seconds to wait for the workers, 0: do not")] = 60,
    store: StoreOption = "",
) -> None:
    """Have the provider's stored events of a time applied again, whatever became of them. Safe to run twice."""
    with refusals():
        shop = shop_of(store)
        chosen = _put_back(shop, *shop.span(from_, to), event_type)
    done = _await(shop.facts.id, chosen, wait)
    table = Table("Type", "Events", "Outcome")
    for (kind, outcome), number in sorted(done.items()):
        table.add_row(kind, str(number), outcome)
    Console().print(table)
    if left := len(chosen) - sum(done.values()):
        typer.echo(f"{left} are not applied yet: a worker does that, or they wait for what they refer to.")


def _tell(caught: Caught) -> None:
    typer.echo(", ".join(f"{number} {kind}" for kind, number in caught.seen.items()) + " seen …", err=True)


def _put_back(shop: Shop, first: datetime, last: datetime, event_type: str) -> list[UUID]:
    """Rows are dated by the machine's clock, which in a test store is behind the store's."""
    ahead = timedelta(seconds=shop.facts.clock_offset_seconds)
    chosen = list[UUID]()
    while True:
        with unit_of_work(shop.facts.id) as session:
            after = chosen[-1] if chosen else None
            some = inbox.replay(session, "razorpay", first - ahead, last - ahead, event_type, after, REPLAYED_AT_ONCE)
        chosen += some
        if len(some) < REPLAYED_AT_ONCE:
            return chosen
        typer.echo(f"{len(chosen)} events are put back …", err=True)


def _await(store_id: UUID, chosen: list[UUID], seconds: int) -> Counter[tuple[str, str]]:
    """What became of those that are applied by then, by type and outcome."""
    ends = time.monotonic() + seconds
    while True:
        with unit_of_work(store_id) as session:
            done = inbox_queries.settled(session, chosen)
        if len(done) == len(chosen) or time.monotonic() > ends:
            return Counter((kind, outcome) for kind, outcome in done)
        typer.echo(f"{len(done)} of {len(chosen)} are applied …", err=True)
        time.sleep(LOOK_SECONDS)
