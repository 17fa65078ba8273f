"""The sandbox as the story sees it: the customer's phone, mailbox and bank, and what the payment provider saw."""

import re
from dataclasses import dataclass
from typing import Any

import httpx2

from local.shop import Json, successful

REGISTERED = {"method": "upi", "outcome": "captured"}


@dataclass
class Sandbox:
    """The second witness: whatever the shop says of money and messages is asked here, too."""

    http: httpx2.Client
    payment_account: str

    def inbox(self, to: str, channel: str) -> list[Json]:
        """Messages to that number or address, newest first."""
        messages: list[Json] = self._get("/control/inbox", to=to, channel=channel, limit=50)
        return messages

    def code_sent_to(self, phone: str) -> str | None:
        """The one-time code in the newest SMS."""
        for message in self.inbox(phone, "sms"):
            if found := re.search(r"\b\d{6}\b", message["text"]):
                return found.group()
        return None

    def pay(self, provider_order_id: str, outcome: str = "captured") -> Json:
        paid: Json = self._post(f"/control/razorpay/orders/{provider_order_id}/pay", {**REGISTERED, "outcome": outcome})
        return paid

    def come_late(self, payment_id: str) -> Json:
        """The bank has taken the money of a failed payment after all."""
        late: Json = self._post(f"/control/razorpay/payments/{payment_id}/late", {})
        return late

    def approve(self, provider_order_id: str) -> Json:
        """As in the customer's UPI app: the payment, and with it the mandate its order asks for."""
        approved: Json = self._post(f"/control/razorpay/orders/{provider_order_id}/pay", {**REGISTERED, "recurring": True})
        return approved

    def mandate(self, token_id: str) -> Json:
        """The customer's mandate as the bank has it, with every debit made on it."""
        found: list[Json] = self._get("/control/razorpay/tokens", account=self.payment_account)
        return next(token for token in found if token["id"] == token_id)

    def orders_announced(self, token_id: str) -> list[Json]:
        """Provider orders made for debits on this mandate, as they were asked for; refused ones left out."""
        calls = self._get("/control/calls", account=self.payment_account, operation="orders.create")
        made = [call["body"] for call in calls if call["status"] == httpx2.codes.OK]
        return [body for body in made if (body.get("notification") or {}).get("token_id") == token_id]

    def captures(self, provider_order_id: str) -> list[Json]:
        ledger = self._get("/control/ledger", account=self.payment_account)
        return [capture for capture in ledger["captures"] if capture["order_id"] == provider_order_id]

    def refunds(self, provider_order_id: str) -> list[int]:
        """What went back of an order's captures, in paise, oldest first."""
        payments = {capture["payment_id"] for capture in self.captures(provider_order_id)}
        ledger = self._get("/control/ledger", account=self.payment_account)
        return [refund["amount"] for refund in ledger["refunds"] if refund["payment_id"] in payments]

    def webhooks(self, about: str, kind: str = "") -> list[Json]:
        """Events (of one kind) that name a payment, an order or a token, each with its deliveries; oldest first."""
        events = self._get("/control/events", account=self.payment_account)
        return [event for event in events if about in event["raw_body"] and kind in ("", event["type"])]

    def taken_webhook(self, about: str, kind: str, times: int = 1) -> Json | None:
        """The event once it was answered with success that often."""
        for event in self.webhooks(about, kind):
            taken = [delivery for delivery in event["deliveries"] if 200 <= (delivery["last_status"] or 0) < 300]
            if len(taken) >= times:
                return event
        return None

    def deliver_again(self, event_id: str) -> Json:
        answer: Json = self._post(f"/control/events/{event_id}/deliver", {})
        return answer

    def _get(self, path: str, **query: str | int) -> Any:
        return successful(self.http.get(path, params=query)).json()

    def _post(self, path: str, body: Json) -> Any:
        return successful(self.http.post(path, json=body)).json()
