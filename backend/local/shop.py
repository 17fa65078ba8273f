"""The two worlds the story sees: the shop's public API, and the sandbox where the customer's phone and bank live."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from local.progress import say

Json = dict[str, Any]
T = TypeVar("T")
ANSWER_SECONDS = 30.0
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.1
QUIET_SECONDS = 1.0  # a wait that takes longer says that it waits


class StoryFailed(Exception):
    """Something the story promises did not hold; the text says what."""


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StoryFailed(otherwise)


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Poll until `look` finds something; StoryFailed when the time is over."""
    started = time.monotonic()
    has_spoken = False
    while (found := look()) is None:
        waited = time.monotonic() - started
        check(waited < seconds, f"waited {seconds:.0f} s in vain for {what}")
        if waited > QUIET_SECONDS and not has_spoken:
            say(f"  … waiting for {what}")
            has_spoken = True
        time.sleep(POLL_SECONDS)
    return found


@dataclass
class Shop:
    """A caller of the public API; signed in once `token` is set."""

    http: httpx2.Client
    token: str = ""

    def get(self, path: str, **query: str | int) -> Json:
        return self._json("GET", path, params=query)

    def get_bytes(self, path: str) -> bytes:
        return self._request("GET", path).content

    def post(self, path: str, body: Json | None = None, *, idempotency_key: str = "") -> Json:
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._json("POST", path, json=body or {}, headers=headers)

    def put(self, path: str, body: Json) -> Json:
        return self._json("PUT", path, json=body)

    def patch(self, path: str, body: Json) -> Json:
        return self._json("PATCH", path, json=body)

    def submit_form(self, path: str, fields: dict[str, str]) -> httpx2.Response:
        """As the customer's browser does when it comes back; the redirect is returned, not followed."""
        return self.http.post(path, data=fields)

    def _json(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Json:
        answer: Json = self._request(method, path, headers=headers, **more).json()
        return answer

    def _request(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return _successful(self.http.request(method, path, headers={**signed, **(headers or {})}, **more))


@dataclass
class Sandbox:
    """The customer's phone, mailbox and bank, and what the payment provider saw."""

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

    def pay(self, provider_order_id: str) -> Json:
        paid: Json = self._post(f"/control/razorpay/orders/{provider_order_id}/pay", {"method": "upi", "outcome": "captured"})
        return paid

    def captures(self, provider_order_id: str) -> list[Json]:
        ledger = self._get("/control/ledger", account=self.payment_account)
        return [capture for capture in ledger["captures"] if capture["order_id"] == provider_order_id]

    def webhooks(self, payment_id: str) -> list[Json]:
        """Events about one payment, each with its deliveries."""
        events = self._get("/control/events", account=self.payment_account)
        return [event for event in events if payment_id in str(event["body"])]

    def deliver_again(self, event_id: str) -> Json:
        answer: Json = self._post(f"/control/events/{event_id}/deliver", {})
        return answer

    def _get(self, path: str, **query: str | int) -> Any:
        return _successful(self.http.get(path, params=query)).json()

    def _post(self, path: str, body: Json) -> Any:
        return _successful(self.http.post(path, json=body)).json()


def _successful(answer: httpx2.Response) -> httpx2.Response:
    request = f"{answer.request.method} {answer.request.url.path}"
    check(answer.is_success, f"{request} was answered {answer.status_code} {answer.text[:500]}")
    return answer
