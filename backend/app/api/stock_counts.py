"""Stock-takes, for staff: open a count, enter what is there, book the differences."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.api.doors import OpenDoor
from app.api.routing import Router
from app.api.stock_count_schemas import (
    CountDetailOut,
    CountedIn,
    CountedLineOut,
    CountIn,
    CountOut,
    CountPage,
    CountSummaryOut,
    count_facts,
)
from app.stock import count_queries, counting
from app.stock.count_queries import Which

router = Router(prefix="/api/v1/stock/counts", tags=["stock"])

MAX_PAGE = 200
NO_NUL = r"^[^\x00]*$"  # PostgreSQL's text cannot hold it


@router.post("", status_code=201)
def open_count(door: OpenDoor, body: CountIn) -> CountOut:
    """Open a count. 409 `being_counted`: some of it is part of a count that is open already; `variants` names it."""

    def opened() -> CountOut:
        count = counting.open_count(
            door.session, body.variant_ids, category=body.category, note=body.note, actor=door.actor, now=door.now
        )
        return CountOut.of(door.session, count)

    return door.once(opened, 201)


@router.get("")
def list_counts(door: OpenDoor, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: UUID | None = None) -> CountPage:
    """Newest first."""
    rows = count_queries.page(door.session, limit + 1, after)
    items = [CountSummaryOut(**count_facts(row)) for row in rows[:limit]]
    return CountPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.get("/{count_id}")
def get_count(
    door: OpenDoor,
    count_id: UUID,
    which: Which = "all",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    after: Annotated[str | None, Query(max_length=40, pattern=NO_NUL, description="`next` of the page before")] = None,
) -> CountDetailOut:
    """A count with its lines: all, or those counted, uncounted or different."""
    count = count_queries.get(door.session, count_id)
    rows = count_queries.lines(door.session, count_id, which=which, after_sku=after, limit=limit + 1)
    items = [CountedLineOut.of(row) for row in rows[:limit]]
    facts = CountOut.of(door.session, count).model_dump()
    return CountDetailOut(**facts, items=items, next=items[-1].sku if len(rows) > limit else None)


@router.put("/{count_id}/lines/{variant_id}")
def enter_line(door: OpenDoor, count_id: UUID, variant_id: UUID, body: CountedIn) -> CountOut:
    """So many are there. Enter it as you count: what the books say is read at this moment. The last entry of a line counts."""

    def entered() -> CountOut:
        counting.enter(door.session, count_id, variant_id, body.counted, actor=door.actor, now=door.now)
        return CountOut.of(door.session, count_queries.get(door.session, count_id))

    return door.once(entered)


@router.post("/{count_id}/closing")
def close_count(door: OpenDoor, count_id: UUID) -> CountOut:
    """Book the differences, once; what nobody counted stays as it is. Safe to repeat.

    409 `stock_reserved`: less would be left than orders were promised; `variants` names the orders that hold it.
    """
    return door.once(lambda: CountOut.of(door.session, counting.close(door.session, count_id, actor=door.actor, now=door.now)))
