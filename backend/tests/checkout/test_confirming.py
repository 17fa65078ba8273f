"""The one way an order becomes paid: whoever tells us, however often, in whatever order."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import orjson
import pytest
from sqlmodel import Session, col, select

from app.audit.models import AuditEntry
from app.checkout import cancelling
from app.checkout.returning import Return, confirm_return
from app.core.actor import provider
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.ledger import service as ledger
from app.ledger.models import Transfer
from app.notifications.models import Message
from app.orders.models import Order
from app.payments.errors import PaymentMismatch, SignatureInvalid
from app.payments.models import Capture, Payment
from app.payments.refund_models import Refund
from app.stock.models import Reservation, StockLevel, StockMovement
from app.stores import service as stores
from app.stores.models import Store
from app.tasks import payments
from app.tasks.inbox import apply_event
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, place_and_start, work_off

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def shopper(store: Store, sandbox: Sandbox) -> Shopper:
    sandbox.webhooks("drop")  # these tests deliver by hand
    return make_shopper(store)


def back(paid: dict[str, str]) -> Return:
    return Return(paid["razorpay_order_id"], paid["razorpay_payment_id"], paid["razorpay_signature"])


def deliver(store: Store, event: dict[str, Any], copy: str = "") -> None:
    """What the webhook's door and then its task do with one delivery."""
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, "razorpay")
        event_id = event["id"] + copy
        inbox.receive(session, account, event_id, event["type"], {}, orjson.dumps(event["body"]))
        row = session.exec(select(ProviderEvent).where(ProviderEvent.event_id == event_id)).one()
    apply_event(store.id, row.id)


def everything_once(uow: UnitOfWork, order: Order, moved: Sequence[str] = ("reserve",)) -> None:
    """One order, one capture, one booking, one reservation, one message per channel; and so the stock `moved`."""
    with uow() as session:
        assert session.exec(select(Order.status, Order.payment_status)).all() == [("confirmed", "paid")]
        assert session.exec(select(Payment.status)).all() == ["captured"]
        assert session.exec(select(Capture.amount, Capture.is_counted)).all() == [(order.total_amount, True)]
        assert session.exec(select(Transfer.amount)).all() == [order.total_amount]
        assert ledger.balance(session, ledger.RAZORPAY) == order.total_amount
        held = select(Reservation.status, Reservation.expires_at).where(Reservation.status != "released")
        assert session.exec(held).all() == [("held", None)]
        assert session.exec(select(StockLevel.on_hand, StockLevel.reserved)).all() == [(10, 2)]
        assert session.exec(
            select(StockMovement.kind).where(StockMovement.kind != "receive").order_by(col(StockMovement.id))
        ).all() == list(moved)
        assert sorted(session.exec(select(Message.channel).where(Message.template == "order_confirmation"))) == ["email", "sms"]
        actions = select(AuditEntry.action).where(col(AuditEntry.action).in_(("order.confirmed", "payment.captured")))
        assert sorted(session.exec(actions)) == ["order.confirmed", "payment.captured"]


