"""How a delivery is paid that no mandate pays: out of the wallet, by a link, on trust."""

from datetime import date

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
from tests.subscribing import Subscriber, bill, days, local, make_subscriber, orders, rows, set_now, today
from tests.wallets.money import balance, fill, wallets_add_up


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
    subscription = start(who, "wallet", first_on)
    (hold,) = rows(store, WalletHold)
    assert hold.holder_id == subscription.id
    price = hold.amount // 6  # of the seven days ahead the first has none
    fill(store, who.customer.id, price + price // 2)

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
