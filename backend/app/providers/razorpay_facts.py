"""What Razorpay tells of its entities, and what it is asked for. Amounts in paise, times in Unix seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.providers.razorpay_values import maybe_paise, number, one_of, paise

PAYMENT_STATUSES = frozenset({"created", "authorized", "captured", "refunded", "failed"})
REFUND_STATUSES = frozenset({"pending", "processed", "failed"})
CAPTURED = (True, "1")  # some events write it as a string


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """The notice before a debit, as the order shows it."""

    status: str  # created → delivered | failed
    delivered_at: int | None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What Razorpay knows of an order. Amounts in paise."""

    id: str
    receipt: str | None
    amount: int
    amount_paid: int
    currency: str
    status: str  # created → attempted → paid, never back
    attempts: int
    created_at: int  # Unix seconds
    notice: NoticeFacts | None = None


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What Razorpay knows of a payment. Amounts in paise; `fee` includes `tax`, both None until it is captured."""

    id: str
    order_id: str | None
    amount: int
    currency: str
    status: str  # created, authorized, captured, refunded, failed; failed → authorized is legal (late authorisation)
    captured: bool
    method: str | None
    fee: int | None
    tax: int | None
    error_reason: str | None
    token_id: str | None = None
    amount_refunded: int = 0
    created_at: int | None = None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What Razorpay knows of a refund. `processed` without an `arn` happens; the bank's reference comes later, if at all."""

    id: str
    payment_id: str
    amount: int
    currency: str
    status: str  # pending, processed, failed
    receipt: str | None
    speed_processed: str | None
    created_at: int
    arn: str | None  # by which the customer's bank finds it
    key: str | None = None  # the note in which we keep our key


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What Razorpay knows of a mandate: `status` is initiated, confirmed, rejected, paused or cancelled."""

    id: str
    status: str
    failure_reason: str | None
    expired_at: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a mandate or a debit is about."""

    name: str
    contact: str
    email: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What the customer is asked to allow, with the first payment of an order."""

    customer_id: str
    method: str
    max_amount: int
    expire_at: int
    frequency: str = "as_presented"  # another one is enforced by the network: the first rupee would use up the month

    def as_order(self) -> dict[str, Any]:
        token = {"max_amount": self.max_amount, "expire_at": self.expire_at, "frequency": self.frequency}
        return {"customer_id": self.customer_id, "method": self.method, "token": token}


@dataclass(frozen=True, slots=True)
class Notice:
    """What the customer's bank is asked to announce: a debit of the order's amount, not before `payment_after`."""

    token_id: str
    payment_after: int

    def as_order(self) -> dict[str, Any]:
        return {"notification": {"token_id": self.token_id, "payment_after": self.payment_after}}


def read_order(entity: Mapping[str, Any]) -> OrderFacts:
    return OrderFacts(
        id=str(entity["id"]),
        receipt=entity.get("receipt"),
        amount=int(entity["amount"]),
        amount_paid=int(entity.get("amount_paid") or 0),
        currency=str(entity["currency"]),
        status=str(entity["status"]),
        attempts=int(entity.get("attempts") or 0),
        created_at=int(entity["created_at"]),
        notice=_notice(entity.get("notification")),
    )


def read_payment(entity: Mapping[str, Any]) -> PaymentFacts:
    """ValueError for a status that is not documented: to guess what it means for the money would be worse than to wait."""
    return PaymentFacts(
        id=str(entity["id"]),
        order_id=entity.get("order_id"),
        amount=paise(entity["amount"]),
        currency=str(entity["currency"]),
        status=one_of(PAYMENT_STATUSES, entity["status"]),
        captured=entity.get("captured") in CAPTURED,
        method=entity.get("method"),
        fee=maybe_paise(entity.get("fee")),
        tax=maybe_paise(entity.get("tax")),
        error_reason=entity.get("error_reason") or None,
        token_id=entity.get("token_id") or None,
        amount_refunded=paise(entity.get("amount_refunded") or 0),
        created_at=number(entity.get("created_at")),
    )


def read_refund(entity: Mapping[str, Any]) -> RefundFacts:
    """ValueError for a status that is not documented, as with payments."""
    acquirer = entity.get("acquirer_data")
    notes = entity.get("notes")  # an empty one is a list
    return RefundFacts(
        id=str(entity["id"]),
        payment_id=str(entity["payment_id"]),
        amount=paise(entity["amount"]),
        currency=str(entity["currency"]),
        status=one_of(REFUND_STATUSES, entity["status"]),
        receipt=entity.get("receipt") or None,
        speed_processed=entity.get("speed_processed") or None,
        created_at=int(entity["created_at"]),
        arn=(acquirer.get("arn") or None) if isinstance(acquirer, Mapping) else None,
        key=(notes.get("refund_key") or None) if isinstance(notes, Mapping) else None,
    )


def read_token(entity: Mapping[str, Any]) -> TokenFacts:
    details = entity["recurring_details"]
    return TokenFacts(
        id=str(entity["id"]),
        status=str(details["status"]),
        failure_reason=details.get("failure_reason") or None,
        expired_at=number(entity.get("expired_at")),
    )


def _notice(entity: Any) -> NoticeFacts | None:
    if not isinstance(entity, Mapping):
        return None
    return NoticeFacts(
        status=str(entity.get("status") or "created"),
        delivered_at=number(entity.get("delivered_at")),
    )
