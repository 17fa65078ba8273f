"""A customer subscribes: at the door, or by a mandate that she approves on the bank's page."""

from playwright.sync_api import expect

from app.stores.models import Store
from app.subscriptions.models import Subscription
from tests.browser.browsers import Screen
from tests.browser.camera import Camera
from tests.browser.storefront import Storefront, amount_of
from tests.browser.subscriber import Subscriber
from tests.sandbox_control import Sandbox
from tests.shopping import rows


def test_subscribes_by_mandate(storefront: Storefront, screen: Screen, filled_store: Store, sandbox: Sandbox) -> None:
    camera = Camera(screen)
    asha = Subscriber(storefront)
    asha.begin()
    asha.see("max-amount").fill("650")
    days = asha.preview()
    expect(asha.see("mandate-limit")).to_contain_text("₹650")
    expect(asha.see("rule-text")).to_contain_text("Every week on")
    assert rows(filled_store, Subscription) == []  # asking makes nothing
    camera.shoot(storefront.page, "subscribe")

    asha.go_to_bank()
    expect(storefront.page.get_by_text("up to ₹650")).to_be_visible()
    asha.answer_bank("Approve the mandate")

    asha.expect_status("active")
    expect(asha.see("mandate-state")).to_have_attribute("data-status", "confirmed")
    assert asha.days()[:3] == days
    camera.shoot(storefront.page, "subscription")
