"""`rozana billing`: what tomorrow's run would order; let one begin, run now, and see the outcome and what did not come."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from app.cli.billing_tables import show_gaps, show_preview, show_run
from app.cli.choosing import OPERATOR, StoreOption, find_store, refusals
from app.core import clock
from app.core.ids import new_id
from app.core.work import rehearse, unit_of_work
from app.jobs import service as jobs
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import billing as work
from app.subscriptions import gaps as missed
from app.subscriptions import previewing, quarantine, run_queries, running
from app.subscriptions.planning import Calendar

SCHEDULE = "process-due-subscriptions"

billing = typer.Typer(no_args_is_help=True, help="Billing runs: preview, approve, run, report, gaps, retry.")


@billing.command()
def preview(store: StoreOption = "") -> None:
    """What the runs of the next 24 hours would order, against a usual day, and what is odd in it. Writes nothing."""
    with refusals(), unit_of_work(find_store(store)) as session:
        row = stores.get(session)
        show_preview(previewing.preview(session, row, Calendar.of(row, clock.now(row))), row)


@billing.command()
def approve(store: StoreOption = "") -> None:
    """Let the run that is held begin: a worker does as soon as it is free."""
    with refusals(), unit_of_work(find_store(store)) as session:
        now = clock.now(stores.get(session))
        run = running.approve(session, OPERATOR, now)
        jobs.open_now(session, SCHEDULE, now)
    typer.echo(f"The run of {run.expected_count} deliveries begins.")


@billing.command()
def run(
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", help="Do what was due by then, in the store's zone; left out: now")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, show the report, and keep nothing")] = False,
    store: StoreOption = "",
) -> None:
    """Decide here, in this process, whatever is due. A run that is held stays so. Safe beside the workers, and to repeat."""
    with refusals():
        store_id = find_store(store)
        with unit_of_work(store_id) as session:
            now = _instant(stores.get(session), as_of)
        done = _rehearse(store_id, now) if dry_run else _run(store_id, now)
    if not done:
        typer.echo("Nothing was done.")


@billing.command()
def report(count: Annotated[int, typer.Option(help="So many of the newest runs")] = 1, store: StoreOption = "") -> None:
    """What became of the newest runs."""
    with refusals(), unit_of_work(find_store(store)) as session:
        row, found = stores.get(session), run_queries.page(session, count, None)
    for one in found:
        show_run(one, row)
    if not found:
        typer.echo("There was no run yet.")


@billing.command()
def gaps(days: Annotated[int, typer.Option(min=1, help="So many days back")] = 30, store: StoreOption = "") -> None:
    """What did not come although it was agreed and nobody wished it away: when, why, and what it was worth."""
    with refusals(), unit_of_work(find_store(store)) as session:
        row = stores.get(session)
        show_gaps([one.as_dict() for one in missed.since(session, clock.today(row) - timedelta(days=days))], row)


@billing.command()
def retry(
    subscription_id: Annotated[UUID | None, typer.Argument(help="Left out: every one that is held")] = None,
    store: StoreOption = "",
) -> None:
    """Lift the hold of subscriptions that made trouble, once the cause is mended; the next run decides them again."""
    with refusals(), unit_of_work(find_store(store)) as session:
        row = stores.get(session)
        at = Calendar.of(row, clock.now(row))
        chosen = [subscription_id] if subscription_id else [one.id for one in quarantine.held(session, work.CHUNK)]
        for one in chosen:
            next_on = quarantine.retry(session, one, actor=OPERATOR, calendar=at).next_on
            typer.echo(f"{one}: next is {next_on or 'nothing'}")
    if not chosen:
        typer.echo("None is held.")


def _instant(store: Store, as_of: datetime | None) -> datetime:
    """What is to come is not due: no run is ahead of the store's clock."""
    now = clock.now(store)
    if as_of is None:
        return now
    at = Calendar.of(store, now).local(as_of).astimezone(UTC)
    if at > now:
        raise typer.BadParameter("a run never decides what is not due yet", param_hint="--as-of")
    return at


def _rehearse(store_id: UUID, now: datetime) -> bool:
    """All of it in one transaction that is undone."""
    with unit_of_work(store_id) as session:
        rehearse(session)
        run_id = _begin(session, now)
        if run_id is None:
            return False
        with _progress() as bar:
            task = bar.add_task("rehearsing", total=run_queries.expected(session, now).count)
            while _chunk(session, run_id, now, bar, task):
                pass
        show_run(running.finish(session, run_id, now), stores.get(session))
        typer.echo("Nothing of this was kept.")
    return True


def _run(store_id: UUID, now: datetime) -> bool:
    with unit_of_work(store_id) as session:
        run_id = _begin(session, now)
        total = run_queries.expected(session, now).count
    if run_id is None:
        return False
    with _progress() as bar:
        task, goes_on = bar.add_task("deciding", total=total), True
        while goes_on:
            with unit_of_work(store_id) as session:
                goes_on = _chunk(session, run_id, now, bar, task)
    with unit_of_work(store_id) as session:
        show_run(running.finish(session, run_id, now), stores.get(session))
    return True


def _begin(session: Session, now: datetime) -> UUID | None:
    """None: nothing is due, or it waits for approval, which is told."""
    row = stores.get(session)
    found = running.begin(session, row, new_id(), Calendar.of(row, now))
    if found is not None and found.status == "held":
        typer.echo(f"It waits for approval (`rozana billing approve`): {found.hold_reason}.")
        return None
    return found.id if found else None


def _chunk(session: Session, run_id: UUID, now: datetime, bar: Progress, task: TaskID) -> bool:
    """Whether there may be more."""
    row = stores.get(session)
    calendar = Calendar.of(row, clock.now(row))  # what is late is late, however far back `now` lies
    cause = f"run by hand as of {now:%Y-%m-%dT%H:%M}Z"
    counts = work.bill_due(session, row, calendar, cause=cause, run_id=run_id, due_by=now)
    bar.advance(task, counts["due"])
    return counts["due"] > 0


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
