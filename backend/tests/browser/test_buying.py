"""A customer buys through the storefront and the provider's checkout page, on a phone and on a desktop."""

from typing import Any

from playwright.sync_api import expect

from app.cli.demo_shop import GOODS
from app.inbox.models import ProviderEvent
from app.notifications.models import Message
from app.stores.models import Store
from tests.browser.browsers import Screen
from tests.browser.camera import Camera
from tests.browser.storefront import EMAIL, PHONE_NUMBER, Storefront, amount_of
from tests.sandbox_control import Sandbox
from tests.shopping import rows
from tests.workers import eventually

MILK, GHEE, BANANA, JAGGERY = "MILK-A2-500ML", "GHEE-A2-250ML", "BANANA-500G", "JAGGERY-500G"
BASKET = {MILK: 2, GHEE: 1, BANANA: 1, JAGGERY: 1}
PRICES = {pack.sku: pack.price for good in GOODS for pack in good.packs}
TOTAL = sum(PRICES[sku] * quantity for sku, quantity in BASKET.items())  # enough to be delivered free


def test_buys_and_is_told_once(storefront: Storefront, screen: Screen, filled_store: Store, sandbox: Sandbox) -> None:
    camera = Camera(screen)
    _fill_cart(storefront, camera)
    _check_out(storefront, camera)

    expect(storefront.pay_button).to_be_visible()
    assert amount_of(storefront.pay_button) == TOTAL
    camera.shoot(storefront.page, "payment")
    storefront.pay()

    storefront.expect_paid()
    number = storefront.see("order-number").inner_text()
    _is_settled_once(storefront, filled_store, sandbox, number)
    storefront.page.reload()
    expect(storefront.see("timeline").locator("li").first).to_contain_text("You placed the order")
    expect(storefront.see("timeline")).to_contain_text("reached you by e-mail")
    expect(storefront.see("timeline")).to_contain_text("reached you by SMS")
    storefront.expect_paid()
    camera.shoot(storefront.page, "order")
    _shoot_inbox(storefront, camera)

    _leave(storefront, number)


def _fill_cart(storefront: Storefront, camera: Camera) -> None:
    """Some from their cards, some from their own pages, and a change of mind in the cart."""
    page = storefront.page
    storefront.open()
    expect(storefront.see("product-card")).to_have_count(len(GOODS))
    storefront.add(storefront.card(MILK), 2)
    storefront.add(storefront.card(BANANA))
    storefront.add(storefront.card(JAGGERY), 2)
    camera.shoot(page, "shop")

    page.get_by_role("link", name="A2 Cow Ghee", exact=True).click()
    offer = storefront.see("offer")
    expect(offer).to_have_attribute("data-sku", GHEE)
    assert amount_of(offer.get_by_test_id("price")) == PRICES[GHEE]
    camera.shoot(page, "product")
    storefront.add(offer)

    storefront.go_to_cart()
    expect(storefront.see("cart-line")).to_have_count(len(BASKET))
    page.locator(f'[data-testid="cart-line"][data-sku="{JAGGERY}"]').get_by_test_id("decrease").click()
    expect(storefront.see("cart-count")).to_have_text(str(sum(BASKET.values())))
    expect(page.locator(".stale")).to_have_count(0)
    assert amount_of(storefront.see("total")) == TOTAL
    camera.shoot(page, "cart")


def _check_out(storefront: Storefront, camera: Camera) -> None:
    storefront.see("go-checkout").click()
    storefront.sign_in()
    expect(storefront.see("pay")).to_be_disabled()  # nobody has said where to
    storefront.give_address()
    storefront.give_contact()
    camera.shoot(storefront.page, "checkout")
    storefront.place_order()


def _is_settled_once(storefront: Storefront, store: Store, sandbox: Sandbox, number: str) -> None:
    """The browser's return and every webhook have been taken in, and still it was one payment, one e-mail, one SMS."""
    eventually(lambda: _told_everything(store, sandbox), why="every webhook delivered and applied")
    captured = [capture["amount"] for capture in sandbox.ledger()["captures"]]
    assert captured == [amount_of(storefront.see("total"))] == [TOTAL]

    def confirmations() -> list[dict[str, Any]]:
        return [message for message in sandbox.inbox() if number in message["text"]]

    eventually(lambda: len(confirmations()) >= 2, why="a confirmation by e-mail and by SMS")
    eventually(lambda: _heard_back(store), why="a receipt for every message")
    assert sorted((message["channel"], message["to"]) for message in confirmations()) == [
        ("email", EMAIL),
        ("sms", PHONE_NUMBER),
    ]


def _told_everything(store: Store, sandbox: Sandbox) -> bool:
    events = rows(store, ProviderEvent)
    from_razorpay = [event for event in events if event.provider == "razorpay"]
    sent = sandbox.events()
    return bool(sent) and len(from_razorpay) == len(sent) and all(event.work_status == "done" for event in events)


def _heard_back(store: Store) -> bool:
    return all(message.status == "delivered" for message in rows(store, Message))


def _shoot_inbox(storefront: Storefront, camera: Camera) -> None:
    """The e-mail as the sandbox's inbox shows it, in a tab of its own."""
    with storefront.page.context.new_page() as tab:
        [letter] = storefront.sandbox.inbox(to=EMAIL)
        tab.goto(f"{storefront.sandbox.url}/inbox?to={EMAIL}")
        shown = tab.locator(f"[id='{letter['id']}']").frame_locator("iframe")
        expect(shown.get_by_role("link", name="See your order")).to_be_visible()
        camera.shoot(tab, "inbox")


def _leave(storefront: Storefront, number: str) -> None:
    """The order is in the list, the cart is empty, and after signing out nothing of it can be seen."""
    page = storefront.page
    storefront.see("orders-link").click()
    expect(storefront.see("order-row")).to_have_count(1)
    expect(storefront.see("order-row")).to_contain_text(number)
    expect(storefront.see("order-row").get_by_test_id("order-status")).to_have_text("Paid")

    storefront.open("/cart")
    expect(storefront.see("empty")).to_contain_text("Your cart is empty")
    expect(storefront.see("cart-count")).to_have_text("0")

    storefront.see("account-link").click()
    storefront.see("sign-out").click()
    expect(storefront.see("account-link")).to_have_text("Sign in")
    expect(storefront.see("orders-link")).to_be_hidden()
    storefront.open("/orders")
    expect(storefront.see("phone")).to_be_visible()
    assert "rozana_access" not in {cookie["name"] for cookie in page.context.cookies()}
