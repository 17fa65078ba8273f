"""What Razorpay's SDK does that nobody expects, and that none of it reaches us (AC-44)."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.payments.rules import OF_PROVIDER
from app.providers.calls import Timeouts
from app.providers.razorpay import Razorpay
from app.providers.razorpay_facts import PAYMENT_STATUSES, Person
from tests.providers.conftest import QUICK
from tests.providers.scripted import Answer, Request, Scripted, scripted

BACKEND = Path(__file__).parents[2]
KEY = "rf_0123456789abcdef"
ASHA = Person(name="Asha Rao", contact="+919876543210", email="asha@example.in")
FROM, TO = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
PAYMENT = {"id": "pay_1", "order_id": "order_1", "amount": 5000, "currency": "INR", "status": "captured", "captured": True}
REFUND = {"id": "rfnd_1", "payment_id": "pay_1", "amount": 5000, "currency": "INR", "status": "processed", "created_at": 1}

Operation = Callable[[Razorpay], object]
WRITES: dict[str, Operation] = {
    "create_order": lambda it: it.create_order("att_1", 5000, "INR", {}),
    "refund": lambda it: it.refund("pay_1", 5000, KEY, notes={}),
    "debit": lambda it: it.debit(
        "order_1", 5000, "INR", customer_id="cust_1", token_id="token_1", person=ASHA, description="Milk"
    ),
}
READS: dict[str, Operation] = {
    "find_order_by_receipt": lambda it: it.find_order_by_receipt("att_1"),
    "fetch_order": lambda it: it.fetch_order("order_1"),
    "order_payments": lambda it: it.order_payments("order_1"),
    "fetch_payment": lambda it: it.fetch_payment("pay_1"),
    "refunds_of_payment": lambda it: it.refunds_of_payment("pay_1"),
    "find_refund": lambda it: it.find_refund("pay_1", KEY),
    "fetch_refund": lambda it: it.fetch_refund("rfnd_1"),
    "fetch_token": lambda it: it.fetch_token("cust_1", "token_1"),
    "payments_between": lambda it: list(it.payments_between(FROM, TO)),
    "refunds_between": lambda it: list(it.refunds_between(FROM, TO)),
    "disputes_between": lambda it: list(it.disputes_between(FROM, TO)),
    "settlements_between": lambda it: list(it.settlements_between(FROM, TO)),
    "settlement_lines": lambda it: it.settlement_lines(2026, 6, 1),
    "fetch_settlement": lambda it: it.fetch_settlement("setl_1"),
    "fetch_dispute": lambda it: it.fetch_dispute("disp_1"),
}


def client(server: Scripted, timeouts: Timeouts = QUICK) -> Razorpay:
    return Razorpay("rzp_test_1", "secret", server.url, timeouts)


def error_body(description: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": "BAD_REQUEST_ERROR", "description": description, **more}}


def collection(items: list[dict[str, Any]]) -> Answer:
    return Answer({"entity": "collection", "count": len(items), "items": items})


@pytest.mark.parametrize("name", [*WRITES, *READS])
def test_ac44_every_operation_has_its_timeout_and_is_sent_once(name: str) -> None:
    with scripted(Answer(silent=True)) as server:
        with pytest.raises(Unknown if name in WRITES else Unavailable) as error:
            (WRITES | READS)[name](client(server, Timeouts(connect=1.0, read=0.05)))
        assert error.value.reason == "timeout"
        assert len(server.requests) == 1, "a request whose answer is late may have taken effect"


def test_ac44_a_capture_whose_answer_is_late_is_sent_once() -> None:
    with scripted(Answer(silent=True)) as server:
        with pytest.raises(Unknown):
            client(server, Timeouts(connect=1.0, read=0.05)).capture("pay_1", 5000, "INR")
        assert [request.method for request in server.requests] == ["POST"]


@pytest.mark.parametrize(
    ("answer", "write", "read", "reason"),
    [
        (Answer("<html><h1>502 Bad Gateway</h1></html>", 502), Unknown, Unavailable, "http_502"),
        (Answer("<html>hello</html>", 200), Unknown, Unavailable, "not_json"),
        (Answer(["a", "list"], 200), Unknown, Unavailable, "not_json"),
        (Answer({"id": "x"}, 200), Unknown, Unavailable, "malformed_answer"),
        (Answer("", 204), Unknown, Unavailable, "not_json"),
        (Answer(error_body("Request failed. Please try after sometime."), 429), Unavailable, Unavailable, "BAD_REQUEST_ERROR"),
        (Answer(error_body("Another request … is still in progress."), 409), Unavailable, Unavailable, "BAD_REQUEST_ERROR"),
        (Answer({"error": {"description": "Authentication failed"}}, 401), Rejected, Rejected, "http_401"),
        (Answer({"message": "no Route matched"}, 404), Rejected, Rejected, "http_404"),
        (Answer(error_body("No", reason="NA", field=None), 400), Rejected, Rejected, "BAD_REQUEST_ERROR"),
        (Answer(error_body("Try later", code="SERVER_ERROR"), 500), Unknown, Unavailable, "SERVER_ERROR"),
    ],
)
def test_ac44_each_answer_means_one_thing(
    answer: Answer, write: type[ProviderError], read: type[ProviderError], reason: str
) -> None:
    with scripted(answer) as server:
        razorpay = client(server)
        for operations, word in ((WRITES, write), (READS, read)):
            for name, operation in operations.items():
                with pytest.raises(word) as error:
                    operation(razorpay)
                assert error.value.reason == reason, name
        assert len(server.requests) == len(WRITES) + len(READS), "nothing is sent again blindly"


def test_ac44_a_refund_states_its_amount_its_receipt_and_its_key() -> None:
    notes = {"order": "ORD-26-000001"}
    with scripted(Answer(REFUND)) as server:
        razorpay = client(server)
        assert razorpay.refund("pay_1", 5000, KEY, notes=notes) == razorpay.refund("pay_1", 5000, KEY, notes=notes)
        first, second = server.requests
    assert (first.method, first.path) == ("POST", "/v1/payments/pay_1/refund")
    assert first.body == {"amount": 5000, "speed": "normal", "receipt": KEY, "notes": {**notes, "refund_key": KEY}}
    assert first.headers["x-refund-idempotency"] == KEY
    assert (first.raw, first.headers) == (second.raw, second.headers), "a repeat is the same request to the byte"
    assert notes == {"order": "ORD-26-000001"}, "what the caller gave stays as it was"


@pytest.mark.parametrize("amount", [0, -1, True, None, 50.0, "5000"])
def test_ac44_a_refund_without_a_whole_amount_is_never_sent(amount: Any) -> None:
    with scripted(Answer(REFUND)) as server:
        with pytest.raises(ValueError, match="whole number of paise"):
            client(server).refund("pay_1", amount, KEY, notes={})
        with pytest.raises(ValueError, match="10 to 40"):
            client(server).refund("pay_1", 5000, "too short", notes={})
        assert server.requests == []


@pytest.mark.parametrize(
    ("error", "word", "reason"),
    [
        (error_body("Your account does not have enough balance to carry out the refund operation."), Unavailable, None),
        (error_body("Request refused", reason="insufficient_balance"), Unavailable, None),
        (error_body("Refund failed: low Balance", reason="input_validation_failed"), Unavailable, None),
        (error_body("The payment has been fully refunded already"), Rejected, "BAD_REQUEST_ERROR"),
        (error_body("Too much", reason="refund_amount_exceeds", source=None, step=None), Rejected, "refund_amount_exceeds"),
    ],
)
def test_ac44_a_balance_that_is_too_low_is_no_refusal_for_ever(
    error: Mapping[str, Any], word: type[ProviderError], reason: str | None
) -> None:
    with scripted(Answer(error, 400)) as server, pytest.raises(word) as refusal:
        client(server).refund("pay_1", 5000, KEY, notes={})
    assert refusal.value.reason == (reason or "insufficient_balance")


def test_ac44_notes_may_be_a_list_and_figures_are_whole() -> None:
    odd: list[dict[str, Any]] = [
        {**REFUND, "notes": [], "acquirer_data": [], "speed_processed": None},
        {**REFUND, "id": "rfnd_2", "notes": {"refund_key": KEY}, "acquirer_data": {"arn": "1000"}, "receipt": None},
    ]
    with scripted(collection(odd)) as server:
        first, second = client(server).refunds_of_payment("pay_1")
        assert (first.key, first.arn, second.key, second.arn) == (None, None, KEY, "1000")
        found = client(server).find_refund("pay_1", KEY)
        assert found == second
    with scripted(Answer({**REFUND, "amount": 5000.5})) as server, pytest.raises(Unavailable):
        client(server).fetch_refund("rfnd_1")


def test_ac44_a_status_nobody_documented_is_no_crash_and_no_guess() -> None:
    assert set(OF_PROVIDER) == PAYMENT_STATUSES
    strange = {**PAYMENT, "status": "teleported"}
    with scripted(Answer(strange)) as server:
        with pytest.raises(Unavailable, match="teleported"):
            client(server).fetch_payment("pay_1")
        with pytest.raises(Unknown, match="teleported"):
            client(server).capture("pay_1", 5000, "INR")
    with scripted(collection([strange, PAYMENT])) as server:
        [readable] = client(server).payments_between(FROM, TO)
    assert readable.id == "pay_1", "one that cannot be read does not hide the others"


@pytest.mark.parametrize(("captured", "is_so"), [(True, True), ("1", True), (False, False), ("0", False), (None, False)])
def test_ac44_captured_may_be_a_word(captured: object, is_so: bool) -> None:
    with scripted(Answer({**PAYMENT, "captured": captured})) as server:
        assert client(server).fetch_payment("pay_1").captured is is_so


def test_ac44_two_threads_never_exchange_the_amounts_of_their_captures() -> None:
    """The SDK writes the amount into a default that all its clients share."""

    def echo(request: Request) -> Answer:
        return Answer({**PAYMENT, "id": request.path.split("/")[3], "amount": request.body["amount"]})

    wrong: list[tuple[int, int]] = []

    def capture(server: Scripted, first: int) -> None:
        razorpay = client(server)
        taken = [(amount, razorpay.capture(f"pay_{amount}", amount, "INR").amount) for amount in range(first, first + 60, 2)]
        wrong.extend((asked, got) for asked, got in taken if asked != got)

    with scripted(echo) as server:
        threads = [threading.Thread(target=capture, args=(server, first)) for first in (100, 101)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert all(request.path == f"/v1/payments/pay_{request.body['amount']}/capture" for request in server.requests)


def test_ac44_a_list_is_read_to_its_end_with_one_end_for_all_pages() -> None:
    everything = [{**PAYMENT, "id": f"pay_{number}"} for number in range(250)]

    def page(request: Request) -> Answer:
        skip, size = int(request.query["skip"]), int(request.query["count"])
        return collection(everything[skip : skip + size])

    with scripted(page) as server:
        found = [payment.id for payment in client(server).payments_between(FROM, TO)]
        assert found == [payment["id"] for payment in everything]
        assert [request.query["skip"] for request in server.requests] == ["0", "100", "200"]
        assert {(request.query["from"], request.query["to"]) for request in server.requests} == {
            (str(int(FROM.timestamp())), str(int(TO.timestamp())))
        }
        next(client(server).payments_between(FROM, TO))
        assert len(server.requests) == 4, "who stops early asks for no more"


def test_ac44_a_full_last_page_is_followed_by_an_empty_one() -> None:
    pages = iter([collection([REFUND] * 100), collection([])])
    with scripted(lambda _: next(pages)) as server:
        assert len(list(client(server).refunds_between(FROM, TO))) == 100


def test_ac44_the_settlement_report_has_lines_of_every_kind() -> None:
    line = {"entity_id": "pay_1", "type": "payment", "debit": 0, "credit": 4882, "amount": 5000, "currency": "INR"}
    lines = [
        {**line, "fee": 118, "tax": 18, "settlement_id": "setl_1", "settled": True, "notes": "{}", "payment_id": None},
        {**line, "entity_id": "rfnd_1", "type": "refund", "debit": 700, "credit": 0, "notes": None, "payment_id": "pay_1"},
    ]
    with scripted(collection(lines)) as server:
        payment, refund = client(server).settlement_lines(2026, 6, 1)
        [request] = server.requests
    assert (request.path, request.query["count"]) == ("/v1/settlements/recon/combined", "1000")
    assert (request.query["year"], request.query["month"], request.query["day"]) == ("2026", "06", "01")
    assert (payment.credit, payment.fee, payment.tax, payment.settlement_id) == (4882, 118, 18, "setl_1")
    assert (refund.debit, refund.payment_id, refund.settlement_id) == (700, "pay_1", None)


def test_ac44_the_contract_holds_where_setuptools_is_not_installed(sandbox_url: str) -> None:
    """razorpay 1.x needed pkg_resources, which newer setuptools no longer have."""
    suite = [str(path) for path in sorted(Path(__file__).parent.glob("test_razorpay*.py")) if path != Path(__file__)]
    command = [sys.executable, "-m", "pytest", "--noconftest", "-p", "tests.providers.without_setuptools", "-q", "-x", *suite]
    command += ["-c", os.devnull, "-p", "no:cacheprovider", "-k", "not timeout and not fault"]
    environment = {**os.environ, "SANDBOX_URL": sandbox_url, "PYTHONPATH": str(BACKEND), "ENVIRONMENT": "test"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # half of the others' plugins take longer to load than this takes
    done = subprocess.run(command, check=False, cwd=BACKEND, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
