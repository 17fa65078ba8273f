"""Notices and debits: what is refused before the bank is asked, and what the bank answers a day later."""

from typing import Any

import pytest
import requests

from tests.sandbox.household import DAY, HOUR, START, Household, refused
from tests.sandbox.polling import eventually
from tests.sandbox.world import World

UPI_GAP, CARD_GAP = 25 * HOUR, 36 * HOUR + 5 * 60
TOO_EARLY = "BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED"
NOT_TOLD = "pre_debit_notification_not_sent"
HONOURED = "mandate_current_cycle_allowed_debit_exceeds"
IN_PROGRESS = "order_payment_in_progress"


@pytest.fixture
def home(world: World) -> Household:
    return Household(world)


def due(home: Household, token_id: str, amount: int = 25_000) -> dict[str, Any]:
    """An order whose customer was told long enough ago, two days before now."""
    order = home.noticed(token_id, amount)
    now = home.world.get("/control/clock", account=home.world.key_id)["now"]
    home.clock(now + 2 * DAY)
    return order


def test_a_notice_is_told_of_on_the_order_and_by_webhook(home: Household) -> None:
    token_id = home.mandate()
    order = home.noticed(token_id, payment_after=START + 2 * DAY)
    notice = order["notification"]
    assert notice == {
        "id": notice["id"], "token_id": token_id, "delivered_at": order["created_at"], "status": "delivered",
        "payment_after": START + 2 * DAY,
    }  # fmt: skip
    assert notice["id"].startswith("notification_")
    assert home.world.razorpay.order.fetch(order["id"]) == order
    body = home.world.events()[-1]["body"]
    assert body == {
        "entity": "event", "account_id": body["account_id"], "event": "order.notification.delivered",
        "contains": ["notification"],
        "payload": {
            "notification": {"entity": {"entity": "notification", "order_id": order["id"], **notice}},
            "created_at": order["created_at"],
        },
    }  # fmt: skip


@pytest.mark.parametrize(("method", "gap"), [("upi", UPI_GAP), ("card", CARD_GAP)])
def test_a_notice_may_take_its_time_and_sets_the_earliest_debit(home: Household, method: str, gap: int) -> None:
    token_id = home.mandate(method)
    home.banks(notification_seconds=HOUR)
    order = home.noticed(token_id)
    assert (order["notification"]["status"], order["notification"]["delivered_at"]) == ("created", None)
    assert order["notification"]["payment_after"] is None
    assert home.refusal(order, token_id) == NOT_TOLD
    at = home.next_at()
    assert at is not None
    home.clock(at)
    notice = home.world.razorpay.order.fetch(order["id"])["notification"]
    assert (notice["status"], notice["delivered_at"], notice["payment_after"]) == ("delivered", at, at + gap)
    home.clock(at + gap - 1)
    assert home.refusal(order, token_id) == TOO_EARLY
    home.clock(at + gap)
    assert home.payment(home.debit(order, token_id))["status"] == "created"


@pytest.mark.parametrize(("told", "status", "events"), [("failed", "failed", 1), ("never", "created", 0)])
def test_a_notice_that_did_not_arrive_forbids_the_debit(home: Household, told: str, status: str, events: int) -> None:
    token_id = home.mandate()
    home.banks(notification=told)
    order = due(home, token_id)
    notice = home.world.razorpay.order.fetch(order["id"])["notification"]
    assert (notice["status"], notice["delivered_at"]) == (status, None)
    assert home.types().count("order.notification.failed") == events
    assert home.refusal(order, token_id) == NOT_TOLD


def test_a_notice_of_a_mandate_paused_meanwhile_fails(home: Household) -> None:
    token_id = home.mandate()
    home.banks(notification_seconds=HOUR)
    order = home.noticed(token_id)
    home.act(token_id, "pause")
    home.clock(START + DAY)
    assert home.world.razorpay.order.fetch(order["id"])["notification"]["status"] == "failed"


def test_a_notice_needs_a_live_mandate_of_this_merchant(home: Household) -> None:
    create = home.world.razorpay.order.create
    token_id = home.mandate()
    home.act(token_id, "pause")
    before = home.world.razorpay.order.all()["count"]
    for notification, words in (
        ({"token_id": token_id}, "UPI mandate is not active, it is paused by user."),
        ({"token_id": "token_AAAAAAAAAAAAAA"}, "The id provided does not exist"),
        ({}, "The token id field is required."),
        ({"token_id": token_id, "payment_after": "soon"}, "The payment after must be an integer."),
        ({"token_id": token_id, "when": 1}, "when is/are not required and should not be sent"),
    ):
        assert refused(create, {"amount": 100, "currency": "INR", "notification": notification}) == words
    assert home.world.razorpay.order.all()["count"] == before


