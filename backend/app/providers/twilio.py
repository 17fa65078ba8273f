"""Twilio: SMS out, status callbacks in. There is no idempotency key: after an `Unknown` only a callback tells."""

from collections.abc import Mapping
from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from app.core.errors import Rejected
from app.providers.calls import DEFAULT_TIMEOUTS, Timeouts, logged, uncertain
from app.providers.messages import OutgoingSms, Sent
from app.providers.transport import JudgingSession

PROVIDER = "twilio"
STOPPED = "21610"  # the recipient answered STOP: permanent until START
BAD_RECIPIENT = frozenset({"21211", "21604", "21614", "21635"})  # this number can never receive an SMS


class Twilio:
    """One account's client. Not shared between threads or across a fork: get it through `clients.per_thread`."""

    def __init__(
        self, account_sid: str, auth_token: str, from_phone: str, base_url: str, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> None:
        self._from_phone = from_phone
        transport = TwilioHttpClient()
        transport.session = JudgingSession(PROVIDER, timeouts, _reason)
        self._client = Client(account_sid, auth_token, http_client=transport)
        self._client.api.base_url = base_url.rstrip("/")

    def send(self, sms: OutgoingSms) -> Sent:
        """Hand the SMS over. `Rejected.reason` is Twilio's error code."""
        callback = {"status_callback": sms.status_callback_url} if sms.status_callback_url else {}
        with logged(PROVIDER, "messages.create"):
            message = self._client.messages.create(to=sms.to, from_=self._from_phone, body=sms.text, **callback)
            if not message.sid:
                raise uncertain(f"{PROVIDER} answered without a sid", "malformed_answer", reads=False)
            if message.status == "failed":  # refused in the answer itself; no callback follows
                raise Rejected(f"{PROVIDER} failed the message", reason=str(message.error_code or "failed"))
        return Sent(PROVIDER, message.sid)


def verify_callback(url: str, params: Mapping[str, str], signature: str | None, auth_token: str) -> bool:
    """Whether Twilio signed this form for this public URL (scheme, host, path and query as Twilio saw them). Never raises."""
    if not auth_token or not signature:
        return False
    return bool(RequestValidator(auth_token).validate(url, dict(params), signature))


def _reason(body: Mapping[str, Any]) -> str:
    return str(body.get("code") or "")
