"""What a new order may ask for."""

from typing import Any

from sandbox.razorpay.errors import refuse_unknown, refused

MINIMUM_AMOUNT = 100  # paise
RECEIPT_CHARACTERS = 40
LEAST_EXPIRY_MINUTES, MOST_EXPIRY_MINUTES = 12, 7200
CURRENCIES = ("INR", "USD", "EUR", "GBP", "SGD", "AED")
ACCEPTED = {
    "amount", "currency", "receipt", "notes", "partial_payment", "first_payment_min_amount", "customer_id", "method", "token",
    "notification", "unique_receipt", "payment", "payment_capture",
}  # fmt: skip


def checked(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    refuse_unknown(body, ACCEPTED)
    _check_amount(body.get("amount"))
    if not body.get("currency"):
        raise refused("The currency field is required.", field="currency")
    if body["currency"] not in CURRENCIES:
        raise refused("Currency is not supported", field="currency")
    receipt = body.get("receipt")
    if receipt is not None and not isinstance(receipt, str):
        raise refused("The receipt must be a string.", field="receipt")
    if receipt is not None and len(receipt) > RECEIPT_CHARACTERS:
        raise refused("The receipt may not be greater than 40 characters.", field="receipt")
    return body


def _check_amount(amount: Any) -> None:
    if amount is None:
        raise refused("The amount field is required.", field="amount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise refused("The amount must be an integer.", field="amount")
    if amount < MINIMUM_AMOUNT:
        raise refused(
            "Order amount less than minimum amount allowed",
            field="amount",
            step="order_creation",
            reason="amount_less_than_minimum_amount",
        )


def capture_setting(body: dict[str, Any]) -> dict[str, Any]:
    """`automatic` or `manual`: the order's own wish, else the account's default, which is automatic.

    With how long an authorised payment waits for its capture, where the order says so."""
    wish = body.get("payment")
    if not isinstance(wish, dict) or wish.get("capture") not in ("automatic", "manual"):
        is_manual = "payment_capture" in body and body["payment_capture"] in (0, "0", False)
        return {"capture": "manual" if is_manual else "automatic"}
    options = wish.get("capture_options")
    minutes = options.get("manual_expiry_period") if isinstance(options, dict) else None
    if minutes is None:
        return {"capture": wish["capture"]}
    if not isinstance(minutes, int) or not LEAST_EXPIRY_MINUTES <= minutes <= MOST_EXPIRY_MINUTES:
        raise refused("The manual expiry period must be between 12 and 7200.", field="payment.capture_options")
    return {"capture": wish["capture"], "expiry_seconds": minutes * 60}
