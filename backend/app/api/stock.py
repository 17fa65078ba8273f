"""Stock, for staff: what there is, how it came about, what came in and what went missing."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.api.doors import OpenDoor
from app.api.fields import NO_NUL
from app.api.routing import Router
from app.api.stock_schemas import (
    AdjustmentIn,
    LevelOut,
    LevelPage,
    MovementOut,
    MovementPage,
    NamedLevelOut,
    ReceiptIn,
    ReceiptOut,
)
from app.catalog.errors import VariantNotFound
from app.stock import adjusting, list_queries, queries, service
from app.stock.rules import MAX_PIECES

router = Router(prefix="/api/v1/stock", tags=["stock"])

MAX_PAGE = 100


@router.get("")
def list_levels(
    door: OpenDoor,
    search: Annotated[str, Query(max_length=80, pattern=NO_NUL, description="part of an SKU or a name")] = "",
    available_at_most: Annotated[
        int | None, Query(ge=0, le=MAX_PIECES, description="only what runs low: so few, or fewer")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: Annotated[str | None, Query(max_length=40, pattern=NO_NUL, description="`next` of the page before")] = None,
) -> LevelPage:
    """Every variant with what there is of it, by SKU; on sale or not."""
    rows = list_queries.page(door.session, search=search.strip(), at_most=available_at_most, after_sku=after, limit=limit + 1)
    items = [NamedLevelOut.named(row) for row in rows[:limit]]
    return LevelPage(items=items, next=items[-1].sku if len(rows) > limit else None)


@router.get("/{variant_id}/movements")
def list_movements(
    door: OpenDoor, variant_id: UUID, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> MovementPage:
    """Every change of a variant's level, newest first."""
    if not queries.exist(door.session, [variant_id]):
        raise VariantNotFound
    rows = list_queries.movements(door.session, variant_id, before=after, limit=limit + 1)
    items = [MovementOut.of(row) for row in rows[:limit]]
    return MovementPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.post("/receipts", status_code=201)
def receive(door: OpenDoor, body: ReceiptIn) -> ReceiptOut:
    """Goods came in: all of these lines are put on the shelf, or none. Needs an Idempotency-Key: each receipt is one more."""
    door.require_key()

    def put() -> ReceiptOut:
        quantities = {line.variant_id: line.quantity for line in body.lines}
        service.receive(door.session, quantities, cause=body.note, actor=door.actor, now=door.now)
        levels = queries.levels(door.session, quantities)
        return ReceiptOut(levels=[LevelOut.of(levels[line.variant_id]) for line in body.lines])

    return door.once(put, 201)


@router.post("/adjustments", status_code=201)
def adjust(door: OpenDoor, body: AdjustmentIn) -> LevelOut:
    """There is more on the shelf than was written, or less; the level as it is now. Needs an Idempotency-Key.

    409 `stock_reserved`: less would be left than orders were promised; `variants` names them. 409 `not_on_shelf`.
    """
    door.require_key()
    return door.once(
        lambda: LevelOut.of(
            adjusting.adjust(
                door.session, body.variant_id, body.change, body.reason, note=body.note, actor=door.actor, now=door.now
            )
        ),
        201,
    )