def test_neither_the_promised_time_nor_the_gap_may_be_shortened(home: Household) -> None:
    token_id = home.mandate()
    later = home.noticed(token_id, payment_after=START + 4 * DAY)
    sooner = home.noticed(token_id, payment_after=START + HOUR)
    home.clock(START + 2 * HOUR)
    assert home.refusal(sooner, token_id) == TOO_EARLY
    home.clock(START + 3 * DAY)
    assert home.refusal(later, token_id) == TOO_EARLY
    assert home.debit(sooner, token_id)


def test_accepted_is_not_paid(home: Household) -> None:
    token_id = home.mandate()
    order = due(home, token_id)
    before = len(home.types())
    payment_id = home.debit(order, token_id, description="Milk", notes={"cycle": "7"})
    payment = home.payment(payment_id)
    assert (payment["status"], payment["captured"], payment["fee"]) == ("created", False, None)
    assert (payment["token_id"], payment["customer_id"]) == (token_id, home.customer["id"])
    assert (payment["description"], payment["notes"], payment["vpa"]) == ("Milk", {"cycle": "7"}, "success@razorpay")
    assert home.world.razorpay.order.fetch(order["id"])["status"] == "attempted"
    assert len(home.types()) == before
    home.clock(payment["created_at"] + DAY - 1)
    assert home.payment(payment_id)["status"] == "created"
    home.clock(payment["created_at"] + 9 * DAY)
    assert home.payment(payment_id)["status"] == "captured"
    assert home.world.razorpay.order.fetch(order["id"])["status"] == "paid"
    assert home.types()[before:] == ["payment.authorized", "payment.captured", "order.paid"]
    assert {event["body"]["created_at"] for event in home.world.events()[before:]} == {payment["created_at"] + DAY}
    assert [row["amount"] for row in home.world.ledger()["captures"]] == [100, 25_000]
    assert home.world.ledger()["captures"][1]["at"] == payment["created_at"] + DAY


def test_debits_come_to_what_was_planned_in_order(home: Household) -> None:
    home.banks(outcomes=[{"failed": "insufficient_funds"}, "captured", {"failed": "mandate_cancelled"}])
    token_id = home.mandate()
    statuses = []
    for _ in range(4):
        order = due(home, token_id)
        payment_id = home.debit(order, token_id)
        home.clock(home.payment(payment_id)["created_at"] + DAY)
        payment = home.payment(payment_id)
        statuses.append((payment["status"], payment["error_reason"]))
        assert home.world.razorpay.order.fetch(order["id"])["status"] == ("paid" if payment["captured"] else "attempted")
    assert statuses == [
        ("failed", "insufficient_funds"),
        ("captured", None),
        ("failed", "mandate_cancelled"),
        ("captured", None),
    ]
    assert home.types().count("payment.failed") == 2
    assert len(home.world.ledger()["captures"]) == 3  # with the rupee of the registration
    assert home.banks()["outcomes"] == []


def test_a_failed_debit_may_be_tried_again_on_its_order_three_times(home: Household) -> None:
    home.banks(outcomes=[{"failed": "insufficient_funds"}] * 4)
    token_id = home.mandate()
    order = due(home, token_id)
    for _ in range(4):
        home.clock(home.payment(home.debit(order, token_id))["created_at"] + DAY)
    assert home.refusal(order, token_id) == "transaction_frequency_limit_exceeded"
    assert home.world.razorpay.order.fetch(order["id"])["attempts"] == 4
    assert home.debit(due(home, token_id), token_id)


def test_a_card_is_tried_again_after_36_hours(home: Household) -> None:
    home.banks(outcomes=[{"failed": "card_declined"}])
    token_id = home.mandate("card")
    order = due(home, token_id)
    first = home.payment(home.debit(order, token_id))
    assert "card" in first["method"]
    home.clock(first["created_at"] + 36 * HOUR - 1)
    assert home.payment(first["id"])["status"] == "failed"
    assert home.refusal(order, token_id) == "payment_retry_too_early"
    home.clock(first["created_at"] + 36 * HOUR)
    assert home.debit(order, token_id)


def test_a_failed_debit_may_come_late(home: Household) -> None:
    home.banks(outcomes=[{"failed": "payment_timed_out"}])
    token_id = home.mandate()
    order = due(home, token_id)
    payment_id = home.debit(order, token_id)
    home.clock(START + 9 * DAY)
    assert home.world.post(f"/control/razorpay/payments/{payment_id}/late", {})["status"] == "captured"
    assert home.world.razorpay.order.fetch(order["id"])["status"] == "paid"


