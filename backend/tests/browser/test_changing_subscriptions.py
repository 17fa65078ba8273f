"""A customer changes a subscription: each change says first what it would do, and does just that."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app.core import clock
from app.core.work import unit_of_work
from app.payments.mandate_models import Mandate
from app.stores.models import Store
from app.subscriptions.models import DeliveryChange, Subscription
from tests.browser.browsers import PHONE
from tests.browser.storefront import ORDER_PAGE, Storefront
from tests.browser.subscriber import Subscriber
from tests.browser.watching import Watch
from tests.sandbox_control import Sandbox
from tests.subscribing import bill, local, rows, set_now

pytestmark = pytest.mark.parametrize("screen", [PHONE], indirect=True, ids=["phone"])


@pytest.fixture
def asha(storefront: Storefront) -> Subscriber:
    """Gets a vegetable box every week, paid at the door, and looks at its page."""
    asha = Subscriber(storefront)
    asha.begin()
    asha.choose("pay-cash_on_delivery")
    asha.preview()
    asha.subscribe()
    asha.expect_status("active")
    return asha


def test_skips_one_delivery(asha: Subscriber, filled_store: Store) -> None:
    first, second, third = asha.days()[:3]
    asha.delivery(second).get_by_test_id("skip").click()
    expect(asha.rehearsed()).to_contain_text("no other date moves")
    asha.see("keep").click()
    expect(asha.see("change")).to_have_count(0)
    assert rows(filled_store, DeliveryChange) == []  # looking changes nothing

    asha.delivery(second).get_by_test_id("skip").click()
    asha.confirm()
    expect(asha.delivery(second)).to_have_attribute("data-status", "skipped")
    expect(asha.delivery(second)).to_contain_text("Skipped, as you wished")
    assert asha.days()[:2] == [first, third]
    wished = [(one.delivers_on.isoformat(), one.variant_id, one.quantity) for one in rows(filled_store, DeliveryChange)]
    assert wished == [(second, None, 0)]


def test_pauses_until_a_day_and_resumes(asha: Subscriber, filled_store: Store) -> None:
    first, second, third = asha.days()[:3]
    asha.see("pause").click()
    asha.see("pause-until").fill(second)
    expect(asha.rehearsed().get_by_role("strong")).to_contain_text(str(date.fromisoformat(second).day))
    asha.confirm()
    asha.expect_status("paused")
    assert asha.days()[:2] == [second, third]

    asha.see("pause").click()
    asha.see("pause-open").check()
    expect(asha.rehearsed()).to_contain_text("Nothing is delivered until you resume")
    asha.confirm()
    expect(asha.see("no-deliveries")).to_be_visible()

    asha.see("resume").click()
    expect(asha.rehearsed()).to_contain_text("Nothing is charged now")
    asha.confirm()
    asha.expect_status("active")
    assert asha.days()[:2] == [first, second]


def test_cancels_and_keeps_what_is_ordered(asha: Subscriber, filled_store: Store) -> None:
    first = asha.days()[0]
    set_now(filled_store, local(date.fromisoformat(first) - timedelta(days=1), 18, 1))
    assert bill(filled_store)["created"] == 1
    asha.storefront.page.reload()
    expect(asha.delivery(first)).to_contain_text("Ordered, pay at the door")

    asha.see("cancel").click()
    expect(asha.rehearsed()).to_contain_text("is ordered already and still comes")
    asha.confirm()
    asha.expect_status("cancelled")
    assert asha.days() == []
    expect(asha.see("pause")).to_have_count(0)

    asha.delivery(first).get_by_test_id("delivery-order").click()
    asha.storefront.page.wait_for_url(ORDER_PAGE)
    expect(asha.see("order")).to_contain_text("at the door")


@pytest.mark.parametrize("zone", ["America/Los_Angeles"])  # wherever she travels, times are those of the shop
def test_too_late_is_said_with_the_time_and_nothing_happens(asha: Subscriber, watch: Watch, filled_store: Store) -> None:
    first = asha.days()[0]
    eve = date.fromisoformat(first) - timedelta(days=1)
    set_now(filled_store, local(eve, 18, 1))  # while she looks at the page
    asha.delivery(first).get_by_test_id("skip").click()
    expect(asha.rehearsed()).to_contain_text(f"It is too late to change this delivery: that was possible until {eve:%a}")
    expect(asha.rehearsed()).to_contain_text("6:00 pm")
    expect(asha.see("confirm-change")).to_be_disabled()
    watch.forgive("409")
    assert rows(filled_store, DeliveryChange) == []
    assert rows(filled_store, Subscription)[0].status == "active"


def test_what_the_mandate_does_not_pay_is_paid_by_hand(storefront: Storefront, filled_store: Store, sandbox: Sandbox) -> None:
    sandbox.clock(offset_seconds=0)
    asha = Subscriber(storefront)
    asha.begin()
    first = asha.preview()[0]
    asha.go_to_bank()
    asha.answer_bank("Approve the mandate")
    asha.expect_status("active")
    with unit_of_work(filled_store.id) as session:
        for mandate in session.exec(select(Mandate)):
            mandate.max_amount = 100  # as if prices had risen above it
            session.add(mandate)
    set_now(filled_store, local(date.fromisoformat(first) - timedelta(days=4), 6, 1), sandbox)
    bill(filled_store)

    storefront.page.reload()
    expect(asha.delivery(first)).to_contain_text("Ordered, to be paid by you")
    asha.delivery(first).get_by_test_id("delivery-order").click()
    expect(asha.see("payment-note")).to_contain_text("Your mandate does not pay this delivery")
    asha.see("pay-again").click()
    storefront.pay()
    storefront.expect_paid()


def test_a_store_whose_clock_is_ahead_is_asked_for_its_days(storefront: Storefront, watch: Watch, filled_store: Store) -> None:
    ahead = clock.machine_now() + timedelta(days=100)
    set_now(filled_store, ahead)
    asha = Subscriber(storefront)
    asha.begin()
    days = asha.preview()
    watch.forgive("422")
    assert days[0] > ahead.date().isoformat()
