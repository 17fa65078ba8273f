"""`rozana schedules`: what runs by itself, when next, and how it went; run one now, switch it, move it."""

from typing import Annotated, Any

import typer
from rich.console import Console

from app.audit import service as audit
from app.cli.choosing import OPERATOR, StoreOption, find_store, refusals
from app.cli.schedule_table import table_of, when
from app.core import clock
from app.core.work import unit_of_work
from app.jobs import queries
from app.jobs import service as jobs
from app.jobs.rules import CATCH_UP_RULES
from app.stores import service as stores

LIMIT = 100  # stores shown; name one to see another

OnlyStore = Annotated[str, typer.Option("--store", help="Only this store's, by its slug")]
Name = Annotated[str, typer.Argument(help="The schedule's name, as listed")]

schedules = typer.Typer(no_args_is_help=False, help="What runs by itself: list, run, switch, move.")


@schedules.callback(invoke_without_command=True)
def show(
    context: typer.Context, store: Annotated[str, typer.Option("--store", help="Only this store's, by its slug")] = ""
) -> None:
    """List every store's schedules, with their next five runs in the store's zone, and how the last slot went."""
    if context.invoked_subcommand is not None:
        return
    with refusals():
        ids = [find_store(store)] if store else stores.all_ids()
        for store_id in ids[:LIMIT]:
            with unit_of_work(store_id) as session:
                Console().print(table_of(session))
    if len(ids) > LIMIT:
        typer.echo(f"Only the first {LIMIT} stores are shown; name another with --store.")


@schedules.command()
def run(name: Name, store: StoreOption = "") -> None:
    """Do it now, besides its due times: a worker begins as soon as it is free."""
    with refusals(), unit_of_work(find_store(store)) as session:
        slot = jobs.open_now(session, name, clock.now(stores.get(session)))
        audit.record(session, OPERATOR, "schedule.run", slot, cause=slot.key)
    typer.echo(f"{name}: opened {slot.key}. `rozana schedules` tells how it went.")


@schedules.command()
def enable(name: Name, store: StoreOption = "") -> None:
    """Switch it on; it counts from now, and nothing is made up for."""
    _switch(name, store, is_enabled=True)


@schedules.command()
def disable(name: Name, store: StoreOption = "") -> None:
    """Switch it off. What is open already is still done."""
    _switch(name, store, is_enabled=False)


@schedules.command()
def move(
    name: Name,
    store: StoreOption = "",
    minute: Annotated[str | None, typer.Option(help="Crontab text: 0, */5, 1,31")] = None,
    hour: Annotated[str | None, typer.Option(help="Crontab text")] = None,
    weekday: Annotated[str | None, typer.Option(help="Crontab text; 0 is Sunday")] = None,
    zone: Annotated[str | None, typer.Option(help="Whose wall clock, such as Asia/Kolkata")] = None,
    every: Annotated[int | None, typer.Option(help="Seconds, instead of a wall clock")] = None,
    catch_up: Annotated[str | None, typer.Option(help="all | last | none: what becomes of missed times")] = None,
) -> None:
    """Give it other times, which count from now, or another rule; what is left out stays."""
    values: dict[str, Any] = {"minute": minute, "hour": hour, "weekday": weekday, "zone": zone, "catch_up": catch_up}
    given = {field: value for field, value in values.items() if value is not None}
    if catch_up is not None and catch_up not in CATCH_UP_RULES:
        raise typer.BadParameter(f"{catch_up} is none of {', '.join(CATCH_UP_RULES)}", param_hint="--catch-up")
    if every is not None:
        given |= {"interval_seconds": every, "minute": None, "hour": None, "weekday": None}
    with refusals(), unit_of_work(find_store(store)) as session:
        schedule = queries.get(session, name)
        if every is None and schedule.interval_seconds is not None and given.keys() & {"minute", "hour", "weekday"}:
            given = {"interval_seconds": None, "minute": "0", "hour": "*", "weekday": "*", **given}
        before = {field: getattr(schedule, field) for field in given}
        jobs.change(session, name, clock.now(stores.get(session)), **given)
        changes = {field: [before[field], value] for field, value in given.items() if before[field] != value}
        audit.record(session, OPERATOR, "schedule.moved", schedule, changes)
    typer.echo(f"{name}: {when(schedule)}.")


def _switch(name: str, store: str, *, is_enabled: bool) -> None:
    with refusals(), unit_of_work(find_store(store)) as session:
        was_enabled = queries.get(session, name).is_enabled
        schedule = jobs.set_enabled(session, name, clock.now(stores.get(session)), is_enabled=is_enabled)
        if was_enabled != is_enabled:
            action = "schedule.enabled" if is_enabled else "schedule.disabled"
            audit.record(session, OPERATOR, action, schedule, {"is_enabled": [was_enabled, is_enabled]})
    typer.echo(f"{name} is {'on' if is_enabled else 'off'}.")
