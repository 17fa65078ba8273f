"""Razorpay's SDK against the sandbox: what each answer and each fault means."""

import hashlib
import hmac

import pytest

from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.core.ids import new_id
from app.providers.razorpay import Razorpay, verify_webhook
from tests.providers.conftest import CLOSED_PORT, QUICK
from tests.sandbox_control import Sandbox

AMOUNT = 129_50


@pytest.fixture
def razorpay(sandbox: Sandbox) -> Razorpay:
    return Razorpay(sandbox.key_id, sandbox.razorpay["key_secret"], sandbox.url, QUICK)


def create(razorpay: Razorpay, receipt: str = "att_1") -> str:
    return razorpay.create_order(receipt, AMOUNT, "INR", {}).id


def test_an_order_is_created_and_read_back(razorpay: Razorpay) -> None:
    order = razorpay.create_order("att_1", AMOUNT, "INR", {"order": "ORD-26-000001"})
    assert (order.receipt, order.amount, order.amount_paid, order.currency, order.status) == (
        "att_1",
        AMOUNT,
        0,
        "INR",
        "created",
    )
    assert razorpay.fetch_order(order.id) == order


def test_a_repeated_create_finds_the_first_order(razorpay: Razorpay, sandbox: Sandbox) -> None:
    assert create(razorpay) == create(razorpay)
    assert [call["body"]["unique_receipt"] for call in sandbox.calls("orders.create")] == [True, True]


def test_an_order_asks_to_be_captured_whatever_the_accounts_setting(razorpay: Razorpay, sandbox: Sandbox) -> None:
    create(razorpay)
    assert sandbox.calls("orders.create")[0]["body"]["payment_capture"] is True


def test_an_order_is_found_by_its_receipt(razorpay: Razorpay) -> None:
    first = create(razorpay, "att_1")
    create(razorpay, "att_2")
    found = razorpay.find_order_by_receipt("att_1")
    assert found is not None
    assert found.id == first
    assert razorpay.find_order_by_receipt("att_3") is None


def test_of_two_orders_with_one_receipt_the_paid_one_counts(razorpay: Razorpay, sandbox: Sandbox) -> None:
    first, second = (razorpay.create_order("att_1", AMOUNT, "INR", {}, unique_receipt=False).id for _ in range(2))
    assert first != second
    sandbox.pay(second)
    found = razorpay.find_order_by_receipt("att_1")
    assert found is not None
    assert (found.id, found.status) == (second, "paid")


def test_a_paid_order_shows_its_captured_payment(razorpay: Razorpay, sandbox: Sandbox) -> None:
    order_id = create(razorpay)
    returned = sandbox.pay(order_id)
    [payment] = razorpay.order_payments(order_id)
    assert payment == razorpay.fetch_payment(returned["razorpay_payment_id"])
    assert (payment.order_id, payment.amount, payment.currency) == (order_id, AMOUNT, "INR")
    assert (payment.status, payment.captured) == ("captured", True)
    assert payment.fee is not None
    assert payment.tax is not None
    assert 0 < payment.tax < payment.fee


def test_a_failed_payment_tells_its_reason(razorpay: Razorpay, sandbox: Sandbox) -> None:
    order_id = create(razorpay)
    sandbox.pay(order_id, "failed", error_reason="payment_cancelled")
    [payment] = razorpay.order_payments(order_id)
    assert (payment.status, payment.captured, payment.error_reason) == ("failed", False, "payment_cancelled")
    assert (payment.fee, payment.tax) == (None, None)


def test_capture_may_be_repeated(razorpay: Razorpay, sandbox: Sandbox) -> None:
    payment_id = sandbox.pay(create(razorpay), "authorized")["razorpay_payment_id"]
    assert not razorpay.fetch_payment(payment_id).captured
    assert razorpay.capture(payment_id, AMOUNT, "INR") == razorpay.capture(payment_id, AMOUNT, "INR")
    assert len(sandbox.ledger()["captures"]) == 1


def test_capture_of_another_amount_is_rejected(razorpay: Razorpay, sandbox: Sandbox) -> None:
    payment_id = sandbox.pay(create(razorpay), "authorized")["razorpay_payment_id"]
    with pytest.raises(Rejected):
        razorpay.capture(payment_id, AMOUNT - 1, "INR")
    assert sandbox.ledger()["captures"] == []
    razorpay.capture(payment_id, AMOUNT, "INR")
    with pytest.raises(Rejected):
        razorpay.capture(payment_id, AMOUNT + 1, "INR")


