"""A refund that failed, perhaps long afterwards: the books follow the provider, and the money goes back once, another way."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.checkout import conceding, redirecting, refunding
from app.checkout.errors import RefundMoveNotAllowed
from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.insight.checks.frame import find_all
from app.insight.checks.registry import CHECKS
from app.invoices.models import Document
from app.ledger import service as ledger
from app.ledger.models import Transfer
from app.orders.models import Order
from app.payments import catching_up
from app.payments.models import Capture
from app.payments.refund_models import Refund
from app.providers.razorpay_facts import RefundFacts, read_refund
from app.stores.models import Store
from app.tasks import payments
from tests.fulfilment import again, buy, deliver, given_back, refunds
from tests.moving import staff
from tests.racing import race
from tests.sandbox_control import Sandbox
from tests.shopping import make_shopper, work_off
from tests.unchanged import unchanged
from tests.wallets.money import balance, wallets_add_up

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def order(store: Store, uow: UnitOfWork, sandbox: Sandbox) -> Order:
    """Delivered; 2,000 paise of it were given up and sent back."""
    order = buy(make_shopper(store, 2), sandbox)
    deliver(order)
    with uow() as session:
        conceding.concede(session, order.id, 2_000, "source", "late", actor=SYSTEM, now=machine_now())
    work_off(store)
    assert given_back(sandbox) == [2_000]
    return order


def sent_back(store: Store, sandbox: Sandbox) -> RefundFacts:
    """The customer's bank sends the money back, after the refund was processed; nobody tells us yet."""
    (refund,) = refunds(store)
    made = sandbox.decide_refund(str(refund.provider_refund_id), "failed", late=True, send_webhooks=False)
    return read_refund(made)


def findings(uow: UnitOfWork) -> set[str]:
    with uow() as session:
        return {one.check for one in find_all(session, CHECKS, machine_now(), "INR")}


def books(uow: UnitOfWork) -> tuple[int, int, list[str]]:
    """What is at the provider, what of the capture is given back, and the kinds of transfers for refunds."""
    with uow() as session:
        kinds = session.exec(select(Transfer.kind).where(Transfer.cause_type == "refunds").order_by(Transfer.id))  # type: ignore[arg-type]
        return (
            ledger.balance(session, ledger.RAZORPAY),
            session.exec(select(Capture.refunded_amount)).one(),
            list(kinds),
        )


def keyed(store: Store) -> dict[str, str]:
    """Somebody of finance, with a fresh key."""
    return {**staff(store, "finance"), "Idempotency-Key": str(machine_now())}


