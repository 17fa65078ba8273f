"""Counts and their lines, read, locked and written set-wise."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from app.catalog.models import Product, Variant
from app.core.ids import new_id
from app.core.work import store_of
from app.stock.count_models import StockCount, StockCountLine
from app.stock.errors import CountNotFound
from app.stock.list_queries import level_of, product_of
from app.stock.models import StockLevel

Which = Literal["all", "counted", "uncounted", "different"]
_DIFFERENCE = col(StockCountLine.counted_quantity) - col(StockCountLine.expected_quantity)


class CountedLine(NamedTuple):
    """A line with what the variant is called."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    expected_quantity: int | None
    counted_quantity: int | None
    counted_at: datetime | None

    @property
    def difference(self) -> int | None:
        known = self.expected_quantity is not None and self.counted_quantity is not None
        return (self.counted_quantity or 0) - (self.expected_quantity or 0) if known else None


class Tally(NamedTuple):
    """How far a count is: lines, lines counted, lines with a difference, pieces found and pieces missing."""

    lines: int
    counted: int
    different: int
    found: int
    missing: int


def get(session: Session, count_id: UUID, *, lock: bool = False) -> StockCount:
    """CountNotFound where there is none. `lock`: until the transaction ends, and as it is then."""
    statement = select(StockCount).where(StockCount.id == count_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    count = session.exec(statement).one_or_none()
    if count is None:
        raise CountNotFound
    return count


def page(session: Session, limit: int, before: UUID | None) -> Sequence[StockCount]:
    """Newest first."""
    statement = select(StockCount).order_by(col(StockCount.id).desc()).limit(limit)
    return session.exec(statement.where(col(StockCount.id) < before) if before else statement).all()


def countable(session: Session, category: str | None, limit: int) -> list[UUID]:
    """Variants that are sold, or lie on the shelf all the same; of a category, or (None) all. In the order of ids."""
    statement = (
        columns(col(Variant.id))
        .join(Product, product_of(Variant))
        .outerjoin(StockLevel, level_of(Variant))
        .where(or_(col(Product.is_active) & col(Variant.is_active), col(StockLevel.on_hand) > 0))
        .order_by(col(Variant.id))
        .limit(limit)
    )
    return list(session.scalars(statement if category is None else statement.where(col(Product.category) == category)))


def add_lines(session: Session, count_id: UUID, variant_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Lines for these variants, passing over those in another open count; which got one. A racing count is waited for."""
    fixed = {"store_id": store_of(session), "count_id": count_id, "created_at": now, "is_open": True}
    values = [{**fixed, "id": new_id(), "variant_id": variant_id} for variant_id in sorted(variant_ids)]
    statement = insert(StockCountLine).values(values).on_conflict_do_nothing().returning(col(StockCountLine.variant_id))
    return set(session.scalars(statement))


def line(session: Session, count_id: UUID, variant_id: UUID) -> StockCountLine | None:
    return session.exec(
        select(StockCountLine).where(StockCountLine.count_id == count_id, StockCountLine.variant_id == variant_id)
    ).one_or_none()


def lines(session: Session, count_id: UUID, *, which: Which, after_sku: str | None, limit: int) -> list[CountedLine]:
    """By SKU."""
    statement = (
        columns(
            col(StockCountLine.variant_id), col(Variant.sku), col(Product.name), col(Variant.unit),
            col(StockCountLine.expected_quantity), col(StockCountLine.counted_quantity), col(StockCountLine.counted_at),
        )
        .join(
            Variant,
            (col(Variant.store_id) == col(StockCountLine.store_id)) & (col(Variant.id) == col(StockCountLine.variant_id)),
        )
        .join(Product, product_of(Variant))
        .where(col(StockCountLine.count_id) == count_id)
        .order_by(col(Variant.sku))
        .limit(limit)
    )  # fmt: skip
    narrower = {
        "counted": col(StockCountLine.counted_quantity).is_not(None),
        "uncounted": col(StockCountLine.counted_quantity).is_(None),
        "different": _DIFFERENCE != 0,
    }
    if which in narrower:
        statement = statement.where(narrower[which])
    if after_sku is not None:
        statement = statement.where(col(Variant.sku) > after_sku)
    return [CountedLine(*row) for row in session.execute(statement)]


def tally(session: Session, count_id: UUID) -> Tally:
    more, less = func.sum(_DIFFERENCE).filter(_DIFFERENCE > 0), func.sum(-_DIFFERENCE).filter(_DIFFERENCE < 0)
    statement = columns(
        func.count(),
        func.count(col(StockCountLine.counted_quantity)),
        func.count().filter(_DIFFERENCE != 0),
        func.coalesce(more, 0),
        func.coalesce(less, 0),
    ).where(col(StockCountLine.count_id) == count_id)
    return Tally(*session.execute(statement).one())


def differences(session: Session, count_id: UUID) -> dict[UUID, int]:
    """What is to be booked, by variant."""
    statement = columns(col(StockCountLine.variant_id), _DIFFERENCE).where(
        col(StockCountLine.count_id) == count_id, _DIFFERENCE != 0
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def close_lines(session: Session, count_id: UUID) -> None:
    """Their variants may be counted anew."""
    session.execute(update(StockCountLine).where(col(StockCountLine.count_id) == count_id).values(is_open=False))
