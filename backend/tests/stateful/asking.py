"""The API, called in this very thread: of a request that takes 5 ms, a client's way to it and back is 2."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
import pytest
from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    status_code: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Api:
    """Requests to an app, one after the other. An exception in there is one out here."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self.app, self.loop = app, loop

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: object = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, {**headers, "Content-Type": "application/json"}, content)

    def fill_in(self, path: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        """As a browser posts a form."""
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, headers, urlencode(form).encode())

    def send(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        plain, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "root_path": "",
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
        }
        received: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            return received.pop() if received else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        self.loop.run_until_complete(self.app(scope, receive, send))
        return Answer(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))


class OneThread(asyncio.SelectorEventLoop):
    """Whoever asks waits for the answer, so what would be done in a thread meanwhile is as well done here."""

    def run_in_executor(self, _executor: object, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            done.set_exception(error)
        return done


def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what does not go through the loop, of the API and of the sandbox."""

    async def here(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr(anyio.to_thread, "run_sync", here)
