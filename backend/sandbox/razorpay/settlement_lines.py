"""The lines of a settlement, one for each payment, refund and adjustment in it."""

from typing import Any

from sandbox.razorpay.entities import Entity, load
from sandbox.store import Db

# The columns of every line; a payment or refund adds its own.
BLANK: dict[str, Any] = {
    "debit": 0,
    "credit": 0,
    "currency": "INR",
    "fee": 0,
    "tax": 0,
    "on_hold": False,
    "settled": True,
    "posted_at": None,
    "description": None,
    "notes": None,
    "payment_id": None,
    "settlement_utr": None,
    "order_id": None,
    "order_receipt": None,
    "method": None,
    "card_network": None,
    "card_issuer": None,
    "card_type": None,
    "dispute_id": None,
}


def money_line(db: Db, row: Any, utr: str) -> dict[str, Any]:
    """A payment brings its amount without the fee (which includes the tax); a refund takes its amount, fees stay paid."""
    payment = load(db, row["account"], "payment", row["payment_id"])
    order = load(db, row["account"], "order", row["order_id"]).wire
    is_refund = row["kind"] == "refund"
    of = load(db, row["account"], "refund", row["refund_id"]) if is_refund else payment
    fee, tax = (0, 0) if is_refund else (payment.wire["fee"], payment.wire["tax"])
    card = payment.hidden.get("card") or {}
    return BLANK | {
        "entity_id": of.id,
        "type": row["kind"] if is_refund else "payment",
        "debit": row["amount"] if is_refund else 0,
        "credit": 0 if is_refund else row["amount"] - fee,
        "amount": row["amount"],
        "currency": payment.wire["currency"],
        "fee": fee,
        "tax": tax,
        "created_at": of.wire["created_at"],
        "credit_type": "default",
        "description": None if is_refund else payment.wire["description"],
        "notes": _as_text(of.wire["notes"]),
        "payment_id": payment.id if is_refund else None,
        "settlement_utr": utr,
        "order_id": order["id"],
        "order_receipt": order["receipt"],
        "method": payment.wire["method"],
        "card_network": card.get("network"),
        "card_issuer": card.get("issuer"),
        "card_type": card.get("type"),
    }


def adjustment_line(adjustment: Entity) -> dict[str, Any]:
    """Without UTR and credit_type, as in the one sample there is; that a dispute shows as one is our reading."""
    amount = adjustment.wire["amount"]
    return BLANK | {
        "entity_id": adjustment.id,
        "type": "adjustment",
        "debit": max(-amount, 0),
        "credit": max(amount, 0),
        "amount": abs(amount),
        "created_at": adjustment.wire["created_at"],
        "description": adjustment.wire["description"],
        "dispute_id": adjustment.wire["dispute_id"],
    }


def _as_text(notes: Any) -> str | None:
    """Here notes are a string or null, whatever they are elsewhere."""
    return ", ".join(str(text) for text in notes.values()) if notes else None
