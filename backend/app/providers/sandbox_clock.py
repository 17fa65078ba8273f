"""The clocks of a test store's accounts at the provider sandbox: moved with the store's own, through its control API.

For payments the clock makes things happen by itself there (a debit is captured a day after it was sent); for messages it is
only what their time stamps follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import httpx2

from app.core.errors import Unavailable

TIMEOUT = httpx2.Timeout(20.0, connect=2.0)  # it has carried out all that became due when it answers


@dataclass(frozen=True)
class Accounts:
    """By their public names at the sandbox; empty where the store has none there."""

    payments: str = ""
    messages: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Mapping[str, Mapping[str, str]]) -> "Accounts":
        """From the secrets of a store's accounts by provider."""
        key = secrets.get("sendgrid", {}).get("api_key", "")
        mail = key.split(".")[1] if key.startswith("SG.") and key.count(".") == 2 else key
        messages = (secrets.get("twilio", {}).get("account_sid", ""), mail)
        return cls(secrets.get("razorpay", {}).get("key_id", ""), tuple(filter(None, messages)))

    @property
    def all(self) -> tuple[str, ...]:
        return (*filter(None, [self.payments]), *self.messages)


class SandboxClock:
    """Of one store's accounts, for as long as the `with` lasts. Unavailable when the sandbox does not answer."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        self.accounts = accounts
        self.http = httpx2.Client(base_url=url, timeout=TIMEOUT, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def put(self, offset_seconds: int) -> None:
        """Have every account's clock run this far ahead. What its provider does by then has happened when this returns."""
        if self.accounts.all:
            self._call("PUT", "/control/clock", json={"account": self.accounts.all, "offset_seconds": offset_seconds})

    def next_at(self) -> datetime | None:
        """When something next happens at the payment provider by itself."""
        if not self.accounts.payments:
            return None
        at = self._call("GET", "/control/clock", params={"account": self.accounts.payments})["next_at"]
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def is_quiet(self) -> bool:
        """No webhook is on its way to us, or due."""
        accounts = self.accounts.all
        return not accounts or not self._call("GET", "/control/quiet", params={"account": accounts})["deliveries"]

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return self.http.request(method, path, **request).raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable(f"the sandbox did not answer {method} {path}: {type(error).__name__}") from error
