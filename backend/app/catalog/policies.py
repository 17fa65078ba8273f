"""What becomes of a product in subscriptions where there is not enough of it, or where a delivery was missed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.audit.service import record
from app.catalog.errors import ProductNotFound, SubstituteInvalid, VariantNotFound
from app.catalog.models import Product, Variant
from app.core.actor import Actor


@dataclass(frozen=True)
class Policies:
    """Of one product; `substitutes` by variant: what comes in its place, or nothing."""

    product: Product
    substitutes: Mapping[UUID, UUID | None]


def of_product(session: Session, slug: str, *, lock: bool = False) -> Policies:
    """ProductNotFound."""
    statement = select(Product).where(Product.slug == slug)
    product = session.exec(statement.with_for_update() if lock else statement).one_or_none()
    if product is None:
        raise ProductNotFound
    return Policies(product, {one.id: one.substitute_id for one in _variants(session, product)})


def change(
    session: Session, slug: str, shortage: str, catch_up: str, substitutes: Mapping[UUID, UUID | None], *, actor: Actor
) -> Policies:
    """Both policies, and of the variants named what comes in their place. Safe to repeat.

    ProductNotFound, VariantNotFound (no variant of this product), SubstituteInvalid.
    """
    product = of_product(session, slug, lock=True).product
    wanted = {"shortage_policy": shortage, "catch_up_policy": catch_up}
    changes = {name: [getattr(product, name), value] for name, value in wanted.items() if getattr(product, name) != value}
    for name, value in wanted.items():
        setattr(product, name, value)
    session.add(product)
    if changes:
        record(session, actor, "product.policies_changed", product, changes)
    variants = {one.id: one for one in _variants(session, product)}
    for variant_id, substitute_id in substitutes.items():
        if variant_id not in variants:
            raise VariantNotFound(field="substitutes")
        _set_substitute(session, variants[variant_id], substitute_id, actor)
    session.flush()
    return of_product(session, slug)


def _set_substitute(session: Session, variant: Variant, substitute_id: UUID | None, actor: Actor) -> None:
    before = variant.substitute_id
    if before == substitute_id:
        return
    if substitute_id is not None:
        known = session.exec(select(Variant.id).where(Variant.id == substitute_id, col(Variant.is_active))).first()
        if known is None or substitute_id == variant.id:
            raise SubstituteInvalid(field="substitutes")
    variant.substitute_id = substitute_id
    session.add(variant)
    told = [str(one) if one else None for one in (before, substitute_id)]
    record(session, actor, "variant.substitute_changed", variant, {"substitute_id": told})


def _variants(session: Session, product: Product) -> list[Variant]:
    found = select(Variant).where(Variant.product_id == product.id).order_by(col(Variant.position), col(Variant.id))
    return list(session.exec(found))
