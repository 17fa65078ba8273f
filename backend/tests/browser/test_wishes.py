"""Milk every morning, and what a household wishes of it: for one day, from a day on, while it is away; and taken back."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from app.audit.models import AuditEntry
from app.stores.models import Store
from app.subscriptions.models import Vacation
from tests.browser.browsers import DESKTOP, PHONE, Screen
from tests.browser.camera import Camera
from tests.browser.storefront import Storefront
from tests.browser.subscriber import Subscriber
from tests.subscribing import rows

MILK = "a2-cow-milk"


@pytest.fixture
def asha(storefront: Storefront) -> Subscriber:
    """Gets a litre every morning and two on Sundays, paid at the door, and looks at its page."""
    asha = Subscriber(storefront)
    asha.begin(MILK)
    asha.choose("rhythm-daily")
    asha.see("by-weekday").click()
    asha.see("on-sun").fill("2")
    asha.choose("pay-cash_on_delivery")
    expect(asha.see("goods-text")).to_contain_text("2 on Sunday, every morning")
    asha.preview()
    asha.subscribe()
    asha.expect_status("active")
    return asha


def _open(asha: Subscriber, day: str) -> None:
    asha.delivery(day).get_by_test_id("change-delivery").click()
    expect(asha.see("day")).to_be_visible()


@pytest.mark.parametrize("screen", [DESKTOP], indirect=True, ids=["desktop"])
def test_wishes_for_single_days_and_from_a_day_on(asha: Subscriber, screen: Screen) -> None:
    first, second, third, fourth = asha.days()[:4]
    _open(asha, first)
    asha.see("change-day").click()
    asha.see("day-quantity").fill("3")
    expect(asha.rehearsed()).to_contain_text("Nothing is charged now")
    asha.confirm()
    expect(asha.see("month").locator(f'[data-day="{first}"]')).to_contain_text("3 pc")

    _open(asha, second)
    asha.see("skip-day").click()
    asha.confirm()
    expect(asha.delivery(second)).to_have_attribute("data-status", "skipped")
    _open_month_day(asha, second)
    asha.see("unskip").click()
    expect(asha.rehearsed()).to_contain_text("after all")
    asha.confirm()
    expect(asha.delivery(second)).to_have_attribute("data-status", "planned")

    _open(asha, third)
    asha.see("swap-once").click()
    asha.see("swap-with").select_option(index=3)
    asha.confirm()
    _open(asha, first)
    asha.see("as-agreed").click()
    asha.confirm()
    expect(asha.see("month").locator(f'[data-day="{first}"]')).not_to_contain_text("3 pc")

    asha.see("change-agreed").click()
    asha.see("change-quantities").click()
    asha.see("change-from").fill(fourth)
    asha.see("change-quantity").fill("4")
    expect(asha.rehearsed().get_by_test_id("told-change")).to_contain_text("4 × A2 Cow Milk")
    asha.confirm()
    expect(asha.see("later-change")).to_have_attribute("data-day", fourth)
    expect(asha.see("month").locator(f'[data-day="{fourth}"]')).to_contain_text("4 pc")
    asha.see("month-after").click()
    later = asha.see("month").locator("[data-day]").nth(9).get_attribute("data-day") or ""
    _open_month_day(asha, later)
    asha.see("skip-day").click()
    asha.confirm()
    expect(asha.see("month").locator(f'[data-day="{later}"]')).to_contain_text("skipped")  # and the month is still shown
    Camera(screen).shoot(asha.storefront.page, "month")


def _open_month_day(asha: Subscriber, day: str) -> None:
    asha.see("month").locator(f'[data-day="{day}"]').click()
    expect(asha.see("day")).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])
def test_a_household_goes_away_ends_it_and_takes_it_up_again(asha: Subscriber, screen: Screen, filled_store: Store) -> None:
    first, second, third = (date.fromisoformat(day) for day in asha.days()[:3])
    page = asha.storefront.page
    Camera(screen).shoot(page, "month")
    asha.see("crumb-subscriptions").click()
    asha.see("mine-calendar").click()
    asha.see("go-away").click()
    asha.see("away-from").fill(second.isoformat())
    asha.see("away-until").fill(third.isoformat())
    expect(asha.rehearsed()).to_contain_text("2 deliveries stay away")
    assert rows(filled_store, Vacation) == []  # asking changes nothing
    asha.confirm()
    expect(asha.see("month").locator(f'[data-day="{second}"]')).to_contain_text("away")
    expect(asha.see("vacation")).to_have_count(1)
    _open_month_day(asha, first.isoformat())
    asha.see("household-delivery").get_by_role("link").click()

    asha.see("set-end").click()
    asha.choose("end-day")
    asha.see("ends-on").fill((third + timedelta(days=2)).isoformat())
    expect(asha.rehearsed()).to_contain_text("Nothing comes after")
    asha.confirm()
    expect(page.locator(".lead")).to_contain_text("Nothing comes after")
    asha.see("cancel").click()
    asha.see("cancel-reason").select_option("We have too much at home")
    asha.confirm()
    asha.expect_status("cancelled")
    causes = [entry.cause for entry in rows(filled_store, AuditEntry) if entry.action == "subscription.cancelled"]
    assert causes == ["We have too much at home"]
    asha.see("reactivate").click()
    asha.confirm()
    asha.expect_status("active")
