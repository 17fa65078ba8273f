"""Refunds through the merchant's API, and what the bank and the dashboard do to them."""

from typing import Any

import pytest
import requests
from razorpay.errors import BadRequestError, ServerError

from tests.sandbox.polling import eventually
from tests.sandbox.world import World

KEY = "refund-key_0001"
DAY = 24 * 60 * 60


@pytest.fixture
def payment_id(world: World) -> str:
    """Captured, of ₹500."""
    return world.pay(world.order()["id"])["razorpay_payment_id"]


def refund(world: World, payment_id: str, key: str | None = None, **facts: Any) -> dict[str, Any]:
    headers = {"X-Refund-Idempotency": key} if key else {}
    made: dict[str, Any] = world.razorpay.payment.refund(payment_id, facts, headers=headers)
    return made


def behave(world: World, **settings: Any) -> dict[str, Any]:
    answer: dict[str, Any] = world.put("/control/razorpay/refunds", {"account": world.key_id, **settings})
    return answer


def later(world: World, seconds: int) -> None:
    now = world.get("/control/clock", account=world.key_id)["now"]
    world.put("/control/clock", {"account": world.key_id, "now": now + seconds})


def payment_state(world: World, payment_id: str) -> tuple[Any, ...]:
    payment = world.razorpay.payment.fetch(payment_id)
    return payment["status"], payment["captured"], payment["amount_refunded"], payment["refund_status"]


def notes_of(world: World, *families: str) -> list[dict[str, Any]]:
    return [event["body"] for event in world.events() if event["type"].startswith(families)]


def test_a_part_then_the_rest(world: World, payment_id: str) -> None:
    part = refund(world, payment_id, amount=20000, notes={"why": "one litre short"}, receipt="rf_1")
    assert part == {
        "id": part["id"], "entity": "refund", "amount": 20000, "currency": "INR", "payment_id": payment_id,
        "notes": {"why": "one litre short"}, "receipt": "rf_1", "acquirer_data": {"arn": None},
        "created_at": part["created_at"], "batch_id": None, "status": "processed", "speed_requested": "normal",
        "speed_processed": "normal",
    }  # fmt: skip
    assert payment_state(world, payment_id) == ("captured", True, 20000, "partial")
    rest = refund(world, payment_id, amount=30000)
    assert rest["notes"] == []
    assert payment_state(world, payment_id) == ("refunded", True, 50000, "full")
    assert world.razorpay.payment.fetch_multiple_refund(payment_id)["items"] == [rest, part]
    assert world.razorpay.refund.all()["items"] == [rest, part]
    assert world.razorpay.refund.fetch(part["id"]) == world.razorpay.payment.fetch_refund_id(payment_id, part["id"]) == part
    assert [(entry["refund_id"], entry["amount"]) for entry in world.ledger()["refunds"]] == [
        (part["id"], 20000), (rest["id"], 30000),
    ]  # fmt: skip
    order_id = world.razorpay.payment.fetch(payment_id)["order_id"]
    assert world.razorpay.order.fetch(order_id)["status"] == "paid"


def test_without_an_amount_the_whole_payment(world: World, payment_id: str) -> None:
    assert refund(world, payment_id)["amount"] == 50000
    created, processed = notes_of(world, "refund.")
    assert (created["event"], processed["event"]) == ("refund.created", "refund.processed")
    assert created["contains"] == ["refund", "payment"]
    assert created["payload"]["refund"]["entity"]["status"] == "processed"  # as in Razorpay's own samples
    assert processed["payload"]["payment"]["entity"]["amount_refunded"] == 50000


def test_the_same_key_and_body_give_the_first_refund_again(world: World, payment_id: str) -> None:
    first = refund(world, payment_id, KEY, amount=20000)
    assert refund(world, payment_id, KEY, amount=20000) == first
    with pytest.raises(BadRequestError, match="Different request with the same idempotency key has already been processed"):
        refund(world, payment_id, KEY, amount=20001)
    other = world.pay(world.order()["id"])["razorpay_payment_id"]
    with pytest.raises(BadRequestError, match="Different request with the same idempotency key"):
        refund(world, other, KEY, amount=20000)
    assert len(world.ledger()["refunds"]) == 1
    refund(world, payment_id, KEY + "-2", amount=20000)
    assert len(world.ledger()["refunds"]) == 2


