"""A pay link, opened on a phone by somebody who has not signed in there: a button, the provider's page, and it is paid."""

import pytest
from playwright.sync_api import expect

from app.checkout import pay_links
from app.stores.models import Store
from tests.browser.browsers import PHONE
from tests.browser.storefront import Storefront
from tests.conftest import UnitOfWork
from tests.subscribing import orders


@pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
def test_an_order_is_paid_by_its_link(storefront: Storefront, filled_store: Store, uow: UnitOfWork) -> None:
    storefront.buy("GHEE-A2-500ML")
    (order,) = orders(filled_store)
    with uow() as session:
        link = pay_links.url(session, order, order.expires_at)
    storefront.page.goto(link)
    storefront.page.get_by_role("button", name="Pay").click()
    storefront.pay_button.click()
    expect(storefront.page.get_by_role("heading")).to_contain_text("It is paid")
    assert [one.payment_status for one in orders(filled_store)] == ["paid"]
