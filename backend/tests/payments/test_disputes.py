"""Disputes: told in any order and any number of times, they end in one state, and the money is where that says."""

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.checkout import cancelling
from app.checkout.cancelling import Why
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.inbox import service as inbox
from app.inbox.models import ProviderEvent
from app.ledger import service as ledger
from app.orders.models import Order
from app.payments.dispute_models import Dispute
from app.payments.dispute_rules import DECIDED, OPEN, may_become, outcome_of
from app.payments.refund_models import Refund
from app.payments.settlement_rules import SETTLEMENT_STATUSES as OUR_SETTLEMENT_STATUSES
from app.payments.watch_models import ProviderWatch
from app.providers.razorpay_report_facts import DISPUTE_STATUSES, SETTLEMENT_STATUSES
from app.stores import service as stores
from app.stores.models import Store
from app.tasks.inbox import apply_event
from tests.moving import staff
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, place_and_start
from tests.unchanged import NO_STATE, unchanged

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def payment_id(store: Store, sandbox: Sandbox) -> str:
    """A paid order's payment, in the books."""
    sandbox.webhooks("drop")
    paid = sandbox.pay(place_and_start(make_shopper(store))[1])
    deliver(store, sandbox, "payment.captured")
    return paid["razorpay_payment_id"]


def deliver(store: Store, sandbox: Sandbox, kind: str, copy: str = "") -> str:
    """The newest event of that kind, as its webhook would have brought it; what applying it did."""
    event: dict[str, Any] = next(event for event in reversed(sandbox.events()) if event["type"] == kind)
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, "razorpay")
        event_id = event["id"] + copy
        inbox.receive(session, account, event_id, kind, {}, orjson.dumps(event["body"]))
        row = session.exec(select(ProviderEvent).where(ProviderEvent.event_id == event_id)).one()
    return apply_event(store.id, row.id)


def money(store: Store) -> tuple[int, int, int]:
    """With the provider, held for disputes, lost."""
    codes = (ledger.RAZORPAY, ledger.DISPUTES_HELD, ledger.DISPUTES_LOST)
    with unit_of_work(store.id) as session:
        with_provider, held, lost = (ledger.balance(session, code) for code in codes)
    return with_provider, held, lost


def dispute_of(store: Store) -> Dispute:
    with unit_of_work(store.id) as session:
        return session.exec(select(Dispute)).one()


@pytest.mark.parametrize(("verdict", "lost"), [("won", 0), ("lost", 5000), ("closed", 0)])
def test_what_is_deducted_at_once_is_held_until_it_is_decided(
    store: Store, sandbox: Sandbox, payment_id: str, verdict: str, lost: int
) -> None:
    paid = money(store)[0]
    dispute = sandbox.dispute(payment_id, amount=5000, deduct=True)
    assert deliver(store, sandbox, "payment.dispute.created").startswith("opened")
    assert money(store) == (paid - 5000, 5000, 0)
    held = dispute_of(store)
    assert (held.status, held.deducted_amount, held.is_open) == ("open", 5000, True)
    assert held.respond_by is not None
    sandbox.decide_dispute(dispute["id"], verdict)
    for copy in ("", "again"):
        deliver(store, sandbox, f"payment.dispute.{verdict}", copy)
    assert money(store) == (paid - lost, 0, lost)
    decided = dispute_of(store)
    assert (decided.status, decided.decided_at is None) == (verdict, False)


def test_one_that_is_not_deducted_costs_nothing_until_it_is_lost(store: Store, sandbox: Sandbox, payment_id: str) -> None:
    paid = money(store)[0]
    dispute = sandbox.dispute(payment_id, amount=5000)
    deliver(store, sandbox, "payment.dispute.created")
    sandbox.decide_dispute(dispute["id"], "under_review")
    deliver(store, sandbox, "payment.dispute.under_review")
    assert (dispute_of(store).status, money(store)) == ("under_review", (paid, 0, 0))
    sandbox.decide_dispute(dispute["id"], "lost")
    deliver(store, sandbox, "payment.dispute.lost")
    assert money(store) == (paid - 5000, 0, 5000)


