"""An order and its lines as rows: everything that money depends on, frozen from the day's prices."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.models import Address
from app.catalog.models import Sellable
from app.core.ids import new_id
from app.orders.models import Order, OrderLine
from app.pricing.rules import PricedBasket, PricedLine, Taxed

DELIVERY = "Delivery"
ADDRESS_FIELDS = ("name", "phone", "line1", "line2", "city", "state_code", "pin")


@dataclass(frozen=True)
class Sale:
    """What is sold to whom: priced goods and where they go."""

    customer_id: UUID
    address: Mapping[str, Any]
    goods: Mapping[UUID, Sellable]  # by variant id
    basket: PricedBasket
    currency: str
    payment_method: str


def freeze_address(address: Address) -> dict[str, Any]:
    return {field: getattr(address, field) for field in ADDRESS_FIELDS}


def new_order(
    store_id: UUID,
    sale: Sale,
    number: str,
    *,
    placed_at: datetime,
    expires_at: datetime,
    cart_id: UUID | None = None,
    cycle_id: UUID | None = None,
) -> Order:
    """It comes from a cart, or is the delivery of a cycle."""
    basket = sale.basket
    return Order(
        store_id=store_id,
        id=new_id(),
        number=number,
        customer_id=sale.customer_id,
        cart_id=cart_id,
        cycle_id=cycle_id,
        payment_method=sale.payment_method,
        currency=sale.currency,
        subtotal_amount=basket.subtotal_amount,
        shipping_amount=basket.shipping_amount,
        round_off_amount=basket.round_off_amount,
        tax_amount=basket.tax_amount,
        total_amount=basket.total_amount,
        place_of_supply=sale.address["state_code"],
        address=dict(sale.address),
        pricing=basket.explanation,
        placed_at=placed_at,
        expires_at=expires_at,
    )


def new_lines(order: Order, sale: Sale) -> Iterable[OrderLine]:
    """What each thing is called, costs and is taxed at today, whatever becomes of the catalogue; its delivery beside it."""
    for position, priced in enumerate(sale.basket.lines):
        yield _line(order, sale, priced, position, "goods", priced.goods)
        if priced.shipping.total_amount:
            yield _line(order, sale, priced, position, "shipping", priced.shipping)


def _line(order: Order, sale: Sale, priced: PricedLine, position: int, kind: str, cost: Taxed) -> OrderLine:
    facts = sale.goods[priced.line.variant_id].frozen_facts()
    if kind == "shipping":
        facts |= {"name": DELIVERY, "unit": "", "unit_price_amount": cost.total_amount, "piece_grams": None}
    return OrderLine(
        store_id=order.store_id,
        order_id=order.id,
        position=position,
        kind=kind,
        variant_id=priced.line.variant_id,
        quantity=priced.line.quantity if kind == "goods" else 1,
        total_amount=cost.total_amount,
        **asdict(cost),
        **facts,
    )
