"""The browser comes back from approving a mandate: with a genuine return, a forged one, one of something else, or none."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.core.ids import new_id
from app.core.work import unit_of_work
from app.payments import mandates
from app.payments.mandate_models import Mandate
from app.stores.models import Store
from app.tasks import subscriptions
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.subscribing import Subscriber, days, make_subscriber, rows, settle_events, today
from tests.unchanged import unchanged
from tests.workers import eventually

SUBSCRIPTIONS = "/api/v1/subscriptions"
SIGNED = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")
Body = dict[str, Any]
Form = dict[str, str]


@pytest.fixture
def asha(store: Store) -> Subscriber:
    return make_subscriber(store)


def start(client: TestClient, who: Subscriber) -> tuple[Body, Body]:
    """A subscription that awaits its mandate, and the payment that approves it."""
    wish = who.wish(today(who.store) + days(7), payment_method="mandate")
    answer = client.post(SUBSCRIPTIONS, json=wish, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["subscription"], answer.json()["payment"]


def look(client: TestClient, who: Subscriber, subscription: Body) -> tuple[str, str]:
    """What has become of the subscription and of its mandate."""
    shown = client.get(f"{SUBSCRIPTIONS}/{subscription['id']}", headers=who.headers).json()
    return shown["status"], shown["mandate"]["status"]


def come_back(client: TestClient, mandate_id: str, form: Form) -> str:
    """Where the browser is sent on to."""
    answer = client.post(f"/api/v1/mandate-returns/{mandate_id}", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def page_of(store: Store, subscription: Body) -> str:
    return f"{store.frontend_url}/#/subscriptions/{subscription['id']}"


def signed(paid: dict[str, str]) -> Form:
    return {name: paid[name] for name in SIGNED}


def error_form(reason: str) -> Form:
    """What the checkout posts for a payment that failed: no signature."""
    return {"error[code]": "BAD_REQUEST_ERROR", "error[description]": "no", "error[reason]": reason, "error[metadata]": "{}"}


def look_at_the_bank(store: Store) -> None:
    """What the workers do soon after a return or an event."""
    settle_events(store)
    subscriptions.drain_mandates(str(store.id))


def test_a_good_return_makes_the_subscription_active_without_any_webhook(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.webhooks("drop")
    subscription, payment = start(client, asha)
    back = signed(sandbox.approve(payment["provider_order_id"]))
    assert come_back(client, subscription["mandate"]["id"], back) == page_of(store, subscription)
    assert look(client, asha, subscription) == ("awaiting_mandate", "pending")
    look_at_the_bank(store)
    assert look(client, asha, subscription) == ("active", "confirmed")
    with unchanged(store):
        assert come_back(client, subscription["mandate"]["id"], back) == page_of(store, subscription)
    assert [capture["amount"] for capture in sandbox.ledger()["captures"]] == [100]


def test_ac30_a_return_that_is_not_this_mandates_changes_nothing(
    client: TestClient, store: Store, make_store: Callable[[], Store], sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.webhooks("drop")
    subscription, payment = start(client, asha)
    _, other_payment = start(client, make_subscriber(store))
    shopper = make_shopper(store)
    order, provider_order = place_and_start(shopper)
    good = signed(sandbox.approve(payment["provider_order_id"]))
    others = signed(sandbox.approve(other_payment["provider_order_id"]))
    orders = signed(sandbox.pay(provider_order))
    mandate_id = subscription["mandate"]["id"]
    wrong: list[Form] = [
        {}, {"razorpay_payment_id": good["razorpay_payment_id"]}, good | {"razorpay_signature": "0" * 64},
        good | {"razorpay_signature": ""}, good | {"razorpay_signature": good["razorpay_signature"].upper()},
        good | {"razorpay_payment_id": others["razorpay_payment_id"]}, good | {"razorpay_order_id": provider_order},
        others, orders, others | {"razorpay_order_id": good["razorpay_order_id"]}, error_form("payment_cancelled"),
    ]  # fmt: skip
    for form in wrong:
        with unchanged(store, form):
            assert come_back(client, mandate_id, form) == f"{page_of(store, subscription)}?mandate=failed"
    with unchanged(store):
        for url, form in ((f"/api/v1/payment-returns/{order.id}", good), (f"/api/v1/payment-returns/{mandate_id}", good)):
            assert client.post(url, data=form).headers["location"].endswith("?payment=failed")
        for unknown in (str(new_id()), str(order.id), subscription["id"]):
            assert come_back(client, unknown, good) == f"{store.frontend_url}/#/subscriptions?mandate=failed"
        answer = client.post("/api/v1/mandate-returns/x", data=good)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        too_long = client.post(f"/api/v1/mandate-returns/{mandate_id}", data=good | {"razorpay_signature": "0" * 201})
        assert too_long.status_code == 422
    foreign = make_store()
    with unchanged(store), unchanged(foreign), TestClient(client.app, base_url=f"http://{foreign.host}") as abroad:
        answer = abroad.post(f"/api/v1/mandate-returns/{mandate_id}", data=good, follow_redirects=False)
        assert answer.headers["location"] == f"{foreign.frontend_url}/#/subscriptions?mandate=failed"
    look_at_the_bank(store)
    assert look(client, asha, subscription) == ("awaiting_mandate", "created")
    assert client.get(f"/api/v1/orders/{order.id}", headers=shopper.headers).json()["payment_status"] == "unpaid"
    assert come_back(client, mandate_id, good) == page_of(store, subscription)
    look_at_the_bank(store)
    assert look(client, asha, subscription) == ("active", "confirmed")


def test_the_browser_is_not_sent_where_a_form_says(client: TestClient, store: Store, asha: Subscriber) -> None:
    subscription, _ = start(client, asha)
    form = {"callback_url": "https://evil.example", "error[reason]": "https://evil.example"}
    url = f"/api/v1/mandate-returns/{subscription['mandate']['id']}?next=https://evil.example"
    answer = client.post(url, data=form, headers={"X-Forwarded-Host": "evil.example", "Referer": "https://evil.example"})
    assert answer.headers["location"] == f"{page_of(store, subscription)}?mandate=failed"


def test_a_mandate_approved_by_a_payment_that_fails_on_purpose_ends_active(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    sandbox.mandates(registration="dummy")
    sandbox.webhooks("hold")
    subscription, payment = start(client, asha)
    sandbox.approve(payment["provider_order_id"])
    with unchanged(store):
        form = error_form("upi_dummy_payment")
        assert come_back(client, subscription["mandate"]["id"], form) == page_of(store, subscription)
    sandbox.release_webhooks()

    def is_active() -> bool:
        look_at_the_bank(store)
        return look(client, asha, subscription) == ("active", "confirmed")

    eventually(is_active)
    assert sandbox.ledger()["captures"] == []


def test_whoever_says_it_was_a_dummy_payment_gets_no_mandate_by_it(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.webhooks("drop")
    subscription, payment = start(client, asha)
    sandbox.approve(payment["provider_order_id"], outcome="failed")
    with unchanged(store):
        come_back(client, subscription["mandate"]["id"], error_form("upi_dummy_payment"))
        look_at_the_bank(store)
    assert look(client, asha, subscription) == ("awaiting_mandate", "created")


def test_a_declined_mandate_is_shown_as_rejected_and_another_can_be_approved(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    subscription, payment = start(client, asha)
    url, mandate_id = f"{SUBSCRIPTIONS}/{subscription['id']}", subscription["mandate"]["id"]
    sandbox.approve(payment["provider_order_id"], outcome="failed")
    assert come_back(client, mandate_id, error_form("payment_cancelled")) == f"{page_of(store, subscription)}?mandate=failed"

    def is_seen(wanted: tuple[str, str]) -> bool:
        look_at_the_bank(store)
        return look(client, asha, subscription) == wanted

    eventually(lambda: is_seen(("awaiting_mandate", "rejected")))
    shown = client.get(url, headers=asha.headers).json()
    assert shown["mandate"]["failure_reason"]
    fresh, again = (client.post(f"{url}/mandate", headers=asha.headers).json() for _ in range(2))
    assert fresh == again
    assert fresh["provider_order_id"] != payment["provider_order_id"]
    renewed = client.get(url, headers=asha.headers).json()
    assert renewed["mandate"]["id"] != mandate_id
    assert renewed["mandate"]["max_amount"] == shown["mandate"]["max_amount"]
    back = signed(sandbox.approve(fresh["provider_order_id"]))
    assert come_back(client, renewed["mandate"]["id"], back) == page_of(store, subscription)
    eventually(lambda: is_seen(("active", "confirmed")))
    assert sorted(mandate.status for mandate in rows(store, Mandate)) == ["confirmed", "rejected"]
    assert len(sandbox.calls("orders.create")) == 2


@pytest.mark.parametrize("seen_between", [True, False])
@pytest.mark.parametrize("registration", ["charge", "dummy"])
def test_who_declines_first_and_then_approves_on_the_same_page_has_a_mandate(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber, seen_between: bool, registration: Any
) -> None:
    """Each try at the checkout is a payment with a token of its own; the provider's order stays the same."""
    sandbox.mandates(registration=registration)
    subscription, payment = start(client, asha)

    def is_seen(wanted: tuple[str, str]) -> bool:
        look_at_the_bank(store)
        return look(client, asha, subscription) == wanted

    sandbox.approve(payment["provider_order_id"], outcome="failed")
    if seen_between:
        eventually(lambda: is_seen(("awaiting_mandate", "rejected")))
    sandbox.approve(payment["provider_order_id"])
    eventually(lambda: is_seen(("active", "confirmed")))
    settle_events(store)
    assert look(client, asha, subscription) == ("active", "confirmed")
    assert len(rows(store, Mandate)) == len(sandbox.calls("orders.create")) == 1