def test_what_a_bank_gave_back_is_not_given_back_once_more(store: Store, sandbox: Sandbox, payment_id: str) -> None:
    with unit_of_work(store.id) as session:
        order = session.exec(select(Order)).one()
    dispute = sandbox.dispute(payment_id, amount=5000, deduct=True)
    deliver(store, sandbox, "payment.dispute.created")
    sandbox.decide_dispute(dispute["id"], "lost")
    deliver(store, sandbox, "payment.dispute.lost")
    with unit_of_work(store.id) as session:
        cancelling.cancel(session, order.id, None, Why("staff"), actor=SYSTEM, now=machine_now())
        assert [refund.amount for refund in session.exec(select(Refund))] == [order.total_amount - 5000]


def test_the_events_may_come_in_any_order(store: Store, sandbox: Sandbox, payment_id: str) -> None:
    paid = money(store)[0]
    dispute = sandbox.dispute(payment_id, amount=5000, deduct=True)
    sandbox.decide_dispute(dispute["id"], "won")
    deliver(store, sandbox, "payment.dispute.won")
    with unchanged(store, besides=NO_STATE | {"provider_events"}):
        deliver(store, sandbox, "payment.dispute.created")  # fetched, it says what is so now
    assert (dispute_of(store).status, money(store)) == ("won", (paid, 0, 0))


def test_a_dispute_of_a_payment_that_is_not_in_the_books_waits(store: Store, sandbox: Sandbox) -> None:
    sandbox.webhooks("drop")
    paid = sandbox.pay(place_and_start(make_shopper(store))[1])
    sandbox.dispute(paid["razorpay_payment_id"])
    with unchanged(store, besides=NO_STATE | {"provider_events"}):
        assert deliver(store, sandbox, "payment.dispute.created").startswith("waits")
    with unit_of_work(store.id) as session:
        assert session.exec(select(ProviderEvent)).one().work_status == "queued"


def test_a_settlements_event_has_the_report_read(store: Store, sandbox: Sandbox, payment_id: str) -> None:
    sandbox.settle()
    assert "report" in deliver(store, sandbox, "settlement.processed")
    with unit_of_work(store.id) as session:
        assert session.exec(select(ProviderWatch)).one().report_wanted_at is not None


def test_staff_see_what_is_disputed_and_until_when(store: Store, sandbox: Sandbox, payment_id: str, client: TestClient) -> None:
    made = [sandbox.dispute(payment_id, amount=amount, deduct=True)["id"] for amount in (1000, 2000)]
    deliver_all(store, sandbox)
    sandbox.decide_dispute(made[0], "lost")
    deliver(store, sandbox, "payment.dispute.lost")

    def page(**query: str | int) -> dict[str, Any]:
        answer = client.get("/api/v1/disputes", params=query, headers=staff(store, "finance"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    [undecided] = page()["items"]
    assert (undecided["provider_dispute_id"], undecided["deducted"]) == (made[1], {"amount": 2000, "currency": "INR"})
    assert undecided["respond_by"] > undecided["opened_at"]
    with unit_of_work(store.id) as session:
        assert undecided["order_id"] == str(session.exec(select(Order.id)).one())
    [decided] = page(state="decided", limit=1)["items"]
    assert (decided["status"], page(state="decided", after=decided["id"])["items"]) == ("lost", [])
    assert client.get("/api/v1/disputes", headers=staff(store, "packer")).status_code == 403


def deliver_all(store: Store, sandbox: Sandbox) -> None:
    """Every event, once."""
    with unit_of_work(store.id) as session:
        account = stores.provider_account(session, "razorpay")
        for event in sandbox.events():
            inbox.receive(session, account, event["id"], event["type"], {}, orjson.dumps(event["body"]))
        waiting = session.exec(select(ProviderEvent.id).where(ProviderEvent.work_status == "queued")).all()
    for event_id in waiting:
        apply_event(store.id, event_id)


def test_what_is_decided_stays_decided() -> None:
    assert set(OPEN + DECIDED) == DISPUTE_STATUSES
    assert set(OUR_SETTLEMENT_STATUSES) == SETTLEMENT_STATUSES
    for present, told in itertools.product(OPEN + DECIDED, repeat=2):
        assert may_become(present, told) == (present in OPEN and present != told)
    assert [outcome_of(status, 1) for status in (*OPEN, *DECIDED)] == [None, None, None, "back", "lost", "lost"]
    assert outcome_of("closed", 0) == "back"
