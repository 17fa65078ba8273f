"""Giving money back through Razorpay, under a key that makes a repeated request the same refund."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Literal

from app.core.errors import Rejected, Unavailable
from app.providers.razorpay_calling import LOW_BALANCE, MAX_LISTED, Account, call, many
from app.providers.razorpay_facts import RefundFacts, read_refund

IDEMPOTENCY_HEADER = "X-Refund-Idempotency"
KEY = re.compile(r"[A-Za-z0-9_-]{10,40}")  # theirs: at least 10 of these; 40 because it is the receipt as well
KEY_NOTE = "refund_key"
MAX_REFUND_PAGES = 10  # of one payment; a thousand refunds of a payment do not exist

Speed = Literal["normal", "optimum"]


class Refunds(Account):
    """What can be asked about refunds."""

    def refund(
        self, payment_id: str, amount: int, key: str, *, notes: Mapping[str, str], speed: Speed = "normal"
    ) -> RefundFacts:
        """Give `amount` paise of the payment back. The same key and body again: the first refund again.

        `Unavailable` with the reason "insufficient_balance": the account must be topped up, then the same request is good.
        `Unknown`: look it up by the key before anything else. ValueError for what must never be sent: a request without an
        amount is a refund of everything.
        """
        if type(amount) is not int or amount <= 0:
            raise ValueError(f"a refund is of a positive whole number of paise, not {amount!r}")
        if not KEY.fullmatch(key):
            raise ValueError("a refund's key has 10 to 40 letters, digits, - and _")
        body = {"amount": amount, "speed": speed, "receipt": key, "notes": {**notes, KEY_NOTE: key}}
        headers = {IDEMPOTENCY_HEADER: key}  # ours alone: the SDK writes into it
        try:
            return call("refunds.create", lambda: self._client.payment.refund(payment_id, body, headers=headers), read_refund)
        except Rejected as refusal:
            if refusal.reason == LOW_BALANCE:
                raise Unavailable(str(refusal), reason=LOW_BALANCE) from refusal
            raise

    def refunds_of_payment(self, payment_id: str) -> list[RefundFacts]:
        """Every refund of the payment, whoever made it."""
        found: list[RefundFacts] = []
        for page in range(MAX_REFUND_PAGES):
            query = {"count": MAX_LISTED, "skip": page * MAX_LISTED}
            send = partial(self._client.payment.fetch_multiple_refund, payment_id, query)
            refunds = call("refunds.of_payment", send, many(read_refund))
            found += refunds
            if len(refunds) < MAX_LISTED:
                break
        return found

    def find_refund(self, payment_id: str, key: str) -> RefundFacts | None:
        """The refund that was asked for under this key, or None. Should there be several: one that has not failed."""
        refunds = self.refunds_of_payment(payment_id)
        mine = [refund for refund in refunds if key in (refund.receipt, refund.key)]
        return min(mine, key=lambda refund: (refund.status == "failed", refund.created_at), default=None)

    def fetch_refund(self, refund_id: str) -> RefundFacts:
        return call("refunds.fetch", lambda: self._client.refund.fetch(refund_id), read_refund)
