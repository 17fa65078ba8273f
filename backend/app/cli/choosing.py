"""What commands about one store have in common: which store is meant, and how a refusal is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from app.core.actor import Actor
from app.core.errors import ProviderError, Refusal
from app.core.work import across_stores
from app.stores import queries
from app.stores import service as stores
from app.stores.errors import NoStore

OPERATOR = Actor("system", label="command line")

StoreOption = Annotated[str, typer.Option("--store", help="The store's slug; left out: the only store")]


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal, or a provider that does not answer, is a sentence and status 1."""
    try:
        yield
    except Refusal as refusal:
        typer.echo(refusal.detail, err=True)
        raise typer.Exit(1) from refusal
    except ProviderError as error:
        typer.echo(f"{error}. What was done before stays; the command may be repeated.", err=True)
        raise typer.Exit(1) from error


def find_store(slug: str) -> UUID:
    """NoStore for a slug that nobody has, StoreNotNamed where several stores live and none is named."""
    if not slug:
        return stores.find_by_id(None).id
    with across_stores() as session:
        store_id = queries.id_by_slug(session, slug)
    if store_id is None:
        raise NoStore(f"there is no store {slug}; `rozana stores` lists them")
    return store_id
