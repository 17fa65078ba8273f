"""A payment that fails costs nothing and ends nothing: the order waits, says so, and can be paid in the same tab."""

import pytest
from playwright.sync_api import expect

from tests.browser.browsers import PHONE
from tests.browser.storefront import Storefront, amount_of
from tests.sandbox_control import Sandbox


def test_failed_payment_can_be_paid_again(storefront: Storefront, sandbox: Sandbox) -> None:
    storefront.buy("GHEE-A2-500ML")
    storefront.pay(fail=True)

    expect(storefront.see("payment-note")).to_contain_text("did not go through")
    expect(storefront.see("order-status")).to_have_attribute("data-status", "pending_payment")
    number = storefront.see("order-number").inner_text()
    assert sandbox.ledger()["captures"] == []

    storefront.see("pay-again").click()
    expect(storefront.pay_button).to_be_visible()
    storefront.pay()

    storefront.expect_paid()
    expect(storefront.see("order-number")).to_have_text(number)
    expect(storefront.see("payment-note")).to_have_count(0)
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [amount_of(storefront.see("total"))]


@pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
def test_leaving_the_payment_page_is_not_a_failure(storefront: Storefront, sandbox: Sandbox) -> None:
    storefront.buy("GHEE-A2-500ML")
    storefront.page.get_by_role("link", name="Cancel").click()

    expect(storefront.see("payment-note")).to_contain_text("You left the payment page")
    expect(storefront.see("pay-again")).to_be_visible()
    assert sandbox.ledger()["captures"] == []