def test_without_a_notice_of_the_shop_razorpay_sends_its_own_first(home: Household) -> None:
    token_id = home.mandate()
    order = home.world.order(25_000)
    home.clock(START - 3 * HOUR)  # peak hours: Razorpay chooses the hour of its own debits
    payment_id = home.debit(order, token_id)
    made_at = home.payment(payment_id)["created_at"]
    assert home.next_at() == made_at + UPI_GAP + DAY
    home.clock(made_at + UPI_GAP + DAY)
    assert home.payment(payment_id)["status"] == "captured"
    assert not [event for event in home.types() if event.startswith("order.notification")]


def test_an_order_takes_one_debit_at_a_time_and_none_when_paid(home: Household) -> None:
    token_id = home.mandate("card")
    order = due(home, token_id)
    payment_id = home.debit(order, token_id)
    assert home.refusal(order, token_id) == IN_PROGRESS
    home.clock(home.payment(payment_id)["created_at"] + DAY)
    assert home.refusal(order, token_id) == "order_already_paid"
    assert len(home.world.ledger()["captures"]) == 2


def test_while_one_debit_is_undecided_upi_takes_no_other(home: Household) -> None:
    token_id, other = home.mandate(), home.mandate()
    first, second, third = home.noticed(token_id), home.noticed(token_id), home.noticed(other)
    home.clock(START + 2 * DAY)
    payment_id = home.debit(first, token_id)
    assert home.refusal(second, token_id) == HONOURED
    assert home.debit(third, other)
    home.clock(home.payment(payment_id)["created_at"] + DAY)
    assert home.debit(second, token_id)


def test_nothing_else_deduplicates(home: Household) -> None:
    """Two orders for one delivery are two debits: only the shop can know."""
    token_id = home.mandate("card")
    orders = [home.noticed(token_id), home.noticed(token_id)]
    home.clock(START + 2 * DAY)
    for order in orders:
        home.debit(order, token_id)
    home.clock(START + 4 * DAY)
    assert [row["amount"] for row in home.world.ledger()["captures"]] == [100, 25_000, 25_000]


def test_one_debit_per_cycle(home: Household) -> None:
    token_id = home.mandate(frequency="weekly")  # a Wednesday; the week ends on Sunday
    home.clock(START + 1 * DAY)
    orders = [home.noticed(token_id) for _ in range(2)]
    home.clock(START + 2 * DAY + 2 * HOUR)
    payment_id = home.debit(orders[0], token_id)
    home.clock(START + 4 * DAY)
    assert home.payment(payment_id)["status"] == "captured"
    assert home.refusal(orders[1], token_id) == HONOURED
    home.clock(START + 5 * DAY)
    assert home.debit(orders[1], token_id)


def test_a_debit_begun_on_the_last_day_of_a_cycle_fails(home: Household) -> None:
    token_id = home.mandate(frequency="weekly")
    order = home.noticed(token_id)
    home.clock(START + 4 * DAY)
    payment_id = home.debit(order, token_id)
    home.clock(START + 6 * DAY)
    assert home.payment(payment_id)["error_reason"] == "execution_day_rule_mismatch"


@pytest.mark.parametrize(
    ("hours", "minutes", "is_peak"),
    [(9, 59, False), (10, 0, True), (12, 59, True), (13, 0, False), (16, 59, False), (17, 0, True), (21, 29, True),
     (21, 30, False), (0, 0, False)],
)  # fmt: skip
def test_upi_debits_nothing_in_peak_hours(home: Household, hours: int, minutes: int, is_peak: bool) -> None:
    token_id, card = home.mandate(), home.mandate("card")
    orders = home.noticed(token_id), home.noticed(card)
    home.clock(START - 14 * HOUR + 3 * DAY + hours * HOUR + minutes * 60)
    if is_peak:
        assert home.refusal(orders[0], token_id) == "mandate_execution_in_peak_hours"
    else:
        assert home.debit(orders[0], token_id)
    assert home.debit(orders[1], card)


@pytest.mark.parametrize(("verb", "reason"), [("pause", "mandate_paused"), ("cancel", "mandate_cancelled")])
def test_a_mandate_that_is_not_live_is_not_debited(home: Household, verb: str, reason: str) -> None:
    token_id = home.mandate()
    order = due(home, token_id)
    home.act(token_id, verb)
    assert home.refusal(order, token_id) == reason
    if verb == "pause":
        home.act(token_id, "resume")
        assert home.debit(order, token_id)


@pytest.mark.parametrize(("verb", "reason"), [("pause", "mandate_paused"), ("cancel", "mandate_cancelled")])
def test_what_the_customer_stops_meanwhile_fails_unless_the_bank_was_faster(home: Household, verb: str, reason: str) -> None:
    token_id, quick = home.mandate(), home.mandate()
    orders = home.noticed(token_id), home.noticed(quick)
    home.clock(START + 2 * DAY)
    stopped = home.debit(orders[0], token_id)
    home.act(token_id, verb)
    home.clock(START + 4 * DAY)
    assert home.payment(stopped)["error_reason"] == reason
    faster = home.debit(orders[1], quick)
    home.act(quick, verb)
    home.banks(outcomes=["captured"])
    home.clock(START + 6 * DAY)
    assert home.payment(faster)["status"] == "captured"


