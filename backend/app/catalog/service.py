"""Putting things on the shelf, and what can be bought from it."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit.service import record
from app.catalog import queries
from app.catalog.models import Name, Price, PriceList, Product, Sellable, Variant, VariantTax
from app.core.actor import Actor
from app.core.work import store_of

CONSUMER = "consumer"


def sellable(session: Session, variant_ids: Collection[UUID], today: date) -> list[Sellable]:
    """Name, price and tax of these variants as of `today`; one that is not on sale is left out. One statement."""
    return queries.sellable(session, variant_ids, today)


def change_days(session: Session, variant_ids: Collection[UUID], after: date) -> list[date]:
    """The days after that one from which `sellable` says other prices or taxes of these variants. One statement."""
    return queries.change_days(session, variant_ids, after) if variant_ids else []


def names(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Name]:
    """SKU, product name and unit of the variants that exist, on sale or not."""
    return queries.names(session, variant_ids) if variant_ids else {}


def add_product(session: Session, actor: Actor, product: Product) -> Product:
    """Put a product on the shelf. Its slug must be free."""
    session.add(product)
    session.flush()
    record(session, actor, "product.added", product, {"slug": [None, product.slug]})
    return product


def add_variant(session: Session, actor: Actor, variant: Variant, price: Price, tax: VariantTax) -> Variant:
    """Give a product something to buy, with its price and tax: a variant without them would never be on sale."""
    session.add(variant)
    session.flush()
    session.add_all([price, tax])
    session.flush()
    changes = {"sku": [None, variant.sku], "amount": [None, price.amount], "rate_bp": [None, tax.rate_bp]}
    record(session, actor, "variant.added", variant, changes)
    return variant


def default_price_list(session: Session) -> PriceList:
    """The store's default list (retail, tax included), made if it is missing."""
    found = session.exec(select(PriceList).where(col(PriceList.is_default))).one_or_none()
    if found is None:
        found = PriceList(store_id=store_of(session), code=CONSUMER, is_default=True)
        session.add(found)
        session.flush()
    return found
