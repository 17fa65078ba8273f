"""Paying without the provider's page at checkout: out of a wallet that was topped up, and in cash at the door."""

import re

import pytest
from playwright.sync_api import expect

from app.cli.demo_shop import GOODS
from tests.browser.browsers import PHONE
from tests.browser.storefront import ORDER_PAGE, PAYMENT_PAGE, Storefront, amount_of
from tests.browser.watching import Watch
from tests.sandbox_control import Sandbox

GHEE = "GHEE-A2-500ML"
PRICE = next(pack.price for good in GOODS for pack in good.packs if pack.sku == GHEE)
TOPPED_UP = 1_000_00


def order(storefront: Storefront, way: str) -> None:
    storefront.open()
    storefront.add(storefront.card(GHEE))
    storefront.open("/checkout")
    if storefront.see("address-save").is_visible():
        storefront.give_address()
    storefront.see(f"way-{way}").check()
    storefront.see("pay").click()
    storefront.page.wait_for_url(ORDER_PAGE)


@pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
def test_a_wallet_is_topped_up_pays_and_is_paid_back(storefront: Storefront, watch: Watch, sandbox: Sandbox) -> None:
    storefront.open("/wallet")
    storefront.sign_in()
    storefront.see("top-up-amount").fill("9")
    storefront.see("top-up").click()
    expect(storefront.see("top-up-amount")).to_have_attribute("aria-invalid", "true")
    watch.forgive("422")
    storefront.see("top-up-amount").fill("1000")
    storefront.see("top-up").click()
    storefront.page.wait_for_url(PAYMENT_PAGE)
    storefront.pay_button.click()
    storefront.page.wait_for_url(re.compile(r"#/wallet$"))
    expect(storefront.see("balance")).to_have_text("₹1,000")

    order(storefront, "wallet")
    storefront.expect_paid()
    storefront.see("cancel").click()
    expect(storefront.see("rehearsal")).to_contain_text("goes back to your wallet")
    storefront.see("confirm-change").click()
    expect(storefront.see("refund")).to_have_attribute("data-status", "processed")
    storefront.open("/wallet")
    expect(storefront.see("balance")).to_have_text("₹1,000")
    expect(storefront.see("movement")).to_have_count(3)
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [TOPPED_UP]
    assert sandbox.ledger()["refunds"] == []  # nothing of it concerns a bank

    order(storefront, "cash_on_delivery")
    expect(storefront.see("order-status")).to_have_attribute("data-status", "confirmed")
    assert amount_of(storefront.see("order-words")) == PRICE

    storefront.open("/wallet")
    storefront.see("plan-amount").fill("2000")
    storefront.see("plan-day").fill("1")
    storefront.see("plan-set").click()
    storefront.page.wait_for_url(PAYMENT_PAGE)
    storefront.page.get_by_role("button").first.click()
    storefront.page.wait_for_url(re.compile(r"#/wallet$"))
    expect(storefront.see("top-up-plan")).to_have_attribute("data-status", "active")