def test_without_the_key_nothing_is_deduplicated(world: World, payment_id: str) -> None:
    for _ in range(2):
        refund(world, payment_id, amount=100, receipt="rf_1")
        headers = {"X-Refund-Idempotency": KEY}  # not known on this path
        world.razorpay.refund.create({"payment_id": payment_id, "amount": 100}, headers=headers)
    assert len(world.ledger()["refunds"]) == 4


@pytest.mark.parametrize("key", ["short-key", "not allowed here", "umlaut.dots"])
def test_a_key_of_the_wrong_shape_is_refused(world: World, payment_id: str, key: str) -> None:
    with pytest.raises(BadRequestError, match="idempotency key"):
        refund(world, payment_id, key, amount=100)
    assert world.ledger()["refunds"] == []


def test_a_timeout_after_the_effect_is_healed_by_the_key(world: World, payment_id: str) -> None:
    world.fault("refunds.create", "timeout_after_effect")
    headers = {"X-Refund-Idempotency": KEY}
    with pytest.raises(requests.exceptions.ReadTimeout):
        world.razorpay.payment.refund(payment_id, {"amount": 20000}, headers=headers, timeout=(3, 0.3))
    world.fault("refunds.create", "conflict")
    with pytest.raises(BadRequestError, match="Another request with the same idempotency key is still in progress"):
        refund(world, payment_id, KEY, amount=20000)
    again = refund(world, payment_id, KEY, amount=20000)
    assert [entry["refund_id"] for entry in world.ledger()["refunds"]] == [again["id"]]


@pytest.mark.parametrize(
    ("fault", "error"),
    [("rate_limited", BadRequestError), ("unauthorised", BadRequestError), ("rejected", BadRequestError),
     ("error_without_code", ServerError), ("bad_gateway_html", requests.exceptions.JSONDecodeError),
     ("not_json", requests.exceptions.JSONDecodeError), ("connection_reset", requests.exceptions.ConnectionError)],
)  # fmt: skip
@pytest.mark.parametrize("after_effect", [False, True])
def test_every_fault_can_hit_a_refund(
    world: World, payment_id: str, fault: str, error: type[Exception], after_effect: bool
) -> None:
    world.fault("refunds.create", fault, after_effect=after_effect)
    with pytest.raises(error):
        refund(world, payment_id, KEY)
    assert len(world.ledger()["refunds"]) == after_effect
    assert refund(world, payment_id, KEY)["status"] == "processed"
    assert len(world.ledger()["refunds"]) == 1


def test_what_is_refused_moves_nothing(world: World, payment_id: str) -> None:
    uncaptured = world.pay(world.order()["id"], "authorized")["razorpay_payment_id"]
    for target, facts, words in (
        (payment_id, {"amount": 50001}, "The refund amount provided is greater than amount captured"),
        (payment_id, {"amount": 99}, "The amount must be at least INR 1.00"),
        (payment_id, {"amount": 100.5}, "The amount must be an integer."),
        (payment_id, {"amount": 100, "colour": "red"}, "colour is/are not required"),
        (payment_id, {"speed": "fast"}, "The speed should be"),
        (payment_id, {"receipt": "r" * 41}, "The receipt may not"),
        ("pay_AAAAAAAAAAAAAA", {}, "The id provided does not exist"),
        (uncaptured, {}, "The payment status should be captured"),
    ):
        with pytest.raises(BadRequestError, match=words):
            refund(world, target, **facts)
    with pytest.raises(BadRequestError, match="not valid JSON"):
        world.razorpay.payment.refund(payment_id, 5000)  # the library's older form
    assert world.ledger()["refunds"] == []
    assert payment_state(world, payment_id) == ("captured", True, 0, None)
    refund(world, payment_id, amount=20000)
    with pytest.raises(BadRequestError, match="greater than amount captured"):
        refund(world, payment_id, amount=30001)
    refund(world, payment_id, amount=30000)
    with pytest.raises(BadRequestError, match="The payment has been fully refunded already"):
        refund(world, payment_id, amount=100)
    assert len(world.ledger()["refunds"]) == 2


def test_six_months_are_too_long(world: World, payment_id: str) -> None:
    later(world, 190 * DAY)
    with pytest.raises(BadRequestError, match="because the payment is more than 6 months old"):
        refund(world, payment_id)
    assert world.ledger()["refunds"] == []


