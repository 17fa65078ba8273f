"""What a customer does with subscriptions, step by step, in the storefront and on the bank's page."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.storefront import PAYMENT_PAGE, Storefront

BOX = "weekly-vegetable-box"
SUBSCRIPTION_PAGE = re.compile(r"#/subscriptions/[0-9a-f-]{36}")


@dataclass
class Subscriber:
    """Asha Rao, who wants things to come by themselves, in her tab."""

    storefront: Storefront

    def see(self, test_id: str) -> Locator:
        return self.storefront.see(test_id)

    def begin(self, slug: str = BOX) -> None:
        """From the product's page, as a new customer, to a form that knows where to deliver."""
        self.storefront.open(f"/p/{slug}")
        self.see("go-subscribe").click()
        self.storefront.sign_in()
        self.storefront.give_address()

    def choose(self, test_id: str) -> None:
        """A radio button or a box of the form."""
        self.see(test_id).check()

    def preview(self) -> list[str]:
        """The first days, once the page has asked for them and shows them."""
        expect(self.storefront.page.locator(".preview.stale")).to_have_count(0)
        expect(self.see("preview-delivery")).to_have_count(3)
        return [str(day.get_attribute("data-day")) for day in self.see("preview-delivery").all()]

    def subscribe(self) -> None:
        """At the door: the subscription's page."""
        self.see("subscribe").click()
        self.storefront.page.wait_for_url(SUBSCRIPTION_PAGE)

    def go_to_bank(self, by: str = "subscribe") -> None:
        """By mandate: the page on which it is approved; `approve-mandate` asks for it anew."""
        self.see(by).click()
        self.storefront.page.wait_for_url(PAYMENT_PAGE)

    def answer_bank(self, button: str) -> None:
        self.storefront.page.get_by_role("button", name=button).click()
        self.storefront.page.wait_for_url(SUBSCRIPTION_PAGE)

    def expect_status(self, status: str) -> None:
        expect(self.see("subscription-status")).to_have_attribute("data-status", status)

    def delivery(self, day: str) -> Locator:
        return self.storefront.page.locator(f'[data-testid="delivery"][data-day="{day}"]')

    def days(self, status: str = "planned") -> list[str]:
        rows = self.storefront.page.locator(f'[data-testid="delivery"][data-status="{status}"]').all()
        return [str(row.get_attribute("data-day")) for row in rows]

    def rehearsed(self) -> Locator:
        """What the sheet says would happen, once it knows."""
        expect(self.storefront.page.locator(".sheet-words.stale")).to_have_count(0)
        return self.see("rehearsal")

    def confirm(self) -> None:
        self.rehearsed()
        self.see("confirm-change").click()
        expect(self.see("change")).to_have_count(0)
