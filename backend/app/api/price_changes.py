"""Prices that staff announce for a day to come, and what they mean for subscriptions."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Path

from app.api.doors import Door, OpenDoor
from app.api.price_change_schemas import AnnouncedOut, PriceChangeIn, PriceChangeList, PriceChangeOut, consents
from app.api.routing import Router
from app.api.schemas import DryRun
from app.api.subscriptions import calendar_of
from app.catalog import queries, repricing
from app.catalog.errors import ProductNotFound
from app.catalog.models import Product
from app.catalog.price_models import PriceChange
from app.core.work import rehearse
from app.stores import service as stores
from app.subscriptions import price_news

router = Router(prefix="/api/v1/products", tags=["products"])

Slug = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9-]+$")]


@router.get("/{slug}/price-changes")
def list_price_changes(door: OpenDoor, slug: Slug) -> PriceChangeList:
    """Those announced for today or later, in order."""
    product = _product(door, slug)
    found = repricing.changes_of(door.session, repricing.variant_ids(door.session, product), door.today)
    return PriceChangeList(items=_out(door, found))


@router.post("/{slug}/price-changes")
def announce_price(door: OpenDoor, slug: Slug, body: PriceChangeIn, dry_run: DryRun = False) -> AnnouncedOut:
    """Another price from a day on. Subscribers are told days before (a setting of the store, seven by default), so a dearer one
    cannot begin earlier. Rehearse it to see on how many subscriptions it has an effect, and who agreed to less than it takes:
    beyond that nothing is debited, such a delivery is asked for by a link. Safe to repeat.
    """
    if dry_run:
        rehearse(door.session)
        return _announce(door, slug, body)
    return door.once(lambda: _announce(door, slug, body))


@router.delete("/{slug}/price-changes/{change_id}")
def take_back_price(door: OpenDoor, slug: Slug, change_id: UUID) -> PriceChangeOut:
    """Before its day. Whoever was told of it hears nothing more: announce what holds instead."""

    def take_back() -> PriceChangeOut:
        product = _product(door, slug)
        change = repricing.take_back(door.session, product.id, change_id, today=door.today, now=door.now, actor=door.actor)
        return _out(door, [change])[0]

    return door.once(take_back)


def _announce(door: Door, slug: str, body: PriceChangeIn) -> AnnouncedOut:
    change, effect = price_news.announce(
        door.session,
        _product(door, slug),
        body.variant_id,
        body.amount,
        body.mrp_amount,
        body.effective_on,
        actor=door.actor,
        calendar=calendar_of(door.session, door),
    )
    return AnnouncedOut(
        change=_out(door, [change])[0],
        subscriptions=effect.subscriptions,
        consents=effect.consents,
        needing_consent=consents(effect, stores.get(door.session).currency),
    )


def _out(door: Door, changes: Sequence[PriceChange]) -> list[PriceChangeOut]:
    currency = stores.get(door.session).currency
    return [PriceChangeOut.of(one, currency) for one in changes]


def _product(door: Door, slug: str) -> Product:
    product = queries.by_slug(door.session, slug)
    if product is None:
        raise ProductNotFound
    return product