def test_a_provider_that_is_away_when_the_browser_comes_back_changes_nothing_and_the_events_tell(
    client: TestClient, store: Store, sandbox: Sandbox, live_api: str, asha: Subscriber
) -> None:
    sandbox.webhooks("hold")
    subscription, payment = start(client, asha)
    back = signed(sandbox.approve(payment["provider_order_id"]))
    sandbox.fault("payments.fetch", "bad_gateway_html")
    with unchanged(store):
        assert come_back(client, subscription["mandate"]["id"], back) == page_of(store, subscription)
    sandbox.release_webhooks()

    def is_active() -> bool:
        look_at_the_bank(store)
        return look(client, asha, subscription) == ("active", "confirmed")

    eventually(is_active)


def test_a_return_while_the_bank_is_being_asked_is_no_failure(
    client: TestClient, store: Store, sandbox: Sandbox, asha: Subscriber
) -> None:
    sandbox.webhooks("drop")
    subscription, payment = start(client, asha)
    mandate_id = UUID(subscription["mandate"]["id"])
    back = signed(sandbox.approve(payment["provider_order_id"]))
    come_back(client, str(mandate_id), back)
    with unit_of_work(store.id) as session:
        asked = mandates.claim(session, mandate_id)
    assert asked is not None
    assert come_back(client, str(mandate_id), back) == page_of(store, subscription)
