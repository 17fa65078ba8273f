"""What becomes of a paid order: it is cancelled, or packed and sent; something is spoilt, and the money comes back."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app.cli.demo_shop import GOODS
from app.stores.models import Store
from tests.browser.browsers import DESKTOP, PHONE, Screen
from tests.browser.camera import Camera
from tests.browser.shopkeeper import Shopkeeper
from tests.browser.storefront import Storefront, amount_of
from tests.browser.watching import Watch
from tests.fulfilment import again, buy, deliver
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper
from tests.workers import eventually

GHEE = "GHEE-A2-500ML"
PRICE = next(pack.price for good in GOODS for pack in good.packs if pack.sku == GHEE)
ON_PHONE = pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
ON_DESKTOP = pytest.mark.parametrize("screen", [DESKTOP], indirect=True, ids=["desktop"])


def given_back(sandbox: Sandbox) -> list[int]:
    return [refund["amount"] for refund in sandbox.ledger()["refunds"]]


@ON_PHONE
def test_a_cancelled_order_shows_its_money_on_the_way_back(storefront: Storefront, sandbox: Sandbox) -> None:
    storefront.buy(GHEE)
    storefront.pay()
    storefront.expect_paid()

    storefront.see("cancel").click()
    expect(storefront.see("rehearsal")).to_contain_text("goes back to how you paid")
    assert amount_of(storefront.see("rehearsal")) == PRICE
    storefront.see("keep").click()
    storefront.expect_paid()
    assert given_back(sandbox) == []  # asking gave nothing back

    storefront.see("cancel").click()
    storefront.see("confirm-change").click()
    expect(storefront.see("order-status")).to_have_attribute("data-status", "cancelled")
    expect(storefront.see("cancel")).to_have_count(0)
    assert amount_of(storefront.see("refund-amount")) == PRICE
    eventually(lambda: given_back(sandbox) == [PRICE], why="the refund at the provider")

    storefront.open("/orders")
    storefront.see("show-coming").click()
    expect(storefront.see("none")).to_be_visible()
    storefront.see("show-cancelled").click()
    expect(storefront.see("order-row")).to_have_count(1)


@ON_DESKTOP
def test_a_sent_order_has_its_invoice_and_what_was_spoilt_comes_back_as_money(
    storefront: Storefront, shopkeeper: Shopkeeper, screen: Screen, watch: Watch, sandbox: Sandbox
) -> None:
    camera = Camera(screen)
    storefront.buy(GHEE)
    storefront.pay()
    storefront.expect_paid()
    number = storefront.see("order-number").inner_text()

    shopkeeper.sign_in()
    expect(shopkeeper.find(search=number, status="confirmed")).to_have_count(1)
    shopkeeper.open()
    for status in ("packed", "out_for_delivery", "delivered"):
        shopkeeper.move(status, number)
    camera.shoot(shopkeeper.page, "staff")

    storefront.page.reload()
    expect(storefront.see("order-status")).to_have_text("Delivered")
    expect(storefront.see("parcel")).to_have_attribute("data-status", "delivered")
    expect(storefront.see("timeline")).to_contain_text("on its way")
    _open_papers(storefront, watch)

    storefront.see("report").click()
    storefront.see("reason-spoilt").check()
    storefront.see("note").fill("The jar was open")
    storefront.see("confirm-change").click()
    expect(storefront.see("return")).to_have_attribute("data-status", "reported")
    assert given_back(sandbox) == []  # dear enough that somebody looks first

    shopkeeper.see("staff-returns").click()
    expect(shopkeeper.see("report")).to_contain_text("The jar was open")
    shopkeeper.see("accept").press("Enter")
    eventually(lambda: given_back(sandbox) == [PRICE], why="the refund at the provider")

    storefront.page.reload()
    expect(storefront.see("return")).to_have_attribute("data-status", "accepted")
    assert amount_of(storefront.see("refund-amount")) == PRICE
    _wait_for_credit_note(storefront)
    camera.shoot(storefront.page, "returned")


def _open_papers(storefront: Storefront, watch: Watch) -> None:
    """The invoice as a page and as PDF, also long after the access token ran out."""
    page = storefront.page
    number = storefront.see("document-number").inner_text()
    page.context.clear_cookies(name="rozana_access")
    storefront.see("document-page").click()
    page.wait_for_url("**/page")
    watch.forgive("401")
    expect(page.locator("body")).to_contain_text(number)
    page.go_back()
    with page.expect_download() as download:
        storefront.see("document-pdf").click()
    assert download.value.suggested_filename.endswith(".pdf")


def _wait_for_credit_note(storefront: Storefront) -> None:
    """It is issued when the provider has taken the refund, a moment after it was decided on."""

    def is_there() -> bool:
        storefront.page.reload()
        expect(storefront.see("documents")).to_be_visible()
        return storefront.page.locator('[data-testid="document"][data-kind="credit_note"]').count() == 1

    eventually(is_there, why="the credit note")


@ON_PHONE
def test_ids_of_others_show_nothing(storefront: Storefront, watch: Watch, filled_store: Store, sandbox: Sandbox) -> None:
    theirs = buy(make_shopper(filled_store), sandbox)
    deliver(theirs)
    storefront.open("/orders")
    storefront.sign_in()

    for order_id in (theirs.id, uuid4()):
        storefront.open(f"/orders/{order_id}")
        expect(storefront.see("problem")).to_contain_text("belongs to another account")
        expect(storefront.page.locator("main")).not_to_contain_text(theirs.number)
        watch.forgive("404")
    storefront.open(f"/staff/orders/{theirs.id}")
    expect(storefront.see("staff-email")).to_be_visible()  # a customer is nobody here
    expect(storefront.page.locator("main")).not_to_contain_text(theirs.number)
    assert again(theirs).status == "delivered"
    assert given_back(sandbox) == []
