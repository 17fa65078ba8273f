"""Cash from the door to the till: exactly what is owed, once, and every rupee of it with somebody."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from app.accounts import service as accounts
from app.checkout import paying
from app.checkout.errors import NothingOwed
from app.checkout.paying import CashTerms
from app.core.actor import SYSTEM, Actor
from app.core.clock import machine_now
from app.core.ids import new_id
from app.core.security import sign_jwt
from app.ledger import service as ledger
from app.notifications.models import Message
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import cash, cash_queries
from app.payments.errors import NothingToHandIn
from app.payments.models import Capture, Payment, PaymentAttempt
from app.payments.receipt_models import CashHandover, Receipt
from app.stock.models import Reservation
from app.stores import service as stores
from app.stores.models import Store
from tests.builders import make_order
from tests.racing import race
from tests.shopping import Shopper, make_shopper, next_cart, place, place_by
from tests.unchanged import unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]
Headers = Callable[[UUID, str], dict[str, str]]
COD, TOTAL = "cash_on_delivery", 12000


@pytest.fixture
def shopper(store: Store) -> Shopper:
    return make_shopper(store, stock_quantity=100)


@pytest.fixture
def people(uow: UnitOfWork) -> dict[str, UUID]:
    with uow() as session:
        names = {"rider": "packer", "other rider": "packer", "till": "finance", "boss": "manager"}
        return {
            name: accounts.add_staff(
                session, f"{name.replace(' ', '-')}@example.in", "a long password", role, SYSTEM, name=name
            ).id
            for name, role in names.items()
        }


@pytest.fixture
def as_staff(store: Store) -> Headers:
    def headers(person: UUID, role: str) -> dict[str, str]:
        claims = {"sub": str(person), "kind": "staff", "role": role, "store": str(store.id), "sid": str(new_id())}
        return {"Authorization": f"Bearer {sign_jwt(claims, seconds=600)}", "Idempotency-Key": str(new_id())}

    return headers


def order_by_cash(uow: UnitOfWork, shopper: Shopper) -> Order:
    with uow() as session:
        return place_by(session, shopper, COD)[0]


def collect(uow: UnitOfWork, order: Order, rider_id: UUID, amount: int = TOTAL) -> Receipt:
    with uow() as session:
        locked, actor = orders.get_locked(session, order.id), Actor("staff", rider_id, "packer")
        return paying.record_cash(session, locked, rider_id, amount, actor=actor, now=machine_now())


def set_terms(uow: UnitOfWork, terms: dict[str, Any]) -> None:
    with uow() as session:
        store = stores.get(session)
        store.settings = {**store.settings, "payments": {COD: terms}}
        session.add(store)


def checkout(client: TestClient, shopper: Shopper) -> Response:
    return client.post("/api/v1/checkouts", json=shopper.checkout | {"payment_method": COD}, headers=shopper.headers)


def test_an_order_to_be_paid_at_the_door_is_accepted_at_once_and_says_so(
    client: TestClient, store: Store, uow: UnitOfWork, shopper: Shopper
) -> None:
    answer = checkout(client, shopper)
    assert answer.status_code == 201, answer.text
    assert answer.json()["payment"] is None
    assert (answer.json()["order"]["status"], answer.json()["order"]["payment_status"]) == ("confirmed", "unpaid")
    with uow() as session:
        assert session.exec(select(Payment)).all() == []
        assert session.exec(select(PaymentAttempt)).all() == []
        assert session.exec(select(Reservation.status, Reservation.expires_at)).all() == [("held", None)]
        assert sorted(session.exec(select(Message.template, Message.channel))) == [
            ("order_confirmation", "email"),
            ("order_confirmation", "sms"),
        ]
        assert {message.context["to_be_paid"] for message in session.exec(select(Message))} == {"at_the_door"}


@pytest.mark.parametrize(
    ("terms", "maximum"), [({"is_offered": False}, 0), ({"max_amount": TOTAL - 1}, TOTAL - 1), ({"max_amount": 0}, 0)]
)
def test_a_shop_may_take_no_cash_or_only_so_much(
    client: TestClient, store: Store, uow: UnitOfWork, shopper: Shopper, terms: dict[str, Any], maximum: int
) -> None:
    set_terms(uow, terms)
    with unchanged(store):
        answer = checkout(client, shopper)
    assert (answer.status_code, answer.json()["code"]) == (409, "cash_not_offered")
    assert (answer.json()["maximum_amount"], answer.json()["total_amount"]) == (maximum, TOTAL)
    cart = client.get(f"/api/v1/carts/{shopper.cart_id}", headers=shopper.headers).json()
    assert cart["payment_methods"][2] == {
        "method": COD,
        "is_offered": False,
        "reason": "cash_not_offered",
        "maximum_amount": maximum,
    }
    set_terms(uow, {"max_amount": TOTAL})
    assert checkout(client, shopper).status_code == 201


def test_what_waits_at_the_door_counts_together_until_it_is_paid(
    client: TestClient, store: Store, uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID]
) -> None:
    set_terms(uow, {"max_amount": 2 * TOTAL - 1})
    first = order_by_cash(uow, shopper)
    again = next_cart(shopper)
    with unchanged(store):
        answer = checkout(client, again)
    assert (answer.status_code, answer.json()["maximum_amount"]) == (409, TOTAL - 1)
    with uow() as session:
        paying.record_cash(
            session, orders.get_locked(session, first.id), people["rider"], TOTAL, actor=SYSTEM, now=machine_now()
        )
    assert checkout(client, again).status_code == 201


@pytest.mark.parametrize("given", ["yes", {"is_offered": "yes"}, {"max_amount": -1}, {"max_amount": True}, {"limit": 5}])
def test_terms_that_could_not_be_kept_are_not_guessed_at(given: object) -> None:
    with pytest.raises(ValueError, match="cash_on_delivery"):
        CashTerms.of({"payments": {COD: given}})


def test_cash_is_taken_once_and_for_exactly_what_is_owed(
    client: TestClient, store: Store, uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID], as_staff: Headers
) -> None:
    order, rider = order_by_cash(uow, shopper), people["rider"]
    with uow() as session:
        row = orders.get_locked(session, order.id)
        row.reduced_amount = 1500  # something of it is no longer owed
        session.add(row)

    def take(amount: int, headers: dict[str, str]) -> Response:
        return client.post("/api/v1/cash/receipts", json={"order_id": str(order.id), "amount": amount}, headers=headers)

    with unchanged(store):
        wrong = take(TOTAL, as_staff(rider, "packer"))
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["owed_amount"]) == (409, "amount_not_owed", TOTAL - 1500)
        assert take(TOTAL - 1500, shopper.headers).status_code == 403
    headers = as_staff(rider, "packer")
    taken = take(TOTAL - 1500, headers)
    assert taken.status_code == 201, taken.text
    assert (taken.json()["rider_id"], taken.json()["amount"]["amount"]) == (str(rider), TOTAL - 1500)
    with unchanged(store):
        assert take(TOTAL - 1500, headers).json() == taken.json()
        again = take(TOTAL - 1500, as_staff(rider, "packer"))
        assert (again.status_code, again.json()["code"], again.json()["payment_status"]) == (409, "nothing_owed", "paid")
    with uow() as session:
        assert session.exec(select(Order.payment_status)).all() == ["paid"]
        assert session.exec(select(Payment.provider, Payment.status)).all() == [("cash", "captured")]
        assert session.exec(select(Capture.source, Capture.amount)).all() == [("cash", TOTAL - 1500)]
        assert ledger.balance(session, ledger.CASH_WITH_RIDERS) == -ledger.balance(session, ledger.ORDERS) == TOTAL - 1500


def test_two_riders_at_once_take_the_money_of_one_order_once(
    uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID]
) -> None:
    order, riders = order_by_cash(uow, shopper), [people["rider"], people["other rider"]]

    def take(number: int) -> str:
        try:
            collect(uow, order, riders[number % 2])
        except NothingOwed:
            return "paid before"
        return "taken"

    assert sorted(race(4, take)) == ["paid before"] * 3 + ["taken"]
    with uow() as session:
        assert ledger.balance(session, ledger.CASH_WITH_RIDERS) == TOTAL


def test_what_is_not_to_be_paid_at_the_door_is_not_taken_there(
    store: Store, uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID]
) -> None:
    with uow() as session:
        online, _ = place(session, shopper)
    with unchanged(store), pytest.raises(NothingOwed):
        collect(uow, online, people["rider"])


@pytest.mark.parametrize(("counted", "difference"), [(24000, 0), (23900, -100), (24050, 50), (0, -24000)])
def test_a_rider_hands_in_everything_to_somebody_else_and_a_difference_is_on_record(
    client: TestClient,
    store: Store,
    uow: UnitOfWork,
    shopper: Shopper,
    people: dict[str, UUID],
    as_staff: Headers,
    counted: int,
    difference: int,
) -> None:
    rider, till = people["rider"], as_staff(people["till"], "finance")
    receipts = [collect(uow, order_by_cash(uow, shopper), rider)]
    receipts += [collect(uow, order_by_cash(uow, next_cart(shopper)), rider)]
    collect(uow, order_by_cash(uow, next_cart(shopper)), people["other rider"])
    held = client.get("/api/v1/cash/riders", headers=till).json()["items"]
    assert [(one["name"], one["held"]["amount"], one["receipts"]) for one in held] == [
        ("rider", 2 * TOTAL, 2),
        ("other rider", TOTAL, 1),
    ]
    body = {"rider_id": str(rider), "counted_amount": counted}
    with unchanged(store):
        own = client.post("/api/v1/cash/handovers", json=body, headers=as_staff(rider, "manager"))
        assert (own.status_code, own.json()["code"]) == (409, "own_cash")
    done = client.post("/api/v1/cash/handovers", json=body, headers=till)
    assert done.status_code == 201, done.text
    assert [done.json()[name]["amount"] for name in ("expected", "counted", "difference")] == [2 * TOTAL, counted, difference]
    with unchanged(store):
        again = client.post("/api/v1/cash/handovers", json=body, headers=as_staff(people["till"], "finance"))
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_hand_in")
    assert client.get("/api/v1/cash/handovers", headers=till).json()["items"] == [done.json()]
    with uow() as session:
        assert ledger.balance(session, ledger.CASH) == counted
        assert ledger.balance(session, ledger.CASH_WITH_RIDERS) == TOTAL
        assert ledger.balance(session, ledger.CASH_DIFFERENCES) == -difference
        handed_in = session.exec(select(Receipt.id).where(Receipt.handover_id == UUID(done.json()["id"]))).all()
        assert set(handed_in) == {receipt.id for receipt in receipts}


def test_two_who_count_at_once_receive_it_once(uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID]) -> None:
    collect(uow, order_by_cash(uow, shopper), people["rider"])
    counters = [people["till"], people["boss"]]

    def receive(number: int) -> str:
        try:
            with uow() as session:
                cash.hand_over(session, people["rider"], TOTAL, counters[number % 2], actor=SYSTEM, now=machine_now())
        except NothingToHandIn:
            return "received before"
        return "received"

    assert sorted(race(4, receive)) == ["received"] + ["received before"] * 3
    with uow() as session:
        assert len(session.exec(select(CashHandover)).all()) == 1
        assert (ledger.balance(session, ledger.CASH), ledger.balance(session, ledger.CASH_WITH_RIDERS)) == (TOTAL, 0)


def test_a_subscriptions_delivery_is_paid_at_the_door_in_the_same_way(
    uow: UnitOfWork, shopper: Shopper, people: dict[str, UUID]
) -> None:
    with uow() as session:
        order = make_order(
            session, shopper.customer.id, payment_method="cash_on_delivery", status="confirmed", confirmed_at=machine_now()
        )
    collect(uow, order, people["rider"], order.total_amount)
    with uow() as session:
        assert session.exec(select(Order.payment_status)).all() == ["paid"]
        assert [(one.rider_id, one.amount) for one in cash_queries.held(session)] == [(people["rider"], order.total_amount)]
