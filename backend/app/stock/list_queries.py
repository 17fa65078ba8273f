"""What there is, for people: levels with names, and how they came about."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.catalog.models import Product, Variant
from app.stock.models import StockLevel, StockMovement


class NamedLevel(NamedTuple):
    """A level with what the variant is called; 0 of what was never received."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def product_of(variant: Any) -> ColumnElement[bool]:
    return (col(Product.store_id) == col(variant.store_id)) & (col(Product.id) == col(variant.product_id))


def level_of(variant: Any) -> ColumnElement[bool]:
    return (col(StockLevel.store_id) == col(variant.store_id)) & (col(StockLevel.variant_id) == col(variant.id))


def page(
    session: Session, *, search: str = "", at_most: int | None = None, after_sku: str | None = None, limit: int
) -> list[NamedLevel]:
    """Every variant with its level, by SKU. `at_most`: only those of which that many or fewer are to be had."""
    on_hand, reserved = func.coalesce(col(StockLevel.on_hand), 0), func.coalesce(col(StockLevel.reserved), 0)
    statement = (
        columns(col(Variant.id), col(Variant.sku), col(Product.name), col(Variant.unit), on_hand, reserved)
        .join(Product, product_of(Variant))
        .outerjoin(StockLevel, level_of(Variant))
        .order_by(col(Variant.sku))
        .limit(limit)
    )
    if search:
        words = (col(name).icontains(search, autoescape=True) for name in (Variant.sku, Product.name))
        statement = statement.where(or_(*words))
    if at_most is not None:
        statement = statement.where(on_hand - reserved <= at_most)
    if after_sku is not None:
        statement = statement.where(col(Variant.sku) > after_sku)
    return [NamedLevel(*row) for row in session.execute(statement)]


def movements(session: Session, variant_id: UUID, *, before: UUID | None, limit: int) -> Sequence[StockMovement]:
    """Newest first."""
    statement = select(StockMovement).where(StockMovement.variant_id == variant_id)
    if before:
        statement = statement.where(col(StockMovement.id) < before)
    return session.exec(statement.order_by(col(StockMovement.id).desc()).limit(limit)).all()
