"""What new payments and refunds look like, and what a payment costs the merchant."""

from typing import Any

from sandbox.ids import razorpay_id

NO_ERROR = dict.fromkeys(("error_code", "error_description", "error_source", "error_step", "error_reason"))
ACQUIRER_KEYS = {
    "upi": ("rrn", "upi_transaction_id"),
    "card": ("auth_code",),
    "netbanking": ("bank_transaction_id",),
    "wallet": ("transaction_id",),
}


def fee_and_tax(amount: int) -> tuple[int, int]:
    """Two percent and 18 % GST on it, in paise; the fee includes the tax."""
    base = (amount * 2 + 50) // 100
    tax = (base * 18 + 50) // 100
    return base + tax, tax


def new_payment(order: dict[str, Any], shown: dict[str, Any], now: int) -> dict[str, Any]:
    return {
        "id": razorpay_id("pay"),
        "entity": "payment",
        "amount": order["amount_due"] or order["amount"],
        "currency": order["currency"],
        "base_amount": order["amount_due"] or order["amount"],
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "amount_refunded": 0,
        "amount_transferred": 0,
        "refund_status": None,
        "captured": False,
        "description": None,
        **shown,
        "notes": order["notes"],
        "fee": None,
        "tax": None,
        **NO_ERROR,
        "acquirer_data": dict.fromkeys(ACQUIRER_KEYS[shown["method"]]),
        "created_at": now,
    }


def new_refund(payment: dict[str, Any], amount: int, now: int) -> dict[str, Any]:
    """At the usual speed, done at once."""
    return {
        "id": razorpay_id("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": [],
        "receipt": None,
        "acquirer_data": {"arn": None},
        "created_at": now,
        "batch_id": None,
        "status": "processed",
        "speed_requested": "normal",
        "speed_processed": "normal",
    }
