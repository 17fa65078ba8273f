"""The sheets of a day as staff read them, and as they are printed: nothing to click, and a page for each area."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from app.accounts.models import Address
from app.catalog.models import Variant
from app.core.work import unit_of_work
from app.stores.models import Store
from tests.browser.browsers import DESKTOP, Screen
from tests.browser.camera import Camera
from tests.browser.shopkeeper import Shopkeeper
from tests.subscribing import bill, local, make_subscriber, set_now, subscribe, today

HOUSES = (
    ("Asha Rao", "12 Temple Road", "560003"), ("Meera Iyer", "4 Sampige Road", "560003"),
    ("Vikram Shenoy", "31 Temple Road", "560003"), ("Joseph D’Souza", "88 Lake View", "560042"),
    ("Farah Khan", "21 Wheeler Road", "560005"),
)  # fmt: skip
SKUS = ("MILK-A2-1L", "BOX-VEG-WEEKLY", "BANANA-500G", "MILK-A2-1L", "GHEE-A2-500ML")


@pytest.mark.parametrize("screen", [DESKTOP], indirect=True, ids=["desktop"])
def test_a_day_is_read_and_printed(shopkeeper: Shopkeeper, filled_store: Store, screen: Screen) -> None:
    day = today(filled_store) + timedelta(days=1)
    _subscribed(filled_store)
    set_now(filled_store, local(day, 18, 1))
    assert bill(filled_store)["created"] == len(HOUSES)
    day += timedelta(days=1)
    camera, page = Camera(screen), shopkeeper.page

    shopkeeper.sign_in()
    shopkeeper.open(f"/staff/packing?day={day}")
    expect(shopkeeper.see("bag")).to_have_count(len(HOUSES))
    expect(shopkeeper.see("goods")).to_contain_text("weigh: ")
    page.emulate_media(media="print")
    expect(shopkeeper.see("staff-packing")).to_be_hidden()
    expect(shopkeeper.see("print")).to_be_hidden()
    assert camera.print(page, "packing") == 1  # what to fetch, and the bags

    shopkeeper.open(f"/staff/routes?day={day}")
    expect(shopkeeper.see("route")).to_have_count(3)
    assert [route.get_attribute("data-pin") for route in shopkeeper.see("route").all()] == ["560003", "560005", "560042"]
    expect(shopkeeper.see("stop").first).to_contain_text("4 Sampige Road")
    expect(shopkeeper.see("collect").first).to_contain_text("₹")
    assert camera.print(page, "routes") == 3  # a sheet for each area

    page.emulate_media(media="screen")
    shopkeeper.see("staff-ahead").click()
    expect(shopkeeper.see("needed")).to_have_count(4)
    expect(shopkeeper.see("store-day")).to_have_count(14)


def _subscribed(store: Store) -> None:
    """Five households of three areas, with two pieces each, paid at the door."""
    first = today(store) + timedelta(days=2)
    for (name, line1, pin), sku in zip(HOUSES, SKUS, strict=True):
        with unit_of_work(store.id) as session:
            variant_id = session.exec(select(Variant.id).where(Variant.sku == sku)).one()
        who = make_subscriber(store, variant_id=variant_id)
        with unit_of_work(store.id) as session:
            address = session.exec(select(Address).where(col(Address.id) == who.address_id)).one()
            address.name, address.line1, address.pin = name, line1, pin
            session.add(address)
        subscribe(who, first)
