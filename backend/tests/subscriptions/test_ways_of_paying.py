"""How a delivery is paid that no mandate pays: out of the wallet, by a link, on trust."""

from datetime import date

from fastapi.testclient import TestClient

from app.core import clock
from app.core.work import unit_of_work
from app.notifications.models import Message
from app.payments.models import Capture, PaymentAttempt
from app.stock.models import Reservation
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import beginning, reserving
from app.subscriptions.beginning import Wish
from app.subscriptions.coming import Item
from app.subscriptions.models import PaymentMethod, Subscription
from app.subscriptions.planning import Calendar
from app.subscriptions.rules import Rule
from app.tasks import payments
from app.wallets.models import WalletHold
from tests.sandbox_control import Sandbox
from tests.subscribing import (
    Subscriber,
    approve,
    bill,
    days,
    local,
    make_subscriber,
    orders,
    reload,
    rows,
    set_now,
    subscribe,
    today,
    work_off,
)
from tests.unchanged import unchanged
from tests.wallets.money import balance, fill, wallets_add_up
from tests.workers import eventually

URL = "/api/v1/subscriptions"


def start(who: Subscriber, method: PaymentMethod, starts_on: date, kind: str = "daily") -> Subscription:
    with unit_of_work(who.store.id) as session:
        calendar = Calendar.of(stores.get(session), clock.now(stores.get(session)))
        wish = Wish([Item(who.variant_id, 2)], Rule.of({"kind": kind}), starts_on, who.address_id, method)
        made = beginning.start(session, wish, customer_id=who.customer.id, actor=who.actor, calendar=calendar).subscription
        reserving.refresh(session, [made], calendar, cause="begun")
        return made


def templates(store: Store) -> set[str]:
    return {message.template for message in rows(store, Message)}


def test_a_wallet_pays_in_the_run_and_what_it_cannot_pay_waits_with_a_link(store: Store, sandbox: Sandbox) -> None:
    who = make_subscriber(store)
    first_on = today(store) + days(2)
    fill(store, who.customer.id, 180_00)
    subscription = start(who, "wallet", first_on)
    (hold,) = rows(store, WalletHold)
    assert hold.holder_id == subscription.id
    price = hold.amount // 6  # of the seven days ahead the first has none
    assert price == 120_00

    set_now(store, local(first_on - days(1), 18))
    assert bill(store)["created"] == 1
    (order,) = orders(store)
    assert (order.status, order.payment_status, order.total_amount) == ("confirmed", "paid", price)
    assert [(capture.source, capture.amount) for capture in rows(store, Capture)] == [("wallet", price)]
    assert {reservation.expires_at for reservation in rows(store, Reservation)} == {None}
    assert balance(store, who.customer.id) == price // 2
    assert rows(store, WalletHold)[0].amount == 6 * price, "the days that come next"
    assert "wallet_low" in templates(store), "tomorrow's delivery cannot be paid, and there is still time"
    assert "payment_due" not in templates(store)

    set_now(store, local(first_on, 18))
    assert bill(store)["created"] == 1
    _, second = orders(store)
    assert (second.status, second.payment_status) == ("pending_payment", "unpaid")
    assert len(rows(store, PaymentAttempt)) == 1
    (told,) = {message.context["pay_url"] for message in rows(store, Message) if message.template == "payment_due"}
    assert "/pay/" in told
    wallets_add_up(store)


def test_a_link_is_sent_days_ahead_and_the_order_expires_unpaid_when_its_day_begins(store: Store, sandbox: Sandbox) -> None:
    who = make_subscriber(store)
    first_on = today(store) + days(4)
    start(who, "pay_link", first_on)
    set_now(store, local(first_on - days(2), 18))
    assert bill(store)["created"] == 1
    assert {message.context["way"] for message in rows(store, Message) if message.template == "payment_due"} == {"pay_link"}
    set_now(store, local(first_on, 0, 1))
    payments.expire_due(store.id)
    (order,) = orders(store)
    assert (order.status, order.cancel_reason) == ("cancelled", "expired")
    assert bill(store)["created"] >= 1, "the next days are asked for all the same"


def test_each_way_of_paying_takes_what_it_takes_and_says_so(store: Store, sandbox: Sandbox, client: TestClient) -> None:
    who = make_subscriber(store)
    begun = client.post(URL, json=who.wish(today(store) + days(7)), headers=who.headers).json()["subscription"]
    change = f"{URL}/{begun['id']}/payment-method"
    for way, code in (("wallet", "wallet_needed"), ("account", "not_on_account")):
        with unchanged(store, way):
            wish = who.wish(today(store) + days(7), payment_method=way)
            assert client.post(URL, json=wish, headers=who.headers).json()["code"] == code
            assert client.post(change, json={"payment_method": way}, headers=who.headers).json()["code"] == code
    fill(store, who.customer.id, 100_00)
    with unchanged(store, "a rehearsal"):
        rehearsed = client.post(change, json={"payment_method": "wallet"}, params={"dry_run": True}, headers=who.headers)
    changed = client.post(change, json={"payment_method": "wallet"}, headers=who.headers)
    assert changed.status_code == 200, changed.text
    assert changed.json() == rehearsed.json()
    assert changed.json()["subscription"]["payment_method"] == "wallet"
    assert changed.json()["upcoming"][0]["delivers_on"] == begun["starts_on"]


def test_a_mandate_is_replaced_while_the_old_one_still_pays(
    store: Store, sandbox: Sandbox, client: TestClient, live_api: str
) -> None:
    who = make_subscriber(store)
    subscription = approve(who, subscribe(who, today(store) + days(7), method="upi"), sandbox)
    url = f"{URL}/{subscription.id}"
    body = {"payment_method": "mandate", "mandate": {"method": "upi", "max_amount": 900_00}}
    assert client.post(f"{url}/payment-method", json=body, headers=who.headers).status_code == 200
    assert reload(store, subscription).mandate_id == subscription.mandate_id, "the old one pays until the new one is good"
    payment = client.post(f"{url}/mandate", headers=who.headers).json()
    sandbox.approve(payment["provider_order_id"])

    def is_replaced() -> bool:
        work_off(store)
        return reload(store, subscription).mandate_id != subscription.mandate_id

    eventually(is_replaced)
    after = client.get(url, headers=who.headers).json()
    assert (after["status"], after["mandate"]["max_amount"]["amount"], after["mandate"]["problems"]) == ("active", 900_00, [])
    assert reload(store, subscription).next_on == subscription.next_on