@pytest.mark.parametrize("order_of_arrival", list(itertools.permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_ac05_return_and_webhooks_in_every_order_twice_and_at_once_make_one_paid_order(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper, order_of_arrival: tuple[int, ...]
) -> None:
    order, provider_order = place_and_start(shopper)
    paid = sandbox.pay(provider_order)
    events = {event["type"]: event for event in sandbox.events()}
    assert set(events) == {"payment.authorized", "payment.captured", "order.paid"}
    answers: list[Order] = []

    def browser() -> None:
        answers.append(confirm_return(store.id, order.id, shopper.customer.id, back(paid), shopper.actor))

    steps: list[Callable[[], None]] = [browser, *(partial(deliver, store, event) for event in events.values())]
    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(steps[step]) for step in order_of_arrival for _ in range(2)]:
            running.result(30)
    browser()
    assert {answer.id for answer in answers} == {order.id}
    assert answers[-1].status == "confirmed"
    everything_once(uow, order)
    assert len(sandbox.ledger()["captures"]) == 1


def test_ac31_any_multiset_of_events_ends_in_the_same_state(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    sandbox.pay(provider_order, "failed")
    sandbox.pay(provider_order)
    events = sandbox.events()
    assert len(events) >= 4
    copies = [(event, f"-copy{copy}" if copy % 2 else "") for event in events for copy in range(10)]
    with ThreadPoolExecutor(10) as pool:
        for running in [
            pool.submit(deliver, store, event, copy) for event, copy in sorted(copies, key=lambda one: hash(str(one)))
        ]:
            running.result(60)
    everything_once(uow, order)


def test_a_failure_told_after_the_capture_changes_nothing(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    sandbox.pay(provider_order, "failed")
    sandbox.pay(provider_order)
    failed, *others = sorted(sandbox.events(), key=lambda event: event["type"] != "payment.failed")
    for event in (*others, failed):
        deliver(store, event)
    everything_once(uow, order)


def test_a_failed_try_leaves_the_order_open_for_another(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    sandbox.pay(provider_order, "failed")
    deliver(store, sandbox.events()[0])
    with uow() as session:
        assert session.exec(select(Order.status, Order.payment_status)).all() == [("pending_payment", "unpaid")]
        assert session.exec(select(Payment.status)).all() == ["failed"]
        assert session.exec(select(Message)).all() == []
    paid = sandbox.pay(provider_order)
    assert confirm_return(store.id, order.id, shopper.customer.id, back(paid), shopper.actor).status == "confirmed"
    everything_once(uow, order)


def test_a_bank_that_answers_late_still_pays_the_order(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    sandbox.pay(provider_order, "late_captured")
    for event in sandbox.events():
        deliver(store, event)
    everything_once(uow, order)


def expire(uow: UnitOfWork, order: Order) -> None:
    with uow() as session:
        session.add(order)
        order.expires_at = machine_now()
    assert payments.expire(order.store_id, order.id) == "cancelled"


def test_ac07_money_that_comes_after_the_order_expired_revives_it_while_its_goods_are_there(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    expire(uow, order)
    sandbox.pay(provider_order)
    for event in sandbox.events() * 2:
        deliver(store, event)
    everything_once(uow, order, ("reserve", "release", "reserve"))
    with uow() as session:
        assert session.exec(select(Refund)).all() == []
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "order.revived")).one()


def test_ac07_money_for_an_expired_order_whose_goods_are_gone_goes_back_once(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    expire(uow, order)
    place_and_start(make_shopper(store, 9, variant_id=shopper.variant_id))
    sandbox.pay(provider_order)
    for event in sandbox.events() * 3:
        deliver(store, event)
    work_off(store)
    goes_back_once(uow, sandbox, order, "paid_late")


def test_ac07_money_for_an_order_that_was_cancelled_goes_back_once(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    with uow() as session:
        cancelling.cancel(session, order.id, None, cancelling.Why("customer"), actor=shopper.actor, now=machine_now())
    sandbox.pay(provider_order)
    for event in sandbox.events() * 2:
        deliver(store, event)
    work_off(store)
    goes_back_once(uow, sandbox, order, "paid_late")


def goes_back_once(uow: UnitOfWork, sandbox: Sandbox, order: Order, reason: str) -> None:
    """The order stays cancelled; the sandbox's own books say that the money went back, and the customer was told."""
    assert [entry["amount"] for entry in sandbox.ledger()["refunds"]] == [order.total_amount]
    with uow() as session:
        found = session.exec(select(Order.status, Order.payment_status).where(Order.id == order.id)).one()
        assert found == ("cancelled", "paid")
        refund = session.exec(select(Refund)).one()
        assert (refund.status, refund.reason, refund.amount) == ("processed", reason, order.total_amount)
        assert ledger.balance(session, ledger.RAZORPAY) == 0
        assert ledger.balance(session, ledger.ORDERS) == 0
        assert {message.template for message in session.exec(select(Message))} >= {"refund_sent"}


def nothing_happened(uow: UnitOfWork) -> None:
    with uow() as session:
        assert set(session.exec(select(Order.status, Order.payment_status))) == {("pending_payment", "unpaid")}
        for model in (Capture, Transfer, Message):
            assert session.exec(select(model)).all() == []


def test_ac43_a_valid_return_of_order_a_changes_nothing_on_order_b(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    other = make_shopper(store)
    order_a, provider_a = place_and_start(shopper)
    order_b, provider_b = place_and_start(other)
    paid = sandbox.pay(provider_a)
    for claimed in (provider_a, provider_b):
        replayed = Return(claimed, paid["razorpay_payment_id"], paid["razorpay_signature"])
        with pytest.raises((PaymentMismatch, SignatureInvalid)):
            confirm_return(store.id, order_b.id, other.customer.id, replayed, other.actor)
    nothing_happened(uow)
    assert confirm_return(store.id, order_a.id, shopper.customer.id, back(paid), shopper.actor).id == order_a.id


@pytest.mark.parametrize("signature", ["", "0" * 64, "ü", "not hex"])
def test_ac43_a_forged_return_changes_nothing(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper, signature: str
) -> None:
    order, provider_order = place_and_start(shopper)
    paid = sandbox.pay(provider_order)
    with pytest.raises(SignatureInvalid):
        forged = Return(provider_order, paid["razorpay_payment_id"], signature)
        confirm_return(store.id, order.id, shopper.customer.id, forged, shopper.actor)
    nothing_happened(uow)


def test_ac43_a_signed_return_of_a_failed_payment_pays_nothing(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    failed = sandbox.pay(provider_order, "failed")
    answer = confirm_return(store.id, order.id, shopper.customer.id, back(failed), shopper.actor)
    assert (answer.status, answer.payment_status) == ("pending_payment", "unpaid")
    nothing_happened(uow)


def test_ac43_an_amount_that_is_not_this_orders_is_refused(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    from dataclasses import replace

    from app.checkout.confirming import confirm
    from app.providers import registry

    _, provider_order = place_and_start(shopper)
    paid = sandbox.pay(provider_order)
    with unit_of_work(store.id) as session:
        client = registry.razorpay(stores.provider_account(session, "razorpay").secrets)
    facts = client.fetch_payment(paid["razorpay_payment_id"])
    for wrong in (replace(facts, amount=facts.amount - 1), replace(facts, amount=100), replace(facts, currency="USD")):
        with pytest.raises(PaymentMismatch), unit_of_work(store.id) as session:
            confirm(session, wrong, actor=provider("razorpay"), cause="test", now=machine_now())
    nothing_happened(uow)


def test_a_provider_that_cannot_be_asked_leaves_the_order_waiting_for_the_webhook(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    order, provider_order = place_and_start(shopper)
    paid = sandbox.pay(provider_order)
    sandbox.fault("payments.fetch", "bad_gateway_html")
    answer = confirm_return(store.id, order.id, shopper.customer.id, back(paid), shopper.actor)
    assert answer.status == "pending_payment"
    nothing_happened(uow)
    deliver(store, next(event for event in sandbox.events() if event["type"] == "payment.captured"))
    everything_once(uow, order)


def test_an_event_of_somebody_elses_order_is_given_up_with_its_reason(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> None:
    from app.providers import registry

    sandbox.webhooks("drop")
    with uow() as session:
        client = registry.razorpay(stores.provider_account(session, "razorpay").secrets)
    foreign = client.create_order("not-ours", 5000, "INR", {})
    sandbox.pay(foreign.id)
    deliver(store, sandbox.events()[0])
    with uow() as session:
        event = session.exec(select(ProviderEvent)).one()
        assert (event.work_status, event.attempts) == ("queued", 1)
        assert "no payment of ours" in (event.last_error or "")
        assert session.exec(select(Capture)).all() == []


def test_an_event_type_nobody_knows_is_kept_and_ignored(store: Store, uow: UnitOfWork) -> None:
    deliver(store, {"id": "evt_new", "type": "payment.teleported", "body": {}})
    with uow() as session:
        event = session.exec(select(ProviderEvent)).one()
        assert (event.work_status, event.outcome) == ("done", "ignored: an event type that Rozana does not know")
