"""Prices that staff announce for a day to come, and what they mean for subscriptions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.api.doors import Door, OpenDoor
from app.api.fields import Day
from app.api.routing import Router
from app.api.schemas import DryRun, MoneyOut, RequestBody
from app.api.subscriptions import calendar_of
from app.catalog import queries, repricing
from app.catalog.errors import ProductNotFound
from app.catalog.models import Product
from app.catalog.price_models import PriceChange
from app.core.money import MAX_AMOUNT
from app.core.work import rehearse
from app.stores import service as stores
from app.subscriptions import price_news
from app.subscriptions.price_news import Effect

router = Router(prefix="/api/v1/products", tags=["products"])

Slug = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9-]+$")]
Paise = Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT, description="paise")]


class PriceChangeIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "amount": 6500, "effective_on": "2027-01-01"},
            ]
        }
    )

    variant_id: UUID
    amount: Paise
    mrp_amount: Paise | None = Field(default=None, description="The printed price, if it changes too")
    effective_on: Day = Field(description="Deliveries and orders of that day and later cost it")


class PriceChangeOut(BaseModel):
    """`noticed_at`: when all subscribers had been told; null before that."""

    id: UUID
    variant_id: UUID
    price: MoneyOut
    mrp: MoneyOut
    effective_on: date
    noticed_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, change: PriceChange, currency: str) -> "PriceChangeOut":
        return cls(
            price=MoneyOut(amount=change.amount, currency=currency),
            mrp=MoneyOut(amount=change.mrp_amount, currency=currency),
            **change.model_dump(include={"id", "variant_id", "effective_on", "noticed_at", "cancelled_at"}),
        )


class PriceChangeList(BaseModel):
    items: list[PriceChangeOut]


class ConsentOut(BaseModel):
    """`limit`: of the mandate; null: the payment provider charges by itself, the same each time."""

    subscription_id: UUID
    mandate_id: UUID | None
    delivery: MoneyOut = Field(description="What its dearest delivery then costs")
    limit: MoneyOut | None


class AnnouncedOut(BaseModel):
    """`subscriptions`: so many have it. `consents`: so many of them agreed to less; nothing beyond that is debited."""

    change: PriceChangeOut
    subscriptions: int
    consents: int
    needing_consent: list[ConsentOut] = Field(description="At most a hundred")


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
        needing_consent=_consents(effect, stores.get(door.session).currency),
    )


def _consents(effect: Effect, currency: str) -> list[ConsentOut]:
    def money(amount: int) -> MoneyOut:
        return MoneyOut(amount=amount, currency=currency)

    return [
        ConsentOut(
            subscription_id=one.subscription_id,
            mandate_id=one.mandate_id,
            delivery=money(one.amount),
            limit=None if one.limit is None else money(one.limit),
        )
        for one in effect.examples
    ]


def _out(door: Door, changes: Sequence[PriceChange]) -> list[PriceChangeOut]:
    currency = stores.get(door.session).currency
    return [PriceChangeOut.of(one, currency) for one in changes]


def _product(door: Door, slug: str) -> Product:
    product = queries.by_slug(door.session, slug)
    if product is None:
        raise ProductNotFound
    return product
