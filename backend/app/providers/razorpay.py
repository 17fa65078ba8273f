"""Razorpay: orders, payments, captures and signatures. Their dictionaries and exceptions end here.

Orders carry our receipt with `unique_receipt`, so a repeated create finds the first; after an `Unknown` look the order up
by its receipt all the same. A signature that fits says who posted it, never what the payment's state is: fetch that.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import razorpay

from app.core.errors import Rejected
from app.providers.calls import DEFAULT_TIMEOUTS, Timeouts, logged, uncertain
from app.providers.transport import JudgingSession

PROVIDER = "razorpay"
MAX_RECEIPT_LENGTH = 40  # theirs
MAX_LISTED = 100  # their largest page; one order with more attempts than that does not exist

T = TypeVar("T")


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


class Razorpay:
    """One account's client. Not shared between threads or across a fork: get it through `clients.per_thread`."""

    def __init__(self, key_id: str, key_secret: str, base_url: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._secret = key_secret
        # the SDK's own retry stays off: it would send a POST again after a read timeout
        self._client = razorpay.Client(
            session=JudgingSession(PROVIDER, timeouts, _reason), auth=(key_id, key_secret), base_url=base_url.rstrip("/")
        )

    def create_order(
        self, receipt: str, amount: int, currency: str, notes: Mapping[str, str], *, unique_receipt: bool = True
    ) -> OrderFacts:
        """Create the order, or find the first of this receipt. `Unknown`: look it up by the receipt."""
        data = {"receipt": receipt, "amount": amount, "currency": currency, "notes": dict(notes)}
        data["payment_capture"] = True  # an account set to manual capture would only authorise, and give the money back
        if unique_receipt:
            data["unique_receipt"] = True
        return _call("orders.create", lambda: self._client.order.create(data), _order)

    def find_order_by_receipt(self, receipt: str) -> OrderFacts | None:
        """The order of this receipt, or None. Should there be several (old accounts allow it): a paid one, else the oldest."""
        query = {"receipt": receipt, "count": MAX_LISTED}
        orders = _call("orders.list", lambda: self._client.order.all(query), _many(_order))
        mine = [order for order in orders if order.receipt == receipt]
        return min(mine, key=lambda order: (order.status != "paid", order.created_at), default=None)

    def fetch_order(self, order_id: str) -> OrderFacts:
        return _call("orders.fetch", lambda: self._client.order.fetch(order_id), _order)

    def order_payments(self, order_id: str) -> list[PaymentFacts]:
        """Every payment tried on the order, as Razorpay lists them."""
        return _call("orders.payments", lambda: self._client.order.payments(order_id), _many(_payment))

    def fetch_payment(self, payment_id: str) -> PaymentFacts:
        return _call("payments.fetch", lambda: self._client.payment.fetch(payment_id), _payment)

    def capture(self, payment_id: str, amount: int, currency: str) -> PaymentFacts:
        """Take an authorised payment. Safe to repeat: one that is already captured for this amount is the answer."""
        own_data = {"currency": currency}  # the SDK writes the amount into it: its default is shared between threads
        try:
            return _call("payments.capture", lambda: self._client.payment.capture(payment_id, amount, own_data), _payment)
        except Rejected as refusal:
            payment = self.fetch_payment(payment_id)
            if payment.captured and (payment.amount, payment.currency) == (amount, currency):
                return payment
            raise refusal

    def verify_return_signature(self, order_id: str, payment_id: str, signature: str | None) -> bool:
        """Whether this account's secret signed the browser's return. `order_id` is the one we stored, not the posted one."""
        return _is_signed(self._secret, f"{order_id}|{payment_id}".encode(), signature)


def verify_webhook(raw: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether one of the live secrets signed these bytes. No secret at all: nothing is genuine. Never raises."""
    return any(_is_signed(secret, raw, signature) for secret in secrets if secret)


def _is_signed(secret: str, message: bytes, signature: str | None) -> bool:
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    # as bytes: compare_digest raises for text outside ASCII; surrogates come from undecodable headers
    return hmac.compare_digest(expected.encode(), (signature or "").encode(errors="surrogateescape"))


def _call(operation: str, send: Callable[[], dict[str, Any]], read: Callable[[dict[str, Any]], T]) -> T:
    """Send and read the answer; one that lacks what it is documented to hold is as good as none."""
    with logged(PROVIDER, operation):
        answer = send()
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError) as error:
            reads = operation.rpartition(".")[2] not in ("create", "capture")
            raise uncertain(f"{PROVIDER}: {operation} answered without {error}", "malformed_answer", reads=reads) from error


def _reason(body: Mapping[str, Any]) -> str:
    """`reason`, else the field, else the code of an error body; tolerant, for they may be absent, null or "NA"."""
    error = body.get("error")
    if not isinstance(error, Mapping):
        return ""
    parts = (error.get("reason"), error.get("field"), error.get("code"))
    return next((str(part) for part in parts if part and part != "NA"), "")


def _order(entity: Mapping[str, Any]) -> OrderFacts:
    return OrderFacts(
        id=str(entity["id"]),
        receipt=entity.get("receipt"),
        amount=int(entity["amount"]),
        amount_paid=int(entity.get("amount_paid") or 0),
        currency=str(entity["currency"]),
        status=str(entity["status"]),
        attempts=int(entity.get("attempts") or 0),
        created_at=int(entity["created_at"]),
    )


def _payment(entity: Mapping[str, Any]) -> PaymentFacts:
    fee, tax = entity.get("fee"), entity.get("tax")
    return PaymentFacts(
        id=str(entity["id"]),
        order_id=entity.get("order_id"),
        amount=int(entity["amount"]),
        currency=str(entity["currency"]),
        status=str(entity["status"]),
        captured=bool(entity.get("captured")),
        method=entity.get("method"),
        fee=None if fee is None else int(fee),
        tax=None if tax is None else int(tax),
        error_reason=entity.get("error_reason") or None,
    )


def _many(read: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any]], list[T]]:
    return lambda collection: [read(item) for item in collection["items"]]
