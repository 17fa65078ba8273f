"""Paying into a wallet: whoever tells us that it was paid, however often and in whatever order, it is credited once."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.checkout import refunding
from app.checkout.returning import top_up_return
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.ledger import service as ledger
from app.payments.errors import PaymentMismatch, SignatureInvalid
from app.payments.models import Payment, PaymentAttempt
from app.payments.refund_models import Refund
from app.providers import registry
from app.providers.razorpay_facts import read_refund
from app.stores import service as stores
from app.stores.models import Store
from app.wallets import topping_up
from app.wallets.errors import TooManyTopUps
from app.wallets.models import TopUp
from tests.checkout.test_confirming import back, deliver
from tests.sandbox_control import Sandbox
from tests.shopping import Shopper, make_shopper, place_and_start, place_by, rows
from tests.unchanged import unchanged
from tests.wallets.money import balance, fill, wallets_add_up

UnitOfWork = Callable[[], AbstractContextManager[Session]]
AMOUNT = 50000


@pytest.fixture
def shopper(store: Store, sandbox: Sandbox) -> Shopper:
    sandbox.webhooks("drop")  # these tests deliver by hand
    return make_shopper(store)


def start(client: TestClient, shopper: Shopper, amount: int = AMOUNT) -> tuple[str, str]:
    """The top-up, and the provider's order that pays it."""
    answer = client.post("/api/v1/wallet/top-ups", json={"amount": amount}, headers=shopper.headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["payment"]["callback_url"].endswith(f"/api/v1/top-up-returns/{answer.json()['top_up']['id']}")
    return answer.json()["top_up"]["id"], answer.json()["payment"]["provider_order_id"]


@pytest.mark.parametrize("order_of_arrival", list(itertools.permutations(range(3)))[::2], ids=str)
def test_ac05_return_and_webhooks_in_any_order_twice_and_at_once_credit_a_top_up_once(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper, order_of_arrival: tuple[int, ...]
) -> None:
    top_up_id, provider_order = start(client, shopper)
    paid = sandbox.pay(provider_order)
    with uow() as session:
        row = session.exec(select(TopUp)).one()
    events = [event for event in sandbox.events() if event["type"] in ("payment.captured", "order.paid")]

    def browser() -> None:
        top_up_return(store.id, row.id, shopper.customer.id, back(paid), shopper.actor)

    steps: list[Callable[[], None]] = [browser, *(partial(deliver, store, event) for event in events)]
    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(steps[step]) for step in order_of_arrival for _ in range(2)]:
            running.result(30)
    assert balance(store, shopper.customer.id) == AMOUNT
    assert client.get(f"/api/v1/wallet/top-ups/{top_up_id}", headers=shopper.headers).json()["status"] == "paid"
    with uow() as session:
        assert session.exec(select(Payment.status)).all() == ["captured"]
        assert ledger.balance(session, ledger.RAZORPAY) == AMOUNT
    wallets_add_up(store)


