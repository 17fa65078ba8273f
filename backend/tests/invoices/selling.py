"""What a document is issued for: an order, a shipment of all of it, and reductions of it, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.core.actor import SYSTEM
from app.invoices import service
from app.invoices.models import Document
from app.invoices.rules import Item
from app.orders.fulfilment_models import Shipment
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction, ReductionLine
from app.pricing.rules import BasketLine, Taxed, Terms, price_basket
from app.stores import service as stores
from tests.builders import make_order, make_variant
from tests.shopping import ADDRESS

NOON = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Good:
    name: str = "A2 Cow Ghee, 500 ml jar"
    rate_bp: int = 500
    hsn: str = "0405"
    unit: str = "500 ml"
    amount: int = 78_500
    quantity: int = 2
    grams: int | None = None


GHEE = Good()
CHOCOLATE = Good("Dark chocolate, 100 g", 1800, "1806", "100 g", 25_000, 1)
MILK = Good("A2 Cow Milk, 1 litre bottle", 0, "0401", "1 l", 9_400, 3)
TOMATO = Good("देसी टमाटर, weighed when packed", 0, "0702", "1 kg", 5_000, 1, 940)


@dataclass
class Sold:
    """An order all of which is in one shipment."""

    order: Order
    shipment_id: UUID
    items: list[Item]
    round_off_amount: int
    lines: list[OrderLine] = field(default_factory=list)

    def issue(self, session: Session, now: datetime = NOON, **changes: Any) -> Document:
        facts: dict[str, Any] = {"items": self.items, "round_off_amount": self.round_off_amount} | changes
        return service.issue_for_shipment(
            session, stores.get(session), self.order, self.shipment_id, now=now, actor=SYSTEM, **facts
        )


def sell(session: Session, *goods: Good, place: str = "29", rounds: bool = False, shipping: int = 4_000) -> Sold:
    """An order of these goods as checkout would have made it, packed whole. Priced by the one pricing function."""
    variants = [make_variant(session, hsn=good.hsn, stock_quantity=0) for good in goods]
    basket = price_basket(
        [
            BasketLine(variant.id, good.quantity, good.amount, good.rate_bp, good.rate_bp == 0, good.hsn)
            for variant, good in zip(variants, goods, strict=True)
        ],
        Terms(within_state=place == "29", shipping_amount=shipping, rounds_to_rupee=rounds),
    )
    order = make_order(
        session,
        subtotal_amount=basket.subtotal_amount,
        shipping_amount=basket.shipping_amount,
        round_off_amount=basket.round_off_amount,
        tax_amount=basket.tax_amount,
        total_amount=basket.total_amount,
        place_of_supply=place,
        address={**ADDRESS, "state_code": place},
    )
    lines: list[OrderLine] = []
    for priced, good in zip(basket.lines, goods, strict=True):
        lines.append(_line(order, priced.line, good, "goods", priced.goods, len(lines)))
        if priced.shipping.total_amount:
            lines.append(_line(order, priced.line, good, "shipping", priced.shipping, len(lines)))
    shipment = Shipment(store_id=order.store_id, order_id=order.id, position=1, packed_at=NOON)
    session.add_all([*lines, shipment])
    session.flush()
    grams = {good.name: good.grams for good in goods}
    items = [service.item_of(line, line.quantity, line.taxed, grams.get(line.name)) for line in lines]
    return Sold(order, shipment.id, items, basket.round_off_amount, lines)


def _line(order: Order, line: BasketLine, good: Good, kind: str, cost: Taxed, position: int) -> OrderLine:
    is_goods = kind == "goods"
    return OrderLine(
        store_id=order.store_id,
        order_id=order.id,
        position=position,
        kind=kind,
        variant_id=line.variant_id,
        sku="SKU",
        name=good.name if is_goods else "Delivery",
        unit=good.unit if is_goods else "",
        hsn=line.hsn,
        tax_rate_bp=line.rate_bp,
        is_exempt=line.is_exempt,
        quantity=line.quantity if is_goods else 1,
        unit_price_amount=line.unit_amount if is_goods else cost.total_amount,
        total_amount=cost.total_amount,
        **vars(cost),
    )


def reduce(session: Session, original: Document, items: Sequence[Item], round_off_amount: int = 0) -> Reduction:
    """The decision that this part of a document is no longer owed."""
    amount = sum(item.heads.total_amount for item in items) + round_off_amount
    reduction = Reduction(
        store_id=original.store_id, order_id=original.order_id, reason="spoilt", amount=amount, document_id=original.id
    )
    session.add(reduction)
    session.flush()
    for item in items:
        session.add(
            ReductionLine(
                store_id=original.store_id, reduction_id=reduction.id, order_line_id=item.order_line_id, **vars(item.heads)
            )
        )
    session.flush()
    return reduction


def credit(session: Session, original: Document, items: Sequence[Item], now: datetime = NOON, **changes: Any) -> Document:
    """The credit note for a new reduction of the document."""
    reduction_id = changes.pop("reduction_id", None) or reduce(session, original, items).id
    facts: dict[str, Any] = {"items": items, "round_off_amount": 0, "reason": "Spoilt", "now": now, "actor": SYSTEM} | changes
    return service.issue_credit_note(session, stores.get(session), original, reduction_id, **facts)
