"""A customer subscribes: at the door, or by a mandate that she approves on the bank's page."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from app.cli.demo_shop import GOODS
from app.stores.models import Store
from app.subscriptions.models import Subscription, SubscriptionLine
from tests.browser.browsers import PHONE, Screen
from tests.browser.camera import Camera
from tests.browser.storefront import Storefront, amount_of
from tests.browser.subscriber import Subscriber
from tests.browser.watching import Watch
from tests.sandbox_control import Sandbox
from tests.subscribing import bill, local, rows, set_now

PRICES = {pack.sku: pack.price for good in GOODS for pack in good.packs}
BOX_PRICE = PRICES["BOX-VEG-WEEKLY"]
ON_PHONE = pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])


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
    expect(asha.see("mandate-note")).to_have_count(0)
    expect(asha.see("mandate-state")).to_have_attribute("data-status", "confirmed")
    assert asha.days()[:3] == days
    assert amount_of(asha.see("delivery-price")) == BOX_PRICE
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [100]  # the account was checked, nothing more

    _order_the_first(asha, filled_store, sandbox, days)
    camera.shoot(storefront.page, "subscription")
    asha.delivery(days[0]).get_by_test_id("delivery-order").click()
    expect(asha.see("payment-note")).to_contain_text("Your bank pays this by your mandate")


def _order_the_first(asha: Subscriber, store: Store, sandbox: Sandbox, days: list[str]) -> None:
    """She leaves one delivery out; days later the one before it is ordered and announced to her bank."""
    asha.delivery(days[1]).get_by_test_id("skip").click()
    asha.confirm()
    expect(asha.delivery(days[1])).to_have_attribute("data-status", "skipped")
    set_now(store, local(date.fromisoformat(days[0]) - timedelta(days=4), 6, 1), sandbox)
    assert bill(store)["created"] == 1
    asha.storefront.page.reload()
    expect(asha.delivery(days[0]).get_by_test_id("delivery-state")).to_have_text("Ordered")
    expect(asha.delivery(days[0]).get_by_test_id("skip")).to_have_count(0)
    expect(asha.delivery(days[0])).to_contain_text("Charged after")


def test_subscribes_to_several_things_paid_at_the_door(storefront: Storefront, filled_store: Store, sandbox: Sandbox) -> None:
    asha = Subscriber(storefront)
    asha.begin("a2-cow-milk")
    storefront.page.locator('[data-testid="size"][data-sku="MILK-A2-1L"]').click()
    storefront.see("add-line").select_option(label="Weekly Vegetable Box, 1 box · ₹499")
    storefront.see("line").first.get_by_test_id("increase").click()
    asha.choose("rhythm-weekdays")
    asha.choose("weekday-sun")
    storefront.see("weekday-wed").uncheck()
    asha.choose("pay-cash_on_delivery")
    expect(asha.see("rule-text")).to_contain_text("On Monday, Friday and Sunday")
    expect(asha.see("rule-text")).to_contain_text("₹687")
    days = asha.preview()
    asha.subscribe()

    asha.expect_status("active")
    expect(asha.see("subscription-line")).to_have_count(2)
    assert asha.days()[:3] == days
    lines = sorted(rows(filled_store, SubscriptionLine), key=lambda line: line.position)
    assert [line.quantity for line in lines] == [2, 1]
    assert amount_of(asha.see("delivery-price")) == 2 * PRICES["MILK-A2-1L"] + BOX_PRICE
    assert sandbox.calls("orders.create") == []

    asha.see("crumb-subscriptions").click()
    expect(asha.see("subscription-row")).to_have_count(1)
    expect(asha.see("subscription-row")).to_contain_text("A2 Cow Milk and 1 more")
    expect(asha.see("subscription-row")).to_contain_text("Active")


@ON_PHONE
def test_a_mandate_that_was_declined_can_be_approved_after_all(storefront: Storefront, sandbox: Sandbox) -> None:
    asha = Subscriber(storefront)
    asha.begin()
    asha.preview()
    asha.go_to_bank()
    asha.answer_bank("Decline")

    expect(asha.see("mandate-note")).to_contain_text("The mandate was not approved")
    expect(asha.see("mandate-state")).to_have_attribute("data-status", "rejected")  # the bank's word follows by itself
    asha.expect_status("awaiting_mandate")
    assert sandbox.ledger()["captures"] == []

    asha.go_to_bank(by="approve-mandate")
    asha.answer_bank("Approve the mandate")
    asha.expect_status("active")
    expect(asha.see("mandate-note")).to_have_count(0)


@ON_PHONE
def test_a_mandate_that_the_bank_confirms_later_turns_active_by_itself(storefront: Storefront, sandbox: Sandbox) -> None:
    sandbox.clock(offset_seconds=0)
    sandbox.mandates(token_delay_seconds=60)
    asha = Subscriber(storefront)
    asha.begin()
    asha.preview()
    asha.go_to_bank()
    asha.answer_bank("Approve the mandate")

    expect(asha.see("mandate-note")).to_contain_text("This page looks by itself")
    asha.expect_status("awaiting_mandate")
    sandbox.clock(offset_seconds=61)
    asha.expect_status("active")


@ON_PHONE
def test_what_cannot_be_is_said_before_and_nothing_is_made(storefront: Storefront, watch: Watch, filled_store: Store) -> None:
    asha = Subscriber(storefront)
    asha.begin()
    asha.preview()
    asha.see("max-amount").fill("100")
    expect(asha.see("preview")).to_contain_text("One delivery costs ₹499, so the limit cannot be lower than that.")
    watch.forgive("422")
    asha.see("subscribe").click()
    expect(asha.see("max-amount")).to_have_attribute("aria-invalid", "true")
    expect(asha.see("max-amount")).to_be_focused()
    watch.forgive("422")
    assert rows(filled_store, Subscription) == []

    asha.see("max-amount").fill("")
    asha.preview()
    expect(asha.see("mandate-limit")).to_contain_text("₹998")


@ON_PHONE
def test_the_shelf_offers_the_box(storefront: Storefront) -> None:
    storefront.open()
    storefront.see("hero-subscribe").click()
    storefront.sign_in()
    expect(storefront.see("line")).to_contain_text("Weekly Vegetable Box")
    storefront.open("/subscriptions")
    expect(storefront.see("empty")).to_contain_text("Nothing comes by itself yet")
