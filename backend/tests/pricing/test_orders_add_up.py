"""From prices to the rows of an order and what is left of it at the packed weight: the same paisa everywhere."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import starmap
from random import Random

import pytest

from app.catalog.models import Sellable
from app.checkout.writing import Sale, new_lines, new_order
from app.core.ids import new_id
from app.orders.models import OrderLine
from app.orders.reduction_rules import amount_of_weight, part_of
from app.pricing import service
from app.pricing.rules import Taxed, reprice
from app.stores.models import Store

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
RATES = (0, 25, 300, 500, 1_200, 1_800, 4_000)
STATES = ("29", "27", None)


def goods(chance: Random, *, includes_tax: bool) -> tuple[Sellable, int]:
    """So many pieces of something: exempt or at some rate, from a paisa to a lakh, by the piece or by weight to the gram."""
    is_exempt, amount = chance.random() < 0.3, chance.randint(1, 10 ** chance.randint(1, 7))
    by_weight = chance.random() < 0.4
    item = Sellable(
        variant_id=new_id(), product_id=new_id(), sku="SKU", name="Goods", variant_name="a piece", unit="1 kg",
        weight_grams=chance.randint(1, 25_000) if by_weight else None, sold_by_weight=by_weight, amount=amount,
        mrp_amount=amount, currency="INR", includes_tax=includes_tax, rate_bp=0 if is_exempt else chance.choice(RATES),
        hsn="0405", is_exempt=is_exempt,
    )  # fmt: skip
    return item, chance.randint(1, 99)


def a_store(chance: Random) -> Store:
    pricing = {
        "shipping_amount": chance.choice([0, chance.randint(1, 20_000)]),
        "free_shipping_from_amount": chance.choice([None, chance.randint(0, 500_000)]),
        "rounds_to_rupee": chance.random() < 0.5,
    }
    return Store(slug="s", name="S", state_code="29", settings={"pricing": pricing})


def a_sale(chance: Random) -> Sale:
    includes_tax, store = chance.random() < 0.7, a_store(chance)
    chosen = [goods(chance, includes_tax=includes_tax) for _ in range(chance.randint(1, 8))]
    state = chance.choice(STATES)
    basket = service.price(store, chosen, state)
    return Sale(
        new_id(), {"state_code": state or "29"}, {item.variant_id: item for item, _ in chosen}, basket, "INR", "razorpay"
    )


def heads(lines: Iterable[OrderLine]) -> Taxed:
    return sum((line.taxed for line in lines), Taxed())


def check_order(sale: Sale) -> list[OrderLine]:
    """Lines + round-off = total, heads = tax, and the stored explanation alone gives the same amounts again."""
    order = new_order(new_id(), sale, "ORD-1", placed_at=NOW, expires_at=NOW)
    lines = list(new_lines(order, sale))
    sums = heads(lines)
    assert sums.total_amount + order.round_off_amount == order.total_amount
    assert sums.tax_amount == order.tax_amount
    assert sum(line.total_amount for line in lines if line.kind == "goods") == order.subtotal_amount
    assert sum(line.total_amount for line in lines if line.kind == "shipping") == order.shipping_amount
    for line in lines:
        assert line.total_amount == line.taxed.total_amount
        assert line.cgst_amount == line.sgst_amount
        assert not (line.is_exempt and line.taxed.tax_amount)
        assert not (line.cgst_amount and line.igst_amount)
        assert min(vars(line.taxed).values()) >= 0
    again = reprice(json.loads(json.dumps(order.pricing)))
    assert (again, again.total_amount) == (sale.basket, order.total_amount)
    return lines


def check_packed(line: OrderLine, packed_grams: int) -> Taxed:
    """What a line costs at its packed weight; it and what is given up are the line, head by head."""
    given_up = Taxed()
    if line.piece_grams:
        cost = amount_of_weight(line.total_amount, line.quantity * line.piece_grams, packed_grams)
        given_up = part_of(line.taxed, line.total_amount - cost)
        assert given_up.total_amount == line.total_amount - cost
        assert packed_grams < line.quantity * line.piece_grams or cost == line.total_amount
    left = line.taxed - given_up
    assert left + given_up == line.taxed
    assert min(*vars(left).values(), *vars(given_up).values()) >= 0
    return left


@pytest.mark.parametrize("count", [500, pytest.param(100_000, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_ac10_so_many_orders_add_up_from_the_price_to_the_packed_weight(count: int) -> None:
    chance = Random(20_250_922)
    for _ in range(count):
        lines = check_order(a_sale(chance))
        packed = [(line, chance.randint(0, 2 * line.quantity * (line.piece_grams or 1))) for line in lines]
        left = sum(starmap(check_packed, packed), Taxed())
        assert left.total_amount <= heads(lines).total_amount
