"""The shelf: what is on sale, with today's price, tax and stock."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import Door, OpenDoor
from app.api.fields import NO_NUL
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.catalog import queries
from app.catalog.errors import ProductNotFound
from app.catalog.models import Product, Sellable
from app.catalog.queries import Place
from app.core.errors import Invalid
from app.stock import service as stock

router = Router(prefix="/api/v1/products", tags=["products"])

MAX_PAGE = 100
CURSOR = re.compile(r"^(-?\d{1,9})\.([0-9a-f]{32})$")

VARIANT: dict[str, Any] = {
    "id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11",
    "sku": "GHEE-500ML",
    "name": "500 ml jar",
    "unit": "500 ml",
    "price": {"amount": 64900, "currency": "INR"},
    "mrp": {"amount": 69900, "currency": "INR"},
    "tax_rate_bp": 500,
    "hsn": "0405",
    "is_exempt": False,
    "sold_by_weight": False,
    "weight_grams": 460,
    "available": True,
    "available_quantity": 40,
}
PRODUCT: dict[str, Any] = {
    "id": "01980a2e-5d6c-7a11-8c55-3f0f2e9a7b01",
    "slug": "a2-cow-ghee",
    "name": "A2 Cow Ghee",
    "description": "Churned from curd, cooked slowly over wood.",
    "category": "Dairy",
    "image": "ghee",
    "is_veg": True,
    "variants": [VARIANT],
}


class VariantOut(BaseModel):
    """What can be bought, at today's price. Rates are basis points: 500 is 5 %."""

    model_config = ConfigDict(json_schema_extra={"examples": [VARIANT]})

    id: UUID
    sku: str
    name: str
    unit: str
    price: MoneyOut
    mrp: MoneyOut
    tax_rate_bp: int
    hsn: str
    is_exempt: bool
    sold_by_weight: bool
    weight_grams: int | None
    available: bool
    available_quantity: int

    @classmethod
    def of(cls, item: Sellable, available_quantity: int) -> "VariantOut":
        return cls(
            id=item.variant_id,
            sku=item.sku,
            name=item.variant_name,
            unit=item.unit,
            price=MoneyOut(amount=item.amount, currency=item.currency),
            mrp=MoneyOut(amount=item.mrp_amount, currency=item.currency),
            tax_rate_bp=item.rate_bp,
            hsn=item.hsn,
            is_exempt=item.is_exempt,
            sold_by_weight=item.sold_by_weight,
            weight_grams=item.weight_grams,
            available=available_quantity > 0,
            available_quantity=available_quantity,
        )


class ProductOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [PRODUCT]})

    id: UUID
    slug: str
    name: str
    description: str
    category: str
    image: str
    is_veg: bool
    variants: list[VariantOut]


class ProductPage(BaseModel):
    """A page in shelf order; `next` is what to send as `after` for the following one, null on the last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [PRODUCT], "next": None}]})

    items: list[ProductOut]
    next: str | None = Field(examples=["20.01980a2e5d6c7a118c553f0f2e9a7b01", None])


@router.get("")
def list_products(
    door: OpenDoor,
    search: Annotated[str, Query(max_length=80, pattern=NO_NUL, description="Part of a name, description or category")] = "",
    category: Annotated[str, Query(max_length=60, pattern=NO_NUL, examples=["Dairy"])] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> ProductPage:
    """What is on sale, in shelf order."""
    place = _place(after) if after is not None else None
    found = queries.page(door.session, today=door.today, search=search.strip(), category=category, after=place, limit=limit + 1)
    shown = found[:limit]
    following = f"{shown[-1].position}.{shown[-1].id.hex}" if len(found) > limit else None
    return ProductPage(items=_render(door, shown), next=following)


@router.get("/{slug}")
def get_product(door: OpenDoor, slug: Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9-]+$")]) -> ProductOut:
    """One product; one that is not on sale is not found."""
    product = queries.by_slug(door.session, slug)
    rendered = _render(door, [product]) if product else []
    if not rendered or not rendered[0].variants:
        raise ProductNotFound
    return rendered[0]


def _place(cursor: str) -> Place:
    match = CURSOR.match(cursor)
    if match is None:
        raise Invalid("after must be the `next` of an earlier page", field="after")
    return Place(int(match[1]), UUID(match[2]))


def _render(door: Door, products: Sequence[Product]) -> list[ProductOut]:
    """All variants and all stock of the products in one statement each."""
    items = queries.sellable_of_products(door.session, [product.id for product in products], door.today)
    available = stock.availability(door.session, [item.variant_id for item in items])
    variants: dict[UUID, list[VariantOut]] = defaultdict(list)
    for item in items:
        variants[item.product_id].append(VariantOut.of(item, available[item.variant_id]))
    return [ProductOut(**product.model_dump(include=_PLAIN), variants=variants[product.id]) for product in products]


_PLAIN = {"id", "slug", "name", "description", "category", "image", "is_veg"}
