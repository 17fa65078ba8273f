"""A `requests` session that answers in the three words, for the SDKs that let us bring our own (Razorpay, Twilio).

The SDKs drop what matters: the HTTP status, whether anything was sent, the provider's code. So the answer is judged here,
below them, and they only ever see a 2xx JSON body.
"""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from app.core.errors import ProviderError, Unavailable
from app.providers.calls import Timeouts, uncertain, word_for_status

READS = frozenset({"GET", "HEAD"})


class JudgingSession(requests.Session):
    """Every answer outside 2xx JSON and every broken connection leaves as `Rejected`, `Unavailable` or `Unknown`.

    Not shared between threads or across a fork (see `per_thread`). Never retries, never follows a redirect.
    """

    def __init__(self, provider: str, timeouts: Timeouts, reason_of: Callable[[Mapping[str, Any]], str]) -> None:
        super().__init__()
        self.provider, self.timeouts, self.reason_of = provider, timeouts, reason_of

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The one place every request of both SDKs passes."""
        reads = request.method in READS
        kwargs["timeout"] = (self.timeouts.connect, self.timeouts.read)  # the SDKs' own default is for ever
        kwargs["allow_redirects"] = False  # a POST that follows a redirect becomes a GET
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            raise self._broken(error, reads=reads) from error
        body = _json_object(response)
        if not 200 <= response.status_code < 300:
            reason = self.reason_of(body) if body is not None else ""
            raise word_for_status(self.provider, response.status_code, reason, reads=reads, headers=response.headers)
        if body is None:
            raise uncertain(f"{self.provider} answered {response.status_code} without JSON", "not_json", reads=reads)
        return response

    def _broken(self, error: requests.RequestException, *, reads: bool) -> ProviderError:
        if _was_never_sent(error):
            return Unavailable(f"{self.provider} cannot be reached", reason="not_connected")
        reason = "timeout" if isinstance(error, requests.Timeout) else "connection_lost"
        return uncertain(f"{self.provider}: {reason} after the request was sent", reason, reads=reads)


def _was_never_sent(error: requests.RequestException) -> bool:
    """No connection was made, so nothing can have taken effect. In doubt False."""
    cause: object = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(error, requests.ConnectTimeout) or (
        isinstance(cause, HTTPError) and isinstance(cause, NewConnectionError | ConnectTimeoutError)
    )


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:  # covers requests' own JSONDecodeError and undecodable bytes
        return None
    return body if isinstance(body, dict) else None
