"""What every provider call has in common: how long it may take, how its answer is read, what is logged about it.

The three words, by what is known of the effect:

| what came back                                              | a write       | a read        |
|-------------------------------------------------------------|---------------|---------------|
| connection refused, name not found, connect timeout         | `Unavailable` | `Unavailable` |
| 429, 409 (the same key is still in progress)                | `Unavailable` | `Unavailable` |
| any other 4xx                                               | `Rejected`    | `Rejected`    |
| read timeout, reset, 3xx, 5xx, an answer that is not as documented | `Unknown`     | `Unavailable` |
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from app.core.clock import machine_now
from app.core.errors import ProviderError, Rejected, Unavailable, Unknown
from app.core.logging import get_logger

CONNECT_SECONDS = 5.0  # a host that takes longer to say hello is down
READ_SECONDS = 15.0  # far below a claim's lease of 120 s; waiting longer rarely ends in an answer
MAX_WAIT_SECONDS = 600.0  # nothing waits longer than ten minutes, whatever the provider asks for

TOO_MANY, IN_PROGRESS = 429, 409

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take, in seconds: until connected, and between two bytes of the answer."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS


DEFAULT_TIMEOUTS = Timeouts()


def word_for_status(
    provider: str, status: int, reason: str, *, reads: bool, headers: Mapping[str, str] | None = None
) -> ProviderError:
    """Which word an HTTP status outside 2xx means. `reason` is the provider's own code, never a personal value."""
    message = f"{provider} answered {status}" + (f" ({reason})" if reason else "")
    reason = reason or f"http_{status}"
    if status in (TOO_MANY, IN_PROGRESS):
        return Unavailable(message, reason=reason, retry_after_seconds=retry_after_seconds(headers or {}))
    if 400 <= status < 500:
        return Rejected(message, reason=reason)
    return uncertain(message, reason, reads=reads)


def uncertain(message: str, reason: str, *, reads: bool) -> ProviderError:
    """The call was sent and nothing reliable came back: harmless for a read, `Unknown` for a write."""
    return Unavailable(message, reason=reason) if reads else Unknown(message, reason=reason)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the provider asks us to wait (`Retry-After` in seconds or as a date, else `X-RateLimit-Reset`), capped."""
    lowered = {name.lower(): value for name, value in headers.items()}
    now = machine_now()
    try:
        if (value := lowered.get("retry-after")) is not None:
            wait = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
        elif (reset := lowered.get("x-ratelimit-reset")) is not None:
            wait = float(reset) - now.timestamp()
        else:
            return None
    except (ValueError, TypeError):  # a malformed header, or a date without a zone: we choose the wait ourselves
        return None
    return min(max(wait, 0.0), MAX_WAIT_SECONDS)


@contextmanager
def logged(provider: str, operation: str) -> Iterator[None]:
    """Log one call: provider, operation, outcome, milliseconds (and the request id, by the logger). Never a personal value."""
    started = time.perf_counter()
    outcome, reason = "ok", ""
    try:
        yield
    except ProviderError as error:
        outcome, reason = type(error).__name__.lower(), error.reason
        raise
    except BaseException as error:
        outcome, reason = "crashed", type(error).__name__
        raise
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        level = log.info if outcome == "ok" else log.warning
        level(
            "provider_call", provider=provider, operation=operation, outcome=outcome, reason=reason, milliseconds=milliseconds
        )