def test_expired_and_unconfirmed_mandates_are_not_debited(home: Household) -> None:
    token_id = home.mandate(expire_at=START + 3 * DAY)
    order = home.noticed(token_id)
    home.clock(START + 4 * DAY)
    assert home.refusal(order, token_id) == "mandate_expired"
    home.banks(token_delay_seconds=DAY)
    assert home.refusal(home.world.order(25_000), home.mandate()) == "mandate_not_active"


def test_amounts_are_kept_to(home: Household) -> None:
    token_id = home.mandate(max_amount=25_000)
    order = due(home, token_id, 25_001)
    assert home.refusal(order, token_id) == "Amount exceeds maximum amount allowed"
    assert home.refusal(order, token_id, amount=25_000) == "Payment amount should be equal to the amount of the order"
    assert home.debit(due(home, token_id, 25_000), token_id)


def test_above_fifteen_thousand_rupees_the_customer_would_have_to_approve(home: Household) -> None:
    token_id = home.mandate(max_amount=5_000_000)
    for amount, status in ((1_500_000, "captured"), (1_500_001, "failed")):
        payment_id = home.debit(due(home, token_id, amount), token_id)
        home.clock(home.payment(payment_id)["created_at"] + DAY)
        assert home.payment(payment_id)["status"] == status


def test_a_notice_counts_only_for_its_own_mandate(home: Household) -> None:
    token_id, other = home.mandate(), home.mandate()
    order = due(home, other)
    assert home.refusal(order, token_id) == NOT_TOLD


def test_a_debit_names_everything_and_nothing_unknown(home: Household) -> None:
    token_id = home.mandate()
    order = due(home, token_id)
    for name in ("email", "contact", "amount", "currency", "order_id", "customer_id", "token", "recurring"):
        assert home.refusal(order, token_id, **{name: None}) == f"The {name.replace('_', ' ')} field is required."
    neighbour = home.world.razorpay.customer.create({"name": "Ravi Kumar", "contact": "9000000001"})
    for changes, words in (
        ({"amount": "25000"}, "The amount must be an integer."),
        ({"recurring": False}, "The selected recurring is invalid."),
        ({"currency": "USD"}, "The currency should be INR when method is upi"),
        ({"order_id": "order_AAAAAAAAAAAAAA"}, "The id provided does not exist"),
        ({"token": "token_AAAAAAAAAAAAAA"}, "The id provided does not exist"),
        ({"customer_id": neighbour["id"]}, "invalid_token"),
        ({"idempotency_key": "k"}, "extra_field_sent"),
    ):
        assert home.refusal(order, token_id, **changes) == words


def test_a_lost_answer_leaves_its_debit_behind(home: Household) -> None:
    token_id = home.mandate()
    order = due(home, token_id)
    home.world.fault("payments.create_recurring", "timeout_after_effect", seconds=30)
    with pytest.raises(requests.exceptions.ReadTimeout):
        home.world.razorpay.payment.createRecurring(home.request(order, token_id), timeout=0.3)
    made = eventually(lambda: home.world.razorpay.order.payments(order["id"])["items"])
    assert [payment["status"] for payment in made] == ["created"]
    assert home.refusal(order, token_id) == IN_PROGRESS
    home.clock(START + 9 * DAY)
    assert home.payment(made[0]["id"])["status"] == "captured"


@pytest.mark.parametrize("fault", ["timeout_before_effect", "bad_gateway_html", "rate_limited", "conflict", "rejected"])
def test_other_faults_leave_nothing_behind(home: Household, fault: str) -> None:
    token_id = home.mandate()
    order = due(home, token_id)
    for operation in ("customers.create", "orders.create", "tokens.cancel", "tokens.fetch", "payments.create_recurring"):
        home.world.fault(operation, fault, seconds=0.01)
    sdk, before = home.world.razorpay, home.money()
    for call, arguments in (
        (sdk.customer.create, ({"name": "Ravi Kumar"},)),
        (sdk.order.create, ({"amount": 100, "currency": "INR", "notification": {"token_id": token_id}},)),
        (sdk.token.cancel, (home.customer["id"], token_id)),
        (sdk.token.fetch, (home.customer["id"], token_id)),
        (sdk.payment.createRecurring, (home.request(order, token_id),)),
    ):
        with pytest.raises(Exception):  # noqa: B017  (which one is the SDK's affair, and differs by fault)
            call(*arguments)
    assert (home.money(), sdk.customer.all()["count"], home.token(token_id)["recurring_details"]["status"]) == (
        before, 1, "confirmed",
    )  # fmt: skip
    assert home.debit(order, token_id)
