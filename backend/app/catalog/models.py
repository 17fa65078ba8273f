"""What the store sells: products, their variants, what a variant costs in a price list, and its tax by date."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, String

from app.core.db import Row, belongs_to


class Product(Row, table=True):
    """A thing people look for. What they buy is one of its variants."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("store_id", "slug"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_form"),
        CheckConstraint("name <> ''", name="name_given"),
        CheckConstraint("shortage_policy in ('skip', 'drop_line', 'substitute', 'backorder')", name="shortage_policy_known"),
        CheckConstraint("catch_up_policy in ('skip', 'ship_once', 'bill_all')", name="catch_up_policy_known"),
        Index("ix_products_listed", "store_id", "position", "id", postgresql_where=text("is_active")),
    )

    slug: str = Field(max_length=80)  # in URLs; never changes once published
    name: str = Field(max_length=120)
    description: str = Field(default="", max_length=2000)
    category: str = Field(default="", max_length=60)
    image: str = Field(default="", max_length=80)  # an image's id, never a URL
    is_veg: bool = True  # the green or the brown mark that Indian food labels carry
    is_active: bool = True
    position: int = 0  # order on the shelf, then by id
    # Of subscriptions: what comes when there is not enough, and what becomes of deliveries that nobody planned in time.
    shortage_policy: str = Field(default="skip", sa_type=String(10), sa_column_kwargs={"server_default": "skip"})
    catch_up_policy: str = Field(default="skip", sa_type=String(9), sa_column_kwargs={"server_default": "skip"})


class Variant(Row, table=True):
    """What a customer buys: a pack with an SKU. Sold by weight: `unit` is what one piece is meant to weigh."""

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("store_id", "sku"),
        belongs_to("products"),
        CheckConstraint("sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'", name="sku_form"),
        belongs_to("variants", "substitute_id"),
        CheckConstraint("substitute_id <> id", name="substitute_is_another"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint("not sold_by_weight or weight_grams is not null", name="sold_by_weight_has_weight"),
        Index("ix_variants_product", "store_id", "product_id"),
    )

    product_id: UUID
    sku: str = Field(max_length=40)
    name: str = Field(max_length=60)  # "500 ml pouch"
    unit: str = Field(
        max_length=20
    )  # what one piece is, beside the product's name in carts and on documents: "500 ml", "6 eggs"
    weight_grams: int | None = None
    sold_by_weight: bool = False
    is_active: bool = True
    position: int = 0
    substitute_id: UUID | None = None  # what a subscription gets in its place where it is short


class PriceList(Row, table=True):
    """Prices for one kind of buyer. The default one is what everybody sees."""

    __tablename__ = "price_lists"
    __table_args__ = (
        UniqueConstraint("store_id", "code"),
        Index("uq_price_lists_default", "store_id", unique=True, postgresql_where=text("is_default")),
    )

    code: str = Field(max_length=40)
    includes_tax: bool = True  # retail prices in India do (MRP)
    is_default: bool = False


class Price(Row, table=True):
    """What one piece of a variant costs in a price list, in paise; with tax where the list includes it."""

    __tablename__ = "prices"
    __table_args__ = (
        UniqueConstraint("store_id", "price_list_id", "variant_id"),
        belongs_to("price_lists"),
        belongs_to("variants"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("mrp_amount >= amount", name="never_above_mrp"),  # it is unlawful to charge more than the printed price
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
    )

    price_list_id: UUID
    variant_id: UUID
    amount: int = Field(sa_type=BigInteger)
    mrp_amount: int = Field(sa_type=BigInteger)
    currency: str = Field(default="INR", sa_type=String(3))


class VariantTax(Row, table=True):
    """GST rate and HSN code of a variant from a date on, until the next row's date."""

    __tablename__ = "variant_taxes"
    __table_args__ = (
        UniqueConstraint("store_id", "variant_id", "valid_from"),
        belongs_to("variants"),
        CheckConstraint("rate_bp between 0 and 10000", name="rate_in_range"),
        CheckConstraint("hsn ~ '^[0-9]{4,8}$'", name="hsn_digits"),
        CheckConstraint("not is_exempt or rate_bp = 0", name="exempt_has_no_rate"),
    )

    variant_id: UUID
    valid_from: date
    rate_bp: int
    hsn: str = Field(max_length=8)
    is_exempt: bool = False  # exempt goods go on a bill of supply; a taxable rate of 0 does not make them exempt


class Name(NamedTuple):
    """What a variant is called, on sale or not."""

    sku: str
    name: str  # the product's
    unit: str


@dataclass(frozen=True)
class Sellable:
    """What a sale needs to know of a variant on a day: one frozen answer for cart, order and document."""

    variant_id: UUID
    product_id: UUID
    sku: str
    name: str  # the product's: with `unit` it says what is bought
    variant_name: str
    unit: str
    weight_grams: int | None
    sold_by_weight: bool
    amount: int
    mrp_amount: int
    currency: str
    includes_tax: bool
    rate_bp: int
    hsn: str
    is_exempt: bool

    def frozen_facts(self) -> dict[str, Any]:
        """The columns an order line keeps, whatever becomes of the catalogue."""
        return {
            "sku": self.sku,
            "name": self.name,
            "unit": self.unit,
            "hsn": self.hsn,
            "tax_rate_bp": self.rate_bp,
            "is_exempt": self.is_exempt,
            "unit_price_amount": self.amount,
            "piece_grams": self.weight_grams if self.sold_by_weight else None,
        }
