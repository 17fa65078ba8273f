"""Subscriptions whose schedule the provider keeps: approved, charged by the clock, failing, halted, paused, ended."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from sandbox.razorpay.periods import edge
from sandbox.rendering import INDIA
from tests.sandbox.forms import forms_in
from tests.sandbox.household import DAY, START, refused
from tests.sandbox.subscriber import FUTURE, Subscriber
from tests.sandbox.world import World

FOUR_EVENTS = ["payment.captured", "order.paid", "invoice.paid", "subscription.charged"]


@pytest.fixture
def home(world: World) -> Iterator[Subscriber]:
    yield Subscriber(world)


DECLINED = {"failed": "insufficient_funds"}


def test_a_cycle_begins_at_midnight_in_india_and_the_31st_comes_back() -> None:
    start = int(datetime(2026, 1, 31, 14, 0, tzinfo=INDIA).timestamp())
    days = [datetime.fromtimestamp(edge(start, "monthly", 1, number), INDIA) for number in range(4)]
    assert [f"{day:%d %b %H:%M}" for day in days] == ["31 Jan 14:00", "28 Feb 00:00", "31 Mar 00:00", "30 Apr 00:00"]
    assert edge(1_570_213_800, "monthly", 1, 1) == 1_572_892_200, "as in the provider's own sample"
    assert edge(1_570_213_800, "monthly", 1, 11) == 1_599_244_200
    assert edge(1_773_461_489, "weekly", 1, 5) == 1_776_450_600


def test_it_begins_at_once_and_the_first_payment_is_kept_and_invoiced(home: Subscriber) -> None:
    subscription_id = home.subscribe()
    new = home.it(subscription_id)
    assert (new["status"], new["customer_id"], new["start_at"], new["remaining_count"]) == ("created", None, None, 4)
    payment = home.approve_it(subscription_id, method="card")
    assert (payment["status"], payment["amount"], payment["order_id"][:6]) == ("captured", 30_000, "order_")
    shown = home.it(subscription_id)
    assert (shown["status"], shown["paid_count"], shown["remaining_count"], shown["start_at"]) == ("active", 1, 3, START)
    assert shown["customer_id"].startswith("cust_")
    [invoice] = home.invoices(subscription_id)
    assert (invoice["status"], invoice["payment_id"], invoice["id"]) == ("paid", payment["id"], payment["invoice_id"])
    assert home.types()[-7:] == [
        "subscription.authenticated", "payment.authorized", *FOUR_EVENTS[:3], "subscription.activated", "subscription.charged",
    ]  # fmt: skip
    assert home.captured() == [30_000]


def test_a_later_start_takes_a_small_amount_that_comes_back_by_itself(home: Subscriber) -> None:
    subscription_id = home.subscribe(start_at=FUTURE)
    payment = home.approve_it(subscription_id)
    assert (payment["amount"], payment["status"], payment["captured"], payment["invoice_id"]) == (500, "refunded", False, None)
    assert (home.status(subscription_id), home.invoices(subscription_id), home.captured()) == ("authenticated", [], [])
    assert "refund.processed" in home.types()
    assert home.next_at() == FUTURE
    home.clock(FUTURE)
    shown = home.it(subscription_id)
    assert (shown["status"], shown["paid_count"], shown["current_start"]) == ("active", 1, FUTURE)
    assert [kind for kind in home.types() if kind in FOUR_EVENTS] == FOUR_EVENTS
    assert home.captured() == [30_000]


def test_addons_are_kept(home: Subscriber) -> None:
    addon = {"item": {"name": "Crate", "amount": 9_900, "currency": "INR"}}
    later = home.subscribe(start_at=FUTURE, addons=[addon])
    assert home.approve_it(later)["status"] == "captured"
    at_once = home.subscribe(addons=[addon], quantity=2)
    assert home.approve_it(at_once)["amount"] == 69_900
    home.clock(FUTURE)
    assert home.captured() == [9_900, 69_900, 30_000]


def test_the_clock_charges_each_cycle_once_and_completes_it(home: Subscriber) -> None:
    subscription_id = home.running()
    home.clock(START + 40 * DAY)
    shown = home.it(subscription_id)
    assert (shown["status"], shown["paid_count"], shown["remaining_count"]) == ("completed", 4, 0)
    assert home.captured() == [30_000] * 4
    invoices = home.invoices(subscription_id)
    assert [one["billing_start"] for one in invoices[1:]] == [one["billing_end"] for one in invoices[:-1]]
    assert shown["ended_at"] == shown["current_start"] == shown["end_at"]
    assert home.types().count("subscription.charged") == 4
    assert home.types()[-1] == "subscription.completed"
    home.clock(START + 80 * DAY)
    assert home.captured() == [30_000] * 4


def test_events_name_less_than_they_carry(home: Subscriber) -> None:
    subscription_id = home.running()
    home.outcomes(subscription_id, DECLINED)
    home.to_edge(subscription_id)
    bodies = [json.loads(one.body) for one in home.world.receiver.wait(len(home.types()))]
    [charged] = [body for body in bodies if body["event"] == "subscription.charged"]
    assert charged["contains"] == ["subscription", "payment"]
    assert charged["payload"]["payment"]["entity"]["captured"] == "1"
    [pending] = [body for body in bodies if body["event"] == "subscription.pending"]
    assert (pending["contains"], "created_at" in pending) == (["subscription"], False)
    assert pending["payload"]["payment"]["entity"]["error_reason"] == "insufficient_funds"


def test_a_declined_charge_is_tried_for_three_days_and_then_halts(home: Subscriber) -> None:
    subscription_id = home.running()
    home.outcomes(subscription_id, DECLINED, DECLINED, DECLINED, DECLINED)
    at = home.to_edge(subscription_id)
    for days, status in enumerate(["pending", "pending", "pending", "halted"]):
        home.clock(at + days * DAY)
        shown = home.it(subscription_id)
        assert (shown["status"], shown["auth_attempts"], shown["paid_count"]) == (status, days + 1, 1)
    assert home.types().count("subscription.pending") == 3
    assert home.types().count("subscription.halted") == 1
    before = home.money()
    home.to_edge(subscription_id)
    assert home.status(subscription_id) == "halted"
    assert [one["status"] for one in home.invoices(subscription_id)] == ["paid", "issued", "issued"], "made and not charged"
    assert home.money() == before
    home.world.post(f"/control/razorpay/subscriptions/{subscription_id}/instrument", {"method": "card"})
    assert home.status(subscription_id) == "active"
    home.to_edge(subscription_id)
    assert home.captured() == [30_000, 30_000], "what was left meanwhile is never charged"
    assert [one["status"] for one in home.invoices(subscription_id)] == ["paid", "issued", "issued", "paid"]


def test_a_retry_that_succeeds_moves_no_date(home: Subscriber) -> None:
    subscription_id = home.running()
    home.outcomes(subscription_id, DECLINED)
    at = home.to_edge(subscription_id)
    next_edge = home.it(subscription_id)["current_end"]
    home.clock(at + DAY)
    shown = home.it(subscription_id)
    assert (shown["status"], shown["paid_count"], shown["current_end"]) == ("active", 2, next_edge)
    assert home.types()[-1] == "subscription.charged"
    [*_, invoice] = home.invoices(subscription_id)
    assert invoice["status"] == "paid"
    assert len(home.world.razorpay.order.payments(invoice["order_id"])["items"]) == 2, "both tries on one order"


def test_another_card_while_pending_is_charged_at_once(home: Subscriber) -> None:
    subscription_id = home.running()
    home.outcomes(subscription_id, DECLINED)
    at = home.to_edge(subscription_id)
    home.world.post(f"/control/razorpay/subscriptions/{subscription_id}/instrument", {"method": "card"})
    assert (home.status(subscription_id), home.captured()) == ("active", [30_000, 30_000])
    home.clock(at + 5 * DAY)
    assert home.captured() == [30_000, 30_000]


def test_an_old_invoice_paid_by_hand_wakes_a_halted_one(home: Subscriber) -> None:
    subscription_id = home.running()
    home.outcomes(subscription_id, *[DECLINED] * 4)
    home.clock(home.to_edge(subscription_id) + 3 * DAY)
    [*_, owed] = home.invoices(subscription_id)
    home.world.post(f"/control/razorpay/invoices/{owed['id']}/pay")
    assert (home.status(subscription_id), home.it(subscription_id)["paid_count"]) == ("active", 2)
    assert home.world.http.post(f"/control/razorpay/invoices/{owed['id']}/pay").status_code == 409
    assert home.captured() == [30_000, 30_000]


def test_it_is_cancelled_now_or_at_the_end_of_the_cycle(home: Subscriber) -> None:
    api = home.world.razorpay.subscription
    now, later = home.running(), home.running()
    assert api.cancel(now)["status"] == "cancelled"
    assert api.cancel(later, {"cancel_at_cycle_end": 1})["status"] == "active"
    assert refused(api.cancel, now) == "Subscription is not cancellable in cancelled status."
    home.to_edge(later)
    assert (home.status(later), home.types()[-1]) == ("cancelled", "subscription.cancelled")
    assert home.captured() == [30_000, 30_000]
    new = home.subscribe()
    assert "no billing cycle" in refused(api.cancel, new, {"cancel_at_cycle_end": True})
    assert home.status(new) == "created"


def test_a_pause_of_one_that_has_not_begun_ends_it(home: Subscriber) -> None:
    api = home.world.razorpay.subscription
    subscription_id = home.subscribe(start_at=FUTURE)
    home.approve_it(subscription_id)
    assert api.pause(subscription_id, {"pause_at": "now"})["status"] == "cancelled"
    home.clock(FUTURE + DAY)
    assert home.captured() == []
    assert refused(api.resume, subscription_id, {"resume_at": "now"}) == "Subscription is not resumable in cancelled status."


def test_paused_cycles_pass_uncharged(home: Subscriber) -> None:
    api, subscription_id = home.world.razorpay.subscription, home.running()
    assert api.pause(subscription_id, {"pause_at": "now"})["status"] == "paused"
    assert refused(api.pause, subscription_id) == "Subscription is not pausable in paused status."
    home.to_edge(subscription_id)
    assert (home.captured(), len(home.invoices(subscription_id))) == ([30_000], 1)
    assert api.resume(subscription_id, {"resume_at": "now"})["status"] == "active"
    home.to_edge(subscription_id)
    assert home.captured() == [30_000, 30_000]


def test_what_the_customer_paused_at_the_bank_the_shop_cannot_resume(home: Subscriber) -> None:
    subscription_id = home.subscribe()
    home.approve_it(subscription_id, method="upi")
    assert home.bank(subscription_id, "pause") == 200
    assert "not resumable" in refused(home.world.razorpay.subscription.resume, subscription_id)
    assert (home.status(subscription_id), home.types()[-1]) == ("paused", "subscription.paused")
    assert home.bank(subscription_id, "resume") == 200
    assert home.bank(subscription_id, "cancel") == 200
    assert home.bank(subscription_id, "pause") == 409
    assert home.status(subscription_id) == "cancelled"


def test_nobody_approves_in_time(home: Subscriber) -> None:
    by_start, by_limit = home.subscribe(start_at=FUTURE), home.subscribe(expire_by=START + DAY)
    home.clock(FUTURE)
    assert (home.status(by_start), home.status(by_limit)) == ("expired", "expired")
    for subscription_id in (by_start, by_limit):
        path = f"/control/razorpay/subscriptions/{subscription_id}/approve"
        assert home.world.http.post(path, json={}).status_code == 409
    assert home.money() == (0, 0, 0)


def test_a_declined_approval_leaves_it_as_it_was(home: Subscriber) -> None:
    subscription_id = home.subscribe()
    assert home.approve_it(subscription_id, error_reason="card_declined")["status"] == "failed"
    assert (home.status(subscription_id), home.captured(), home.invoices(subscription_id)) == ("created", [], [])
    assert home.approve_it(subscription_id)["status"] == "captured"


def test_nothing_deduplicates_and_lists_find_what_was_made(home: Subscriber) -> None:
    plan = home.plan(notes={"ours": "p1"})
    assert home.plan(notes={"ours": "p1"})["id"] != plan["id"]
    assert [one["notes"] for one in home.world.razorpay.plan.all()["items"]] == [{"ours": "p1"}] * 2
    first, second = (home.subscribe(plan_id=plan["id"]) for _ in range(2))
    listed = home.world.razorpay.subscription.all({"plan_id": plan["id"]})
    assert (listed["count"], [one["id"] for one in listed["items"]]) == (2, [second, first])
    assert home.world.razorpay.plan.fetch(plan["id"])["item"]["amount"] == 30_000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"period": "hourly"}, "The selected period is invalid."),
        ({"period": "daily", "interval": 6}, "For daily plans, the interval must be at least 7."),
        ({"interval": 0}, "The interval must be at least 1."),
        ({"item": {"name": "Box", "amount": 99, "currency": "INR"}}, "The amount must be at least INR 1.00"),
        ({"colour": 1}, "colour is/are not required and should not be sent"),
    ],
)
def test_bad_plans_are_refused(home: Subscriber, changes: dict[str, Any], words: str) -> None:
    assert refused(lambda: home.plan(**changes)) == words
    assert home.world.razorpay.plan.all()["count"] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"total_count": None}, "The total count field is required."),
        ({"start_at": START - 1}, "The start at must be a future time."),
        ({"quantity": "2"}, "The quantity must be an integer."),
        ({"plan_id": "plan_AAAAAAAAAAAAAA"}, "The id provided does not exist"),
    ],
)
def test_bad_subscriptions_are_refused(home: Subscriber, changes: dict[str, Any], words: str) -> None:
    assert refused(lambda: home.subscribe(**changes)) == words
    assert home.world.razorpay.subscription.all()["count"] == 0


def test_a_change_is_for_cards_and_may_wait_for_the_cycle_to_end(home: Subscriber) -> None:
    api, subscription_id = home.world.razorpay.subscription, home.running()
    dearer = home.plan(item={"name": "Big box", "amount": 45_000, "currency": "INR"})["id"]
    changed = api.edit(subscription_id, {"plan_id": dearer, "schedule_change_at": "cycle_end"})
    assert (changed["has_scheduled_changes"], changed["change_scheduled_at"]) == (True, changed["current_end"])
    assert api.pending_update(subscription_id)["plan_id"] == dearer
    home.to_edge(subscription_id)
    assert home.captured() == [30_000, 45_000]
    by_upi = home.subscribe()
    home.approve_it(by_upi, method="upi")
    assert refused(api.edit, by_upi, {"quantity": 2}) == "subscriptions cannot be updated when payment mode is UPI"


def test_it_is_approved_and_rescued_on_its_page(home: Subscriber) -> None:
    subscription_id = home.subscribe()
    page = home.world.http.get(home.it(subscription_id)["short_url"])
    for words in ("Test shop", "Vegetable box", "₹300", "every week", "Approve"):
        assert words in page.text
    [form] = forms_in(page.text)
    answer = home.world.http.post(form.action, data={**form.fields, "vpa": "asha@okhdfc"})
    assert "Subscription approved" in answer.text
    assert home.status(subscription_id) == "active"
    assert "has been approved" in home.world.http.get(form.action).text
    home.outcomes(subscription_id, DECLINED)
    home.to_edge(subscription_id)
    page = home.world.http.get(form.action)
    assert "did not go through" in page.text
    assert "did not go through" in home.world.http.get("/bank", params={"account": home.world.key_id}).text
    assert "Payment failed" in home.world.http.post(form.action, data={"outcome": "failed"}).text
    assert home.status(subscription_id) == "pending"
    assert "Subscription approved" in home.world.http.post(form.action, data={"method": "card"}).text
    assert home.captured() == [30_000, 30_000]


def test_the_bank_app_ends_it(home: Subscriber) -> None:
    subscription_id = home.subscribe()
    home.approve_it(subscription_id)
    page = home.world.http.get("/bank", params={"account": home.world.key_id}).text
    assert "Vegetable box" in page
    actions = [form.action for form in forms_in(page)]
    assert actions == [f"/bank/{subscription_id}/{verb}" for verb in ("pause", "cancel")]
    assert home.world.http.post(actions[1]).status_code == 303
    assert home.status(subscription_id) == "cancelled"
