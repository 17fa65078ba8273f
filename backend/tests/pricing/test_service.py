"""A store's own terms reach the price."""

from typing import Any

import pytest

from app.catalog.models import Sellable
from app.core.ids import new_id
from app.pricing import service
from app.stores.models import Store


def goods(amount: int = 10_500) -> Sellable:
    return Sellable(
        variant_id=new_id(), product_id=new_id(), sku="GHEE", name="Ghee", variant_name="500 ml jar", unit="500 ml",
        weight_grams=None, sold_by_weight=False, amount=amount, mrp_amount=amount, currency="INR", includes_tax=True,
        rate_bp=500, hsn="0405", is_exempt=False,
    )  # fmt: skip


def store(**pricing: Any) -> Store:
    return Store(slug="s", name="S", state_code="29", settings={"pricing": pricing} if pricing else {})


@pytest.mark.parametrize(("state_code", "cgst", "igst"), [(None, 250, 0), ("29", 250, 0), ("27", 0, 500)])
def test_the_delivery_state_decides_the_tax_heads(state_code: str | None, cgst: int, igst: int) -> None:
    taxed = service.price(store(), [(goods(), 1)], state_code).lines[0].goods
    assert (taxed.cgst_amount, taxed.sgst_amount, taxed.igst_amount) == (cgst, cgst, igst)


def test_the_stores_settings_say_what_delivery_costs() -> None:
    ours = store(shipping_amount=3_000, free_shipping_from_amount=30_000, rounds_to_rupee=True)
    assert service.price(ours, [(goods(), 1)]).total_amount == 13_500
    assert service.price(ours, [(goods(), 3)]).total_amount == 31_500


def test_nothing_costs_nothing() -> None:
    assert service.price(store(shipping_amount=3_000), []).total_amount == 0
