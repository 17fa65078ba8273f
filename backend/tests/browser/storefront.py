"""What a shopper does, step by step, in the storefront and on the checkout page, seeing only what is on the screen."""

import re
from dataclasses import dataclass
from decimal import Decimal

from playwright.sync_api import Locator, Page, expect

from tests.browser.browsers import Screen
from tests.sandbox_control import Sandbox
from tests.workers import eventually

PHONE_NUMBER = "+919876543210"
EMAIL = "asha.rao@example.in"
ADDRESS = {
    "name": "Asha Rao",
    "line1": "12 Temple Road",
    "line2": "Malleshwaram",
    "pin": "560003",
    "city": "Bengaluru",
    "state_code": "29",
}
CODE = re.compile(r"^\d{6}\b")
PAYMENT_PAGE = re.compile(r"/v1/checkout/embedded")
ORDER_PAGE = re.compile(r"#/orders/[0-9a-f-]{36}")


def amount_of(shown: Locator) -> int:
    """Paise, of a price as people read it: "₹1,250.50" is 125050."""
    text = shown.inner_text()
    found = re.search(r"₹\s*([\d,]+(?:\.\d\d)?)", text)
    assert found, f"no price in {text!r}"
    return int(Decimal(found[1].replace(",", "")) * 100)


@dataclass
class Storefront:
    """One tab of Asha Rao, a new customer. Every step waits until the page shows that it is done."""

    page: Page
    url: str  # of the shop, without a final slash
    screen: Screen
    sandbox: Sandbox

    def see(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def open(self, path: str = "/") -> None:
        """Load the shop anew at this page, as from a bookmark."""
        self.page.goto("about:blank")  # a change of the fragment alone would not load anything
        self.page.goto(f"{self.url}/#{path}")
        expect(self.page.locator("body:not([aria-busy])")).to_be_visible()

    def card(self, sku: str) -> Locator:
        """The product's card on the shelf, with this size chosen."""
        size = self.page.locator(f'[data-testid="size"][data-sku="{sku}"]')
        if size.count():
            size.click()
        return self.page.locator(f'[data-testid="product-card"][data-sku="{sku}"]')

    def add(self, place: Locator, quantity: int = 1) -> None:
        """Put something into the cart from its card or page, and wait until the API has it."""
        for number in range(1, quantity + 1):
            with self.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
                place.get_by_test_id("add-to-cart" if number == 1 else "increase").click()
            expect(place.get_by_test_id("quantity")).to_have_text(str(number))

    def go_to_cart(self) -> None:
        """By the bar under the thumb on a phone, by the header on a desktop."""
        self.see("cart-bar" if self.screen.is_phone else "cart-link").click()
        expect(self.see("go-checkout")).to_be_visible()

    def sign_in(self) -> None:
        """With the code in the SMS; a new number is a new customer."""
        self.see("phone").fill(PHONE_NUMBER.removeprefix("+91"))
        self.see("send-code").click()
        self.see("code").fill(self._code())
        self.see("sign-in").click()
        expect(self.see("account-link")).to_have_text("Account")

    def _code(self) -> str:
        expect(self.see("code")).to_be_visible()
        newest = eventually(lambda: self.sandbox.inbox(to=PHONE_NUMBER, channel="sms"), why="an SMS with a code")[0]
        found = CODE.match(newest["text"])
        assert found
        return found[0]

    def give_address(self) -> None:
        for name, value in {**ADDRESS, "phone": PHONE_NUMBER}.items():
            control = self.see(f"address-{name}")
            if name == "state_code":
                control.select_option(value)
            else:
                control.fill(value)
        self.see("address-save").click()
        expect(self.see("address-choice")).to_be_checked()

    def give_contact(self) -> None:
        self.see("contact-name").fill(ADDRESS["name"])
        self.see("contact-email").fill(EMAIL)

    def place_order(self) -> None:
        """Leaves the shop for the provider's payment page."""
        self.see("pay").click()
        self.page.wait_for_url(PAYMENT_PAGE)

    def buy(self, sku: str) -> None:
        """From the shelf to the payment page, with one thing."""
        self.open()
        self.add(self.card(sku))
        self.go_to_cart()
        self.see("go-checkout").click()
        self.sign_in()
        self.give_address()
        self.give_contact()
        self.place_order()

    @property
    def pay_button(self) -> Locator:
        """On the provider's payment page; it says the amount."""
        return self.page.get_by_role("button", name=re.compile(r"^Pay ₹"))

    def pay(self, *, fail: bool = False) -> None:
        """On the provider's page; it brings the browser back to the order's page in the shop."""
        if fail:
            self.page.get_by_label("Make it fail").check()
        self.pay_button.click()
        self.page.wait_for_url(ORDER_PAGE)

    def expect_paid(self) -> None:
        expect(self.see("order-status")).to_have_text("Paid")
        expect(self.see("order-status")).to_have_attribute("data-payment-status", "paid")
        expect(self.see("order-status")).to_have_attribute("data-status", "confirmed")