def redirect(client: TestClient, store: Store, refund_id: UUID, status: int = 200, **body: Any) -> dict[str, Any]:
    headers = body.pop("headers", None) or keyed(store)
    answer = client.post(f"/api/v1/refunds/{refund_id}/redirect", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_refund_that_is_sent_back_later_is_in_the_books_and_goes_into_the_wallet(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, order: Order, client: TestClient
) -> None:
    facts = sent_back(store, sandbox)
    for news in (1, 0):
        with uow() as session:
            assert len(catching_up.news_of_refunds(session, [facts])) == news
            refunding.adopt(session, facts, SYSTEM, "told", machine_now())
    assert books(uow) == (order.total_amount, 0, ["refund", "refund_failed"])
    assert sum(given_back(sandbox)) == 0
    assert findings(uow) == {"refund_failed"}
    failed = refunds(store)[0]
    assert (failed.status, failed.failure_reason) == ("failed", "sent_back")
    headers = keyed(store)
    first = redirect(client, store, failed.id, destination="wallet", headers=headers)
    assert redirect(client, store, failed.id, destination="wallet", headers=headers) == first
    assert (first["status"], first["destination"], first["amount"]["amount"]) == ("processed", "wallet", 2_000)
    with unchanged(store):
        assert redirect(client, store, failed.id, 409, destination="wallet")["code"] == "refund_move_not_allowed"
    assert (balance(store, order.customer_id), findings(uow)) == (2_000, set())
    with uow() as session:
        assert len(session.exec(select(Document).where(Document.kind == "credit_note")).all()) == 1
    assert again(order).owed_amount == order.total_amount - 2_000


def test_the_provider_is_asked_before_a_refund_is_paid_by_hand(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, order: Order, client: TestClient
) -> None:
    (refund,) = refunds(store)
    by_hand: dict[str, Any] = {"destination": "by_hand", "reference": "UTR 1"}
    with unchanged(store):
        assert redirect(client, store, refund.id, 409, **by_hand)["present"] == "processed"
        sandbox.fault("refunds.fetch", "connection_reset", times=1)
        assert redirect(client, store, refund.id, 503, **by_hand)["code"] == "provider_not_asked"
        answer = client.post(f"/api/v1/refunds/{refund.id}/redirect", json=by_hand, headers=staff(store, "finance"))
        assert answer.status_code == 400, "without a key"
    sent_back(store, sandbox)  # and we have not heard of it
    paid = redirect(client, store, refund.id, **by_hand)
    assert (paid["status"], paid["destination"]) == ("processed", "by_hand")
    with uow() as session:
        assert ledger.balance(session, ledger.BANK) == -2_000
    with unchanged(store):
        redirect(client, store, UUID(paid["id"]), 409, destination="wallet")


def test_of_many_who_redirect_one_does(store: Store, uow: UnitOfWork, sandbox: Sandbox, order: Order) -> None:
    facts, (refund,) = sent_back(store, sandbox), refunds(store)

    def act(number: int) -> bool:
        try:
            with uow() as session:
                redirecting.note(session, facts, SYSTEM, machine_now())
            with uow() as session:
                to: Any = ("wallet", "by_hand")[number % 2]
                redirecting.redirect(session, refund.id, facts, to, "", actor=SYSTEM, now=machine_now())
        except RefundMoveNotAllowed:
            return False
        return True

    assert sum(race(8, act)) == 1
    assert [one.amount for one in refunds(store) if one.status != "failed"] == [2_000]


@pytest.mark.parametrize("arrived", [False, True])
def test_what_was_given_up_half_way_is_redirected_only_if_it_never_reached_the_provider(
    store: Store, uow: UnitOfWork, sandbox: Sandbox, order: Order, client: TestClient, arrived: bool
) -> None:
    sandbox.fault("refunds.create", "connection_reset", times=1, after_effect=arrived)
    with uow() as session:
        conceding.concede(session, order.id, 1_000, "source", "late", actor=SYSTEM, now=machine_now())
    payments.send(store.id, refunds(store)[1].id)
    with uow() as session:
        row = session.get_one(Refund, (store.id, refunds(store)[1].id))
        assert row.work_status == "unknown"
        row.work_status, row.settled_at, row.next_attempt_at = "dead", machine_now(), None
    redirect(client, store, refunds(store)[1].id, 409 if arrived else 200, destination="wallet")
    states = [one.status for one in refunds(store)]
    assert states == (["processed"] * 2 if arrived else ["processed", "failed", "processed"])
    assert balance(store, order.customer_id) + sum(given_back(sandbox)) == 3_000
    wallets_add_up(store)
    if not arrived:  # the request that was lost for so long is answered in the end: no refusal, and in the books
        with uow() as session:
            paid = session.exec(select(Capture.provider_payment_id)).one()
            late = sandbox.refund_at_dashboard(paid, 1_000, receipt=refunds(store)[1].receipt, send_webhooks=False)
            refunding.adopt(session, read_refund(late), SYSTEM, "told", machine_now())
        assert [one.status for one in refunds(store)] == ["processed"] * 3
        assert books(uow)[:2] == (order.total_amount - sum(given_back(sandbox)), 4_000)
        assert findings(uow) == {"under_paid"}
