"""A price that rises while something lies in the cart is said, and agreed to, before anybody pays."""

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from app.catalog.models import Price, Variant
from tests.browser.browsers import PHONE
from tests.browser.storefront import Storefront, amount_of
from tests.browser.watching import Watch
from tests.conftest import UnitOfWork

GHEE = "GHEE-A2-500ML"


@pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
def test_a_shopper_agrees_to_what_became_dearer(storefront: Storefront, watch: Watch, uow: UnitOfWork) -> None:
    storefront.open()
    storefront.add(storefront.card(GHEE))
    with uow() as session:
        dearer = session.exec(select(Price).join(Variant, col(Variant.id) == Price.variant_id).where(Variant.sku == GHEE)).one()
        dearer.amount += 1_000
        dearer.mrp_amount += 1_000
        price = dearer.amount
    storefront.open("/cart")
    expect(storefront.see("cart-line")).to_contain_text("set its quantity again to agree")
    expect(storefront.see("go-checkout")).to_have_attribute("aria-disabled", "true")
    storefront.see("agree").click()
    expect(storefront.see("go-checkout")).not_to_have_attribute("aria-disabled", "true")
    expect(storefront.see("agree")).to_be_hidden()
    assert amount_of(storefront.see("total")) == price