def test_a_balance_that_is_too_low(world: World, payment_id: str) -> None:
    behave(world, balance=20000)
    answer = world.http.post(f"/v1/payments/{payment_id}/refund", json={}, auth=(world.key_id, world.key_secret))
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "insufficient_balance")
    refund(world, payment_id, amount=15000)
    assert behave(world)["balance"] == 5000
    behave(world, balance=None)
    assert refund(world, payment_id, amount=35000)["status"] == "processed"


def test_a_refund_that_takes_its_time(world: World, payment_id: str) -> None:
    behave(world, refund_seconds=3 * DAY, outcomes=["failed"], balance=50000)
    failing, passing = refund(world, payment_id, amount=20000), refund(world, payment_id, KEY, amount=30000)
    assert (failing["status"], passing["status"]) == ("pending", "pending")
    assert payment_state(world, payment_id) == ("refunded", True, 50000, "full")  # pending ones count
    assert world.ledger()["refunds"] == []
    later(world, 3 * DAY)
    assert world.razorpay.refund.fetch(failing["id"])["status"] == "failed"
    assert refund(world, payment_id, KEY, amount=30000) == world.razorpay.refund.fetch(passing["id"])
    assert payment_state(world, payment_id) == ("captured", True, 30000, "partial")
    assert [entry["refund_id"] for entry in world.ledger()["refunds"]] == [passing["id"]]
    assert behave(world)["balance"] == 20000  # what failed is there again
    told = notes_of(world, "refund.")
    assert [note["event"] for note in told] == ["refund.created", "refund.created", "refund.failed", "refund.processed"]
    assert told[0]["payload"]["refund"]["entity"] == failing
    assert [note["payload"]["payment"]["entity"]["amount_refunded"] for note in told] == [20000, 50000, 30000, 30000]


def test_a_failure_without_delay_is_told_after_the_answer(world: World, payment_id: str) -> None:
    behave(world, outcomes=["failed"])
    made = refund(world, payment_id)
    assert made["status"] == "pending"
    eventually(lambda: world.razorpay.refund.fetch(made["id"])["status"] == "failed")
    assert payment_state(world, payment_id) == ("captured", True, 0, None)


def test_pending_refunds_can_be_decided_by_hand_once(world: World, payment_id: str) -> None:
    behave(world, refund_seconds=DAY)
    made = refund(world, payment_id)
    assert world.post(f"/control/razorpay/refunds/{made['id']}/processed", {})["acquirer_data"]["arn"]
    assert world.http.post(f"/control/razorpay/refunds/{made['id']}/failed", json={}).status_code == 409
    later(world, DAY)
    assert len(world.ledger()["refunds"]) == 1


def test_optimum_is_instant_unless_it_cannot_be(world: World, payment_id: str) -> None:
    assert refund(world, payment_id, amount=20000, speed="optimum")["speed_processed"] == "instant"
    behave(world, instant=False)
    slow = refund(world, payment_id, amount=30000, speed="optimum")
    assert (slow["speed_requested"], slow["speed_processed"]) == ("optimum", "normal")
    assert [note["event"] for note in notes_of(world, "refund.")][2:] == [
        "refund.created", "refund.speed_changed", "refund.processed",
    ]  # fmt: skip


def test_a_refund_made_in_the_dashboard(world: World, payment_id: str) -> None:
    path = f"/control/razorpay/payments/{payment_id}/refund"
    made = world.post(path, {"amount": 12000, "notes": {"by": "Meera"}})
    assert world.razorpay.payment.fetch_multiple_refund(payment_id)["items"] == [made]
    [entry] = world.ledger()["refunds"]
    assert (entry["refund_id"], entry["reason"]) == (made["id"], "made in the dashboard")
    assert world.http.post(path, json={"amount": 40000}).status_code == 409
    quiet = world.post(path, {"amount": 100, "send_webhooks": False})
    assert world.events()[-1]["deliveries"][0]["state"] == "dropped"
    assert world.razorpay.refund.edit(quiet["id"], {"notes": {"seen": "yes"}})["notes"] == {"seen": "yes"}


def test_refunds_of_others_do_not_exist(world: World, payment_id: str) -> None:
    made = refund(world, payment_id, amount=100)
    second = world.pay(world.order()["id"])["razorpay_payment_id"]
    with pytest.raises(BadRequestError, match="does not exist"):
        world.razorpay.payment.fetch_refund_id(second, made["id"])
    other = World(world.url, world.receiver)
    try:
        assert other.razorpay.refund.all()["items"] == []
        with pytest.raises(BadRequestError, match="does not exist"):
            other.razorpay.refund.fetch(made["id"])
    finally:
        other.close()