def test_a_second_capture_for_one_top_up_is_in_the_wallet_too(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    """Nobody owes it to anybody else, so it is the customer's to spend."""
    _, provider_order = start(client, shopper)
    paid = sandbox.pay(provider_order)
    with uow() as session:
        provider = registry.razorpay(stores.provider_account(session, "razorpay").secrets)
    facts = provider.fetch_payment(paid["razorpay_payment_id"])
    for told in (facts, replace(facts, id="pay_another"), facts):
        with uow() as session:
            topping_up.confirm(session, told, actor=SYSTEM, cause="test", now=machine_now())
    assert balance(store, shopper.customer.id) == 2 * AMOUNT
    wallets_add_up(store)
    with unchanged(store), pytest.raises(PaymentMismatch), uow() as session:
        topping_up.confirm(session, replace(facts, amount=1), actor=SYSTEM, cause="test", now=machine_now())


def test_a_top_up_refunded_in_the_dashboard_leaves_the_wallet(
    client: TestClient, store: Store, sandbox: Sandbox, shopper: Shopper
) -> None:
    _, provider_order = start(client, shopper)
    paid = sandbox.pay(provider_order)
    sandbox.refund_at_dashboard(paid["razorpay_payment_id"], 20000)
    for event in sorted(sandbox.events(), key=lambda event: event["type"].startswith("refund")):
        deliver(store, event)
    assert balance(store, shopper.customer.id) == AMOUNT - 20000
    wallets_add_up(store)
    refund_id = str(rows(store, Refund)[0].provider_refund_id)
    sandbox.decide_refund(refund_id, "failed", late=True)  # the bank sends it back
    for event in sandbox.events():
        deliver(store, event)
    assert balance(store, shopper.customer.id) == AMOUNT
    wallets_add_up(store)


def test_what_was_spent_of_a_top_up_refunded_in_the_dashboard_is_not_taken_from_later_money(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    _, provider_order = start(client, shopper, 12_000)
    paid = sandbox.pay(provider_order)
    for event in sandbox.events():
        deliver(store, event)
    with uow() as session:
        place_by(session, shopper, "wallet")
    facts = read_refund(sandbox.refund_at_dashboard(paid["razorpay_payment_id"]))
    for gift in (0, 2_000):
        fill(store, shopper.customer.id, gift)
        with uow() as session:
            refunding.adopt(session, facts, SYSTEM, "told", machine_now())
    assert balance(store, shopper.customer.id) == 2_000


def test_a_return_that_is_not_this_top_ups_changes_nothing(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    _, provider_order = start(client, shopper)
    _, order_of_goods = place_and_start(shopper)
    paid, of_goods = sandbox.pay(provider_order), sandbox.pay(order_of_goods)
    with uow() as session:
        row = session.exec(select(TopUp)).one()
    forged = paid | {"razorpay_signature": "0" * 64}
    with unchanged(store):
        for posted, refusal in ((forged, SignatureInvalid), (of_goods, PaymentMismatch)):
            with pytest.raises(refusal):
                top_up_return(store.id, row.id, None, back(posted), shopper.actor)
    with unchanged(store):
        page = client.post(f"/api/v1/top-up-returns/{row.id}", data=forged)
        assert page.headers["location"].endswith("/#/wallet?payment=failed")
    page = client.post(f"/api/v1/top-up-returns/{row.id}", data=paid)
    assert (page.status_code, page.headers["location"][-9:]) == (303, "/#/wallet")
    assert balance(store, shopper.customer.id) == AMOUNT


def test_a_provider_that_does_not_answer_leaves_one_top_up_that_a_repeat_takes_up(
    client: TestClient, store: Store, uow: UnitOfWork, sandbox: Sandbox, shopper: Shopper
) -> None:
    sandbox.fault("orders.create", "bad_gateway_html")
    headers = shopper.headers
    answer = client.post("/api/v1/wallet/top-ups", json={"amount": AMOUNT}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_not_started")
    with unit_of_work(store.id) as session:
        attempt = session.exec(select(PaymentAttempt)).one()
        attempt.next_attempt_at = attempt.created_at
        session.add(attempt)
    assert client.post("/api/v1/wallet/top-ups", json={"amount": AMOUNT}, headers=headers).status_code == 201
    with uow() as session:
        assert len(session.exec(select(TopUp)).all()) == 1


@pytest.mark.parametrize("amount", [99_99, 10_000_01, 0, -100_00, "500"])
def test_an_amount_out_of_bounds_is_refused(client: TestClient, store: Store, shopper: Shopper, amount: object) -> None:
    with unchanged(store):
        answer = client.post("/api/v1/wallet/top-ups", json={"amount": amount}, headers=shopper.headers)
    assert answer.status_code == 422, answer.text


def test_nobody_begins_top_ups_without_end(store: Store, uow: UnitOfWork, shopper: Shopper) -> None:
    with uow() as session:
        for number in range(topping_up.MAX_UNPAID_A_DAY):
            topping_up.start(session, shopper.customer.id, AMOUNT + number, actor=shopper.actor, now=machine_now())
    with unchanged(store), pytest.raises(TooManyTopUps), uow() as session:
        topping_up.start(session, shopper.customer.id, AMOUNT - 1, actor=shopper.actor, now=machine_now())
