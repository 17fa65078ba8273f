"""Below every call to Razorpay: the account's client, and how an answer is read."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import razorpay

from app.providers.calls import DEFAULT_TIMEOUTS, Timeouts, logged, uncertain
from app.providers.transport import JudgingSession

PROVIDER = "razorpay"
MAX_LISTED = 100  # their largest page; one order with more attempts than that does not exist
LOW_BALANCE = "insufficient_balance"
# What an operation's name ends in when it changes something.
WRITES = frozenset({"create", "capture", "create_recurring", "cancel", "pause", "resume"})

T = TypeVar("T")


class Account:
    """The keys of one account, and the SDK's client for them."""

    def __init__(self, key_id: str, key_secret: str, base_url: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self._secret = key_secret
        # the SDK's own retry stays off: it would send a POST again after a read timeout
        self._client = razorpay.Client(
            session=JudgingSession(PROVIDER, timeouts, _reason), auth=(key_id, key_secret), base_url=base_url.rstrip("/")
        )


def call(operation: str, send: Callable[[], dict[str, Any]], read: Callable[[dict[str, Any]], T]) -> T:
    """Send and read the answer; one that lacks what it is documented to hold is as good as none."""
    with logged(PROVIDER, operation):
        answer = send()
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError) as error:
            reads = operation.rpartition(".")[2] not in WRITES
            message = f"{PROVIDER}: {operation} answered what cannot be read ({type(error).__name__}: {error})"
            raise uncertain(message, "malformed_answer", reads=reads) from error


def many(read: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any]], list[T]]:
    return lambda collection: [read(item) for item in collection["items"]]


def _reason(body: Mapping[str, Any]) -> str:
    """`reason`, else the field, else the code of an error body; tolerant, for they may be absent, null or "NA".

    That the account's own balance is too low has no documented reason: the sentence tells. The sentence itself is not kept.
    """
    error = body.get("error")
    if not isinstance(error, Mapping):
        return ""
    if "balance" in f"{error.get('reason')} {error.get('description')}".lower():
        return LOW_BALANCE
    parts = (error.get("reason"), error.get("field"), error.get("code"))
    return next((str(part) for part in parts if part and part != "NA"), "")
