"""What a browser says about prices is never believed: not its storage, not its page, not the form it posts."""

import pytest
from playwright.sync_api import expect

from app.cli.demo_shop import GOODS
from tests.browser.browsers import DESKTOP
from tests.browser.storefront import Storefront, amount_of
from tests.browser.watching import Watch
from tests.sandbox_control import Sandbox

GHEE = "GHEE-A2-500ML"
PRICE = next(pack.price for good in GOODS for pack in good.packs if pack.sku == GHEE)
FORGE_STORAGE = """() => {
  const cart = JSON.parse(localStorage.getItem("rozana.guest-cart"));
  const one = { amount: 100, currency: "INR" };
  const lines = [{ sku: "GHEE-A2-500ML", quantity: 1, unit_price: one, line_total: one, price: one }];
  localStorage.setItem("rozana.guest-cart", JSON.stringify({ ...cart, lines, price: one, subtotal: one, total: one }));
}"""
FORGE_PAGE = """() => {
  const price = /₹[\\d,.]+/g;
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) words.currentNode.data = words.currentNode.data.replace(price, "₹1");
}"""
FORGE_FORM = """() => {
  const submit = HTMLFormElement.prototype.submit;
  HTMLFormElement.prototype.submit = function () { this.elements.amount.value = "100"; submit.call(this); };
}"""


@pytest.mark.parametrize("screen", [DESKTOP], indirect=True, ids=["desktop"])
def test_forged_prices_change_nothing(storefront: Storefront, watch: Watch, sandbox: Sandbox) -> None:
    page = storefront.page
    storefront.open()
    storefront.add(storefront.card(GHEE))
    page.evaluate(FORGE_STORAGE)
    storefront.open("/cart")
    assert amount_of(storefront.see("total")) == PRICE

    page.evaluate(FORGE_PAGE)
    assert amount_of(storefront.see("total")) == 100
    storefront.see("go-checkout").click()
    storefront.sign_in()
    storefront.give_address()
    storefront.give_contact()
    assert amount_of(storefront.see("total")) == PRICE

    page.evaluate(FORGE_PAGE)
    page.evaluate(FORGE_FORM)
    storefront.place_order()
    expect(page.get_by_role("heading")).to_have_text("This payment cannot go on")
    watch.forgive("400 (Bad Request)")
    assert sandbox.ledger()["captures"] == []

    page.get_by_role("link", name="Back to the shop").click()
    storefront.see("pay-again").click()
    expect(storefront.pay_button).to_be_visible()
    assert amount_of(storefront.pay_button) == PRICE
    storefront.pay()
    storefront.expect_paid()
    assert amount_of(storefront.see("total")) == PRICE
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [PRICE]
