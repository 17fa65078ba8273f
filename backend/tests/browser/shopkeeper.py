"""What somebody of the shop's staff does on the pages for staff."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

EMAIL, PASSWORD = "lakshmi@example.in", "a long password"


@dataclass
class Shopkeeper:
    """One tab of Lakshmi, who may change orders, pack them, and give money back."""

    page: Page
    url: str  # of the shop, without a final slash

    def see(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def open(self, path: str = "/staff") -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}/#{path}")
        expect(self.page.locator("body:not([aria-busy])")).to_be_visible()

    def sign_in(self) -> None:
        self.open()
        self.see("staff-email").fill(EMAIL)
        self.see("staff-password").fill(PASSWORD)
        self.see("staff-sign-in").click()
        expect(self.see("staff-find")).to_be_visible()

    def move(self, to: str, number: str) -> None:
        """One order, chosen with the keyboard alone, once the preview says what becomes of it."""
        row = self.see("staff-order").filter(has_text=number)
        row.get_by_test_id("tick").press("Space")
        self.see(f"move-{to}").press("Enter")
        expect(self.see("move")).to_contain_text(number)
        expect(self.see("move")).to_have_attribute("data-moved", "true")
        expect(row).not_to_have_attribute("data-status", to)  # a preview moves nothing
        self.see("confirm-change").press("Enter")
        expect(self.see("change")).to_have_count(0)
        expect(row).to_have_attribute("data-status", to)

    def find(self, **filters: str) -> Locator:
        """The orders that are left when these filters are filled in."""
        for name, value in filters.items():
            control = self.see(f"staff-{name}")
            if name in ("status", "group"):
                control.select_option(value)
            else:
                control.fill(value)
        self.see("staff-find").click()
        expect(self.page.locator("body:not([aria-busy])")).to_be_visible()
        return self.see("staff-order")
