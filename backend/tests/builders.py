"""Rows that many tests need, made through the services where there are some."""

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as accounts
from app.accounts.models import Customer
from app.catalog import service as catalog
from app.catalog.models import Price, Product, Variant, VariantTax
from app.core import clock
from app.core.actor import SYSTEM
from app.core.ids import new_id
from app.core.work import store_of
from app.orders.models import Order
from app.stock import service as stock

_serial = count(1)
TAX_SINCE = date(2025, 9, 22)


def make_product(session: Session, **fields: Any) -> Product:
    number = next(_serial)
    product = Product(store_id=store_of(session), **{"slug": f"product-{number}", "name": f"Product {number}", **fields})
    return catalog.add_product(session, SYSTEM, product)


def make_variant(
    session: Session,
    *,
    product: Product | None = None,
    amount: int = 6000,
    mrp_amount: int | None = None,
    rate_bp: int = 500,
    is_exempt: bool = False,
    hsn: str = "0405",
    stock_quantity: int = 10,
    **fields: Any,
) -> Variant:
    """Something on sale: ₹60.00 with 5 % GST in it, ten of it on the shelf, unless told otherwise."""
    product = product or make_product(session)
    store_id = store_of(session)
    facts = {"sku": f"SKU-{next(_serial)}", "name": "1 kg bag", "unit": "1 kg", **fields}
    variant = Variant(store_id=store_id, product_id=product.id, **facts)
    catalog.add_variant(
        session,
        SYSTEM,
        variant,
        Price(
            store_id=store_id,
            price_list_id=catalog.default_price_list(session).id,
            variant_id=variant.id,
            amount=amount,
            mrp_amount=mrp_amount or amount,
        ),
        VariantTax(
            store_id=store_id, variant_id=variant.id, valid_from=TAX_SINCE, rate_bp=0 if is_exempt else rate_bp, hsn=hsn,
            is_exempt=is_exempt,
        ),
    )  # fmt: skip
    if stock_quantity:
        stock.receive(session, {variant.id: stock_quantity}, cause="test", actor=SYSTEM, now=clock.machine_now())
    return variant


def make_customer(session: Session, **fields: Any) -> Customer:
    return accounts.add_customer(session, actor=SYSTEM, **{"phone": f"+9198{next(_serial):08d}", "name": "Asha", **fields})


def make_order(session: Session, customer_id: UUID | None = None, **fields: Any) -> Order:
    """A bare order of ₹60.00 that waits for its payment, for tests of what hangs on an order; checkout makes real ones."""
    now = clock.machine_now()
    order = Order(
        **{
            "store_id": store_of(session),
            "id": new_id(),
            "number": f"T-{next(_serial)}",
            "customer_id": customer_id or make_customer(session).id,
            "payment_method": "razorpay",
            "currency": "INR",
            "subtotal_amount": 6000,
            "shipping_amount": 0,
            "round_off_amount": 0,
            "tax_amount": 286,
            "total_amount": 6000,
            "place_of_supply": "29",
            "address": {},
            "pricing": {},
            "placed_at": now,
            "expires_at": now + timedelta(minutes=15),
            **fields,
        }
    )
    session.add(order)
    session.flush()
    return order
