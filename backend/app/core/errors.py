"""Two families of errors: refusals (the caller's, with a stable code) and what a provider's answer means.

A refusal is a fact about the request, rendered as a problem document (RFC 9457). Its class name is the reason, its `code`
is stable, its docstring is the sentence for people when no detail is given.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """The request was refused."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    keeps_effects: ClassVar[bool] = False  # True: the unit of work commits before it re-raises (a counted wrong OTP)

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n")[0]
        self.facts = facts  # e.g. field="phone", allowed=["confirmed"]; rendered beside the detail
        super().__init__(self.detail)


class Invalid(Refusal):
    """A value is not acceptable."""

    status, code = 422, "invalid"


class Unauthorised(Refusal):
    """Sign in first."""

    status, code = 401, "unauthorised"


class Forbidden(Refusal):
    """You may not do this."""

    status, code = 403, "forbidden"


class NotFound(Refusal):
    """There is no such thing, or it is not yours."""

    status, code = 404, "not_found"


class Conflict(Refusal):
    """The present state does not allow this."""

    status, code = 409, "conflict"


class TooMany(Refusal):
    """Too many requests; wait a little. `retry_after_seconds` says how long."""

    status, code = 429, "too_many"


class ProviderError(Exception):
    """A call to a provider did not end in a plain answer. Exactly one of three words says what that means."""

    def __init__(self, message: str, *, reason: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason  # the provider's own stable reason or code, never personal values
        self.retry_after_seconds = retry_after_seconds


class Rejected(ProviderError):
    """Refused for good: the same call would be refused again. Never retried."""


class Unavailable(ProviderError):
    """Did not take effect (refused connection, 429, open breaker, a failed read): may be tried again as it is."""


class Unknown(ProviderError):
    """May have taken effect (timeout, reset, 5xx, an answer that is not JSON): look it up, never send again blindly."""


class LeaseLost(Exception):
    """The row was claimed by somebody else meanwhile; the transaction of the late holder is rolled back."""
