"""Razorpay: orders, payments, captures and signatures. Their dictionaries and exceptions end here.

Refunds, subscriptions and lists are inherited from the modules of those names: callers know one client. Orders carry our
receipt with `unique_receipt`, so a repeated create finds the first; after an `Unknown` look it up by its receipt all the
same. A signature that fits says who posted it, never what the payment's state is: fetch that.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import Rejected
from app.providers.razorpay_calling import MAX_LISTED, PROVIDER, call, many
from app.providers.razorpay_facts import (
    Notice,
    OrderFacts,
    PaymentFacts,
    Person,
    Registration,
    TokenFacts,
    read_order,
    read_payment,
    read_token,
)
from app.providers.razorpay_lists import Lists
from app.providers.razorpay_refunds import Refunds
from app.providers.razorpay_subscriptions import Subscriptions

__all__ = ["MAX_RECEIPT_LENGTH", "PROVIDER", "Razorpay", "verify_webhook"]

MAX_RECEIPT_LENGTH = 40  # theirs
NAME = re.compile(r"[A-Za-z0-9 .'/@()]{3,50}")  # what they take; another name is left out


class Razorpay(Refunds, Subscriptions, Lists):
    """One account's client. Not shared between threads or across a fork: get it through `clients.per_thread`."""

    def create_order(
        self,
        receipt: str,
        amount: int,
        currency: str,
        notes: Mapping[str, str],
        *,
        terms: Registration | Notice | None = None,
        unique_receipt: bool = True,
    ) -> OrderFacts:
        """Create the order, or find the first of this receipt. `Unknown`: look it up by the receipt.

        `terms`: its payment is also to approve a mandate, or it is to be debited under one and announced before.
        """
        data: dict[str, Any] = {"receipt": receipt, "amount": amount, "currency": currency, "notes": dict(notes)}
        data |= terms.as_order() if terms else {}
        data["payment_capture"] = True  # an account set to manual capture would only authorise, and give the money back
        if unique_receipt:
            data["unique_receipt"] = True
        return call("orders.create", lambda: self._client.order.create(data), read_order)

    def find_order_by_receipt(self, receipt: str) -> OrderFacts | None:
        """The order of this receipt, or None. Should there be several (old accounts allow it): a paid one, else the oldest."""
        query = {"receipt": receipt, "count": MAX_LISTED}
        orders = call("orders.list", lambda: self._client.order.all(query), many(read_order))
        mine = [order for order in orders if order.receipt == receipt]
        return min(mine, key=lambda order: (order.status != "paid", order.created_at), default=None)

    def fetch_order(self, order_id: str) -> OrderFacts:
        return call("orders.fetch", lambda: self._client.order.fetch(order_id), read_order)

    def order_payments(self, order_id: str) -> list[PaymentFacts]:
        """Every payment tried on the order, as Razorpay lists them."""
        return call("orders.payments", lambda: self._client.order.payments(order_id), many(read_payment))

    def fetch_payment(self, payment_id: str) -> PaymentFacts:
        return call("payments.fetch", lambda: self._client.payment.fetch(payment_id), read_payment)

    def capture(self, payment_id: str, amount: int, currency: str) -> PaymentFacts:
        """Take an authorised payment. Safe to repeat: one that is already captured for this amount is the answer."""
        own_data = {"currency": currency}  # the SDK writes the amount into it: its default is shared between threads
        try:
            return call("payments.capture", lambda: self._client.payment.capture(payment_id, amount, own_data), read_payment)
        except Rejected as refusal:
            payment = self.fetch_payment(payment_id)
            if payment.captured and (payment.amount, payment.currency) == (amount, currency):
                return payment
            raise refusal

    def find_customer(self, person: Person) -> str:
        """The id of this person as a customer of the account, made if there is none. Safe to repeat."""
        data = {"contact": person.contact, "email": person.email, "fail_existing": "0"}
        if NAME.fullmatch(person.name):
            data["name"] = person.name
        return call("customers.find", lambda: self._client.customer.create(data), lambda entity: str(entity["id"]))

    def debit(
        self, order_id: str, amount: int, currency: str, *, customer_id: str, token_id: str, person: Person, description: str
    ) -> str:
        """Debit under a mandate; the id of a payment that is accepted, not paid. Not idempotent: `Unknown` means look up.

        The order takes one successful payment at most.
        """
        data = {
            "email": person.email,
            "contact": person.contact,
            "amount": amount,
            "currency": currency,
            "order_id": order_id,
            "customer_id": customer_id,
            "token": token_id,
            "recurring": True,
            "description": description,
        }
        return call(
            "payments.create_recurring",
            lambda: self._client.payment.createRecurring(data),
            lambda answer: str(answer["razorpay_payment_id"]),
        )

    def fetch_token(self, customer_id: str, token_id: str) -> TokenFacts:
        return call("tokens.fetch", lambda: self._client.token.fetch(customer_id, token_id), read_token)

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
