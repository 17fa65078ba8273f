"""Reads of the catalogue. However many products are asked for, each function is one statement.

On sale means: product and variant active, a price in the store's default list, and a tax known for the day. The price is the
latest one announced for that day or an earlier one, else the list's own.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, true, tuple_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from app.catalog.models import Name, Price, PriceList, Product, Sellable, Variant, VariantTax
from app.catalog.price_models import PriceChange


class Place(NamedTuple):
    """Where a page of products ends: on the shelf by position, then by id."""

    position: int
    id: UUID


def page(
    session: Session, *, today: date, search: str = "", category: str = "", after: Place | None = None, limit: int
) -> Sequence[Product]:
    """Active products with something on sale, in shelf order."""
    on_sale = _sellable(today).with_only_columns(col(Variant.id)).where(col(Variant.product_id) == col(Product.id))
    statement = select(Product).where(col(Product.is_active), on_sale.correlate(Product).exists())
    if search:
        pattern = f"%{_literally(search)}%"
        found = (col(column).ilike(pattern, escape="\\") for column in (Product.name, Product.description, Product.category))
        statement = statement.where(or_(*found))
    if category:
        statement = statement.where(Product.category == category)
    if after:
        statement = statement.where(tuple_(col(Product.position), col(Product.id)) > after)
    return session.exec(statement.order_by(col(Product.position), col(Product.id)).limit(limit)).all()


def by_slug(session: Session, slug: str) -> Product | None:
    return session.exec(select(Product).where(Product.slug == slug, col(Product.is_active))).one_or_none()


def all_by_slug(session: Session) -> dict[str, Product]:
    """The whole catalogue, on sale or not: for imports, never for a page."""
    return {product.slug: product for product in session.exec(select(Product))}


def all_skus(session: Session) -> set[str]:
    """Every SKU there is, on sale or not."""
    return set(session.exec(select(Variant.sku)))


def sellable_of_products(session: Session, product_ids: Collection[UUID], today: date) -> list[Sellable]:
    """Every variant on sale of these products, in shelf order."""
    statement = _sellable(today).where(col(Variant.product_id).in_(product_ids))
    return [Sellable(*row) for row in session.execute(statement)]


def sellable(session: Session, variant_ids: Collection[UUID], today: date) -> list[Sellable]:
    """These variants as far as they are on sale."""
    return [Sellable(*row) for row in session.execute(_SELLABLE, {"today": today, "variant_ids": list(variant_ids)})]


def change_days(session: Session, variant_ids: Collection[UUID], after: date) -> list[date]:
    """On which days after that one a price or a tax of these variants changes, in order."""
    tax = columns(col(VariantTax.valid_from)).where(
        col(VariantTax.variant_id).in_(variant_ids), col(VariantTax.valid_from) > after
    )
    price = columns(col(PriceChange.effective_on)).where(
        col(PriceChange.variant_id).in_(variant_ids),
        col(PriceChange.effective_on) > after,
        col(PriceChange.cancelled_at).is_(None),
    )
    return sorted(session.execute(tax.union(price)).scalars())


def names(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Name]:
    """What these variants are called, on sale or not."""
    statement = columns(col(Variant.id), col(Variant.sku), col(Product.name), col(Variant.unit))
    found = session.execute(statement.join(Product, _of_product()).where(col(Variant.id).in_(variant_ids)))
    return {row[0]: Name(*row[1:]) for row in found}


def _of_product() -> Any:
    return and_(col(Product.store_id) == col(Variant.store_id), col(Product.id) == col(Variant.product_id))


def _sellable(today: date | BindParameter[date]) -> Select[Any]:
    """Variants on sale with their price and the tax row in force on the day."""
    later = (
        columns(PriceChange)
        .where(
            col(PriceChange.store_id) == col(Price.store_id),
            col(PriceChange.variant_id) == col(Price.variant_id),
            col(PriceChange.price_list_id) == col(Price.price_list_id),
            col(PriceChange.effective_on) <= today,
            col(PriceChange.cancelled_at).is_(None),
        )
        .order_by(col(PriceChange.effective_on).desc())
        .limit(1)
        .lateral("later")
    )
    tax = (
        columns(VariantTax)
        .where(
            col(VariantTax.store_id) == col(Variant.store_id),
            col(VariantTax.variant_id) == col(Variant.id),
            col(VariantTax.valid_from) <= today,
        )
        .order_by(col(VariantTax.valid_from).desc())
        .limit(1)
        .lateral("tax")
    )
    facts: dict[str, Any] = {
        "variant_id": col(Variant.id),
        "name": col(Product.name),
        "variant_name": col(Variant.name),
        **{name: col(getattr(Variant, name)) for name in ("product_id", "sku", "unit", "weight_grams", "sold_by_weight")},
        **{name: func.coalesce(later.c[name], col(getattr(Price, name))) for name in ("amount", "mrp_amount")},
        "currency": col(Price.currency),
        "includes_tax": col(PriceList.includes_tax),
        **{name: tax.c[name] for name in ("rate_bp", "hsn", "is_exempt")},
    }
    return (
        columns(*(facts[field.name].label(field.name) for field in fields(Sellable)))
        .select_from(Variant)
        .join(Product, _of_product())
        .join(Price, and_(col(Price.store_id) == col(Variant.store_id), col(Price.variant_id) == col(Variant.id)))
        .join(PriceList, and_(col(PriceList.store_id) == col(Price.store_id), col(PriceList.id) == col(Price.price_list_id)))
        .join(tax, true())
        .outerjoin(later, true())
        .where(col(Product.is_active), col(Variant.is_active), col(PriceList.is_default))
        .order_by(col(Variant.position), col(Variant.id))
    )


# Built once: it is asked for at every look into a cart.
_SELLABLE = _sellable(bindparam("today")).where(col(Variant.id).in_(bindparam("variant_ids", expanding=True)))


def _literally(words: str) -> str:
    """The words with LIKE's wildcards meaning themselves."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
