"""What people ask about orders and money, answered by `explain`; and the timeline that spares them the question."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.checkout import expiring
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.orders import queries as orders
from app.orders.models import Order
from app.payments import refunding
from app.stores.models import Store
from tests.insight.busy import Busy, make_busy, paid, placed, refunds
from tests.moving import staff


@pytest.fixture(scope="module")
def busy(make_store: Callable[[], Store]) -> Busy:
    return make_busy(make_store())


def ask(busy: Busy, order_id: UUID, what: str) -> dict[str, Any]:
    from app.main import app

    client = TestClient(app, base_url=f"http://{busy.store.host}")
    answer = client.get(f"/api/v1/orders/{order_id}/{what}", headers=staff(busy.store, "support"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(busy: Busy, order_id: UUID) -> str:
    """Everything the answer says, a line for each fact."""
    answer = ask(busy, order_id, "explain")
    facts = [f"{fact['who']}: {fact['what']} because {fact['why']} {fact['changes']}" for fact in answer["facts"]]
    return "\n".join([answer["summary"], *facts])


def expired(busy: Busy) -> UUID:
    order, attempt = placed(busy.store)
    with unit_of_work(busy.store.id) as session:
        row = session.get_one(Order, (busy.store.id, order.id))
        attempt.provider_order_id = None
        row.expires_at = machine_now()
        session.add(row)
        session.flush()
        look = expiring.claim(session, order.id, machine_now())
        if look is not None:
            expiring.settle(session, look, [], machine_now())
    return order.id


def failed(busy: Busy) -> UUID:
    order_id = paid(busy.store, times=2)
    with unit_of_work(busy.store.id) as session:
        (refund,) = refunds(session, order_id)
        refunding.fail(session, refund, "account_closed", machine_now())
    return order_id


def low(busy: Busy) -> UUID:
    order_id = paid(busy.store, times=2)
    with unit_of_work(busy.store.id) as session:
        (refund,) = refunds(session, order_id)
        refund.failure_reason = "insufficient_balance"
        session.add(refund)
    return order_id


QUESTIONS: dict[str, tuple[str | Callable[[Busy], UUID], list[str]]] = {
    "why was I charged twice, and where is my money": (
        "twice",
        ["by upi (pay_", " and ₹", "On its way back: ₹220.00 to where it came from (paid twice)", "payment.captured_again"],
    ),
    "why is the refund less than what I paid": (
        "returned",
        ["No longer owed: ₹60.00 spoilt; ₹160.00 is left", "Given back: ₹60.00 to where it came from (no longer owed, rfnd_"],
    ),
    "who accepted my complaint, and why": (
        "returned",
        ["system: return of 1 × ", "(spoilt) accepted because accepted by the shop"],
    ),
    "which papers are there for it": ("returned", ["tax invoice ", " issued", "credit note ", "of ₹60.00 issued"]),
    "who cancelled my order, and was I paid back": (
        "cancelled",
        ["is cancelled (by customer)", "Given back: ₹220.00 to where it came from", "order.cancelled"],
    ),
    "why did I get only one of three": (
        "split",
        ["packer: shipment 1 (1 × ", ") packed", "because the jar broke", "₹60.00 line cancelled", "On its way back: ₹60.00"],
    ),
    "whom did I give my cash, and where is it": (
        "held",
        [
            "by cash (cash_",
            "receipt for ₹220.00 in cash because the rider holds it",
            "packer: payment.captured because cash taken by",
        ],
    ),
    "did the shop get the cash I gave the rider": ("cash", ["receipt for ₹220.00 in cash because the rider has handed it in"]),
    "how did I pay": ("wallet", ["paid: ₹220.00 by wallet (wallet_"]),
    "I never cancelled it": (expired, ["is cancelled (not paid in time), unpaid", "order.cancelled because not paid in time"]),
    "why has my refund not come": (failed, ["Could not be given back: ₹220.00", "account closed", "failed"]),
    "when does my refund come": (low, ["it waits until the shop tops up its balance at the provider"]),
    "my bank says that you dispute it": ("returned", ["A dispute over ₹50.00 is open", "dispute disp_1 over ₹50.00 opened"]),
}


GIVEN_BACK = ("return_reported", "return_accepted", "refund_started", "refund_arrived")


@pytest.mark.parametrize("question", QUESTIONS)
def test_ac40_what_people_ask_about_their_money_is_answered(busy: Busy, question: str) -> None:
    which, expected = QUESTIONS[question]
    answer = told(busy, getattr(busy, which) if isinstance(which, str) else which(busy))
    assert [part for part in expected if part not in answer] == [], answer


@pytest.mark.parametrize(
    ("which", "kinds"),
    [
        ("waiting", ["placed"]),
        ("confirmed", ["placed", "paid"]),
        ("split", ["placed", "paid", "packed", "refund_started"]),
        (
            "returned",
            ["placed", "paid", "packed", "on_its_way", "delivered", *GIVEN_BACK],
        ),
        ("cancelled", ["placed", "paid", "cancelled", "refund_started", "refund_arrived"]),
        ("twice", ["placed", "paid", "paid", "refund_started"]),
        ("cash", ["placed", "packed", "on_its_way", "delivered", "paid"]),
    ],
)
def test_a_timeline_has_what_matters_in_the_order_in_which_it_happened(busy: Busy, which: str, kinds: list[str]) -> None:
    items = ask(busy, getattr(busy, which), "timeline")["items"]
    assert [item["kind"] for item in items] == kinds, items
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    assert not [item["text"] for item in items if "_" in item["text"]], "no word of ours, none of the provider's"


def test_a_timeline_speaks_to_its_customer_and_to_nobody_else(busy: Busy, client: TestClient, store: Store) -> None:
    texts = [item["text"] for item in ask(busy, busy.returned, "timeline")["items"]]
    assert texts[1] == "Paid ₹220.00"
    assert texts[3:5] == ["Your order is on its way with Own van", "Your order was delivered"]
    assert texts[-2:] == ["Refund of ₹60.00 started", "₹60.00 sent back to where you paid from"]
    assert client.get(f"/api/v1/orders/{busy.returned}/timeline", headers=staff(store)).status_code == 404
    with unit_of_work(busy.store.id) as session:
        assert orders.get(session, busy.returned, None).owed_amount == 16000
