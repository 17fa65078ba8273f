"""SendGrid: e-mail out, signed event arrays in. There is no idempotency key: after an `Unknown` only an event tells."""

import base64
import binascii
import functools
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError

import python_http_client
import sendgrid
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.core.errors import Unavailable
from app.providers.calls import DEFAULT_TIMEOUTS, Timeouts, logged, uncertain, word_for_status
from app.providers.messages import OutgoingEmail, Sent
from app.providers.sendgrid_http import ConnectingClient, NotConnected

PROVIDER = "sendgrid"
MESSAGE_ID_ARG = "message_id"  # our id in `custom_args`; every event carries it flattened


class SendGrid:
    """One account's client. Not shared between threads or across a fork: get it through `clients.per_thread`."""

    def __init__(self, api_key: str, from_email: str, base_url: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._from_email = from_email
        self._api = sendgrid.SendGridAPIClient(api_key, host=base_url.rstrip("/"))
        self._api.client = ConnectingClient(self._api.client, timeouts)

    def send(self, email: OutgoingEmail) -> Sent:
        """Hand the e-mail over. `Rejected.reason` is the field SendGrid complains about, else the HTTP status."""
        with logged(PROVIDER, "mail.send"):
            answer = self._post(_body(email, self._from_email))
            provider_id = answer.headers.get("X-Message-Id")
            if not 200 <= answer.status_code < 300 or not provider_id:
                raise uncertain(f"{PROVIDER} answered {answer.status_code} without an id", "malformed_answer", reads=False)
        return Sent(PROVIDER, provider_id)

    def _post(self, body: dict[str, Any]) -> Any:
        try:
            return self._api.send(body)
        except python_http_client.HTTPError as error:
            headers = dict(error.headers.items()) if error.headers else {}
            raise word_for_status(PROVIDER, error.status_code, _reason(error.body), reads=False, headers=headers) from error
        except URLError as error:
            if isinstance(error.reason, NotConnected):
                raise Unavailable(f"{PROVIDER} cannot be reached", reason="not_connected") from error
            raise uncertain(f"{PROVIDER}: connection lost while sending", "connection_lost", reads=False) from error
        except (OSError, http.client.HTTPException) as error:  # TimeoutError is an OSError
            reason = "timeout" if isinstance(error, TimeoutError) else "connection_lost"
            raise uncertain(f"{PROVIDER}: {reason} after the request was sent", reason, reads=False) from error


def verify_events(raw: bytes, signature: str | None, timestamp: str | None, public_key: str) -> bool:
    """Whether SendGrid signed these bytes. Never raises.

    The timestamp's age is not judged: events are applied once by their id, so a replay changes nothing.
    """
    key = _public_key(public_key)
    if key is None or not signature or not timestamp:
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + raw, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@functools.lru_cache(maxsize=256)
def _public_key(public_key: str) -> ec.EllipticCurvePublicKey | None:
    """The key of a signed webhook (base64 of its DER form), or None for anything else."""
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def _body(email: OutgoingEmail, from_email: str) -> dict[str, Any]:
    sender = {"email": from_email} | ({"name": email.from_name} if email.from_name else {})
    content = [{"type": "text/plain", "value": email.text}]  # SendGrid wants the plain text first
    if email.html:
        content.append({"type": "text/html", "value": email.html})
    return {
        "personalizations": [{"to": [{"email": email.to}], "custom_args": {MESSAGE_ID_ARG: email.message_id}}],
        "from": sender,
        "subject": email.subject,
        "content": content,
    }


def _reason(body: bytes) -> str:
    """The field the first error names. The error's text may quote an address: it is not kept."""
    try:
        errors = json.loads(body)["errors"]
        first: Mapping[str, Any] = errors[0]
        return str(first.get("field") or "")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""
