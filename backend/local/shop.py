"""The shop as the story sees it: a public HTTP API. And what to do until something happens there, or does not."""

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
CALM_SECONDS = 2.0  # how long nothing may happen before we believe that nothing does
CALM_POLL_SECONDS = 0.2


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


def watch_calm(look: Callable[[], None]) -> None:
    """Have `look` check again and again, for a while, that nothing changed."""
    deadline = time.monotonic() + CALM_SECONDS
    while time.monotonic() < deadline:
        look()
        time.sleep(CALM_POLL_SECONDS)
    look()


@dataclass
class Shop:
    """A caller of the public API; signed in once `token` is set."""

    http: httpx2.Client
    token: str = ""

    def get(self, path: str, **query: str | int) -> Json:
        return self._json("GET", path, params=query)

    def get_bytes(self, path: str, **query: str | int) -> bytes:
        return self._request("GET", path, params=query).content

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

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        """Any answer, refusals too."""
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, path, headers={**signed, **(headers or {})}, **more)

    def _json(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Json:
        answer: Json = self._request(method, path, headers=headers, **more).json()
        return answer

    def _request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return successful(self.request(method, path, **more))


def successful(answer: httpx2.Response) -> httpx2.Response:
    request = f"{answer.request.method} {answer.request.url.path}"
    check(answer.is_success, f"{request} was answered {answer.status_code} {answer.text[:500]}")
    return answer