def test_a_refusal_names_its_reason(razorpay: Razorpay) -> None:
    with pytest.raises(Rejected) as refusal:
        razorpay.create_order("att_1", 50, "INR", {})
    assert refusal.value.reason
    with pytest.raises(Rejected):
        razorpay.fetch_order("order_unknown0000000")


@pytest.mark.parametrize(
    ("fault", "write", "read"),
    [
        ("timeout_after_effect", Unknown, Unavailable),
        ("timeout_before_effect", Unknown, Unavailable),
        ("error_without_code", Unknown, Unavailable),
        ("bad_gateway_html", Unknown, Unavailable),
        ("connection_reset", Unknown, Unavailable),
        ("rate_limited", Unavailable, Unavailable),
        ("conflict", Unavailable, Unavailable),
        ("rejected", Rejected, Rejected),
        ("unauthorised", Rejected, Rejected),
    ],
)
def test_each_fault_has_one_word(
    razorpay: Razorpay, sandbox: Sandbox, fault: str, write: type[ProviderError], read: type[ProviderError]
) -> None:
    order_id = create(razorpay, "att_before")
    sandbox.fault("orders.create", fault, seconds=2)
    with pytest.raises(write):
        create(razorpay)
    assert len(sandbox.calls("orders.create")) == 2, "the SDK's own retry stays off"
    sandbox.fault("orders.fetch", fault, seconds=2)
    with pytest.raises(read):
        razorpay.fetch_order(order_id)


def test_a_timeout_after_the_effect_is_resolved_by_the_receipt(razorpay: Razorpay, sandbox: Sandbox) -> None:
    sandbox.fault("orders.create", "timeout_after_effect", seconds=2)
    with pytest.raises(Unknown):
        create(razorpay)
    found = razorpay.find_order_by_receipt("att_1")
    assert found is not None
    assert found.id == create(razorpay)


def test_a_refused_connection_took_no_effect() -> None:
    with pytest.raises(Unavailable) as error:
        Razorpay("rzp_test_x", "secret", CLOSED_PORT, QUICK).create_order("att_1", AMOUNT, "INR", {})
    assert error.value.reason == "not_connected"


def test_the_sdk_prints_nothing(razorpay: Razorpay, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    for fault in ("bad_gateway_html", "connection_reset"):
        sandbox.fault("orders.create", fault)
        with pytest.raises(Unknown):
            create(razorpay)
    assert "onnection failed" not in capsys.readouterr().out


def test_only_this_accounts_secret_signs_a_return(razorpay: Razorpay, sandbox: Sandbox) -> None:
    order_id = create(razorpay)
    returned = sandbox.pay(order_id)
    payment_id, signature = returned["razorpay_payment_id"], returned["razorpay_signature"]
    assert razorpay.verify_return_signature(order_id, payment_id, signature)
    assert not razorpay.verify_return_signature(create(razorpay, "att_2"), payment_id, signature)
    for wrong in (None, "", "ü", "\udc80", signature[:-1], signature.upper()):
        assert not razorpay.verify_return_signature(order_id, payment_id, wrong)


def test_a_webhook_is_signed_over_its_raw_bytes_by_a_live_secret() -> None:
    raw = '{"event": "payment.captured", "note": "₹"}\r\n'.encode()

    def signed(secret: str) -> str:
        return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()

    assert verify_webhook(raw, signed("new"), ["new", "old"])
    assert verify_webhook(raw, signed("old"), ["new", "old"])
    assert not verify_webhook(raw.strip(), signed("new"), ["new"])
    assert not verify_webhook(raw, signed(""), ["", ""]), "an unset secret fails closed"
    for wrong in (None, "", "ü", "\udc80", signed("other")):
        assert not verify_webhook(raw, wrong, ["new", "old"])


def test_facts_are_not_shared_between_accounts(razorpay: Razorpay, sandbox_url: str) -> None:
    other = Sandbox(sandbox_url, new_id())
    other.open_accounts(CLOSED_PORT, new_id(), new_id())
    stranger = Razorpay(other.key_id, other.razorpay["key_secret"], sandbox_url, QUICK)
    other.http.close()
    with pytest.raises(Rejected):
        stranger.fetch_order(create(razorpay))
