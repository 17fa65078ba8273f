"""`rozana queues`: how many tasks wait in the broker, by queue and urgency. The rows they wake are the record, not these."""

import typer
from rich.console import Console
from rich.table import Table

from app.core.celery_app import PREFIX, celery_app
from app.core.checks.broker import open_redis
from app.core.checks.findings import NotReached
from app.core.config import settings

LEVELS = {0: "urgent", 3: "soon", 6: "normal", 9: "whenever"}  # Redis' priorities: the first list is served first
SEPARATOR = "\x06\x16"  # kombu's, between a queue's name and its priority


def queues() -> None:
    """Show the lengths of every queue's four lists. Status 1 when the broker is away or is no Redis."""
    try:
        waiting = count_waiting(settings.broker_url)
    except NotReached as away:
        typer.echo(str(away.finding), err=True)
        raise typer.Exit(1) from away
    table = Table("Queue", *LEVELS.values(), "all")
    for name, counts in waiting.items():
        table.add_row(name, *map(str, counts), str(sum(counts)))
    Console().print(table)


def count_waiting(url: str) -> dict[str, list[int]]:
    """By queue, one number for each of LEVELS. Tasks that a worker has prefetched are not among them."""
    with open_redis(url) as client:
        return {name: [int(client.llen(_list(name, level))) for level in LEVELS] for name in celery_app.amqp.queues}


def _list(queue: str, level: int) -> str:
    return f"{PREFIX}{queue}{SEPARATOR}{level}" if level else f"{PREFIX}{queue}"
