"""A server on this machine that answers what the test says and remembers what it was sent, bytes and headers included."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Answer:
    """`body` as JSON unless it is text; `silent`: nothing comes until the test is over."""

    body: Any = None
    status: int = 200
    silent: bool = False

    def encoded(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class Scripted(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.answer, self.requests, self.over = answer, list[Request](), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Conversation(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"

    def _talk(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, query, headers, raw)
        self.server.requests.append(request)
        answer = self.server.answer(request)
        if answer.silent:
            self.server.over.wait(20)
            self.close_connection = True
            return
        body = b"" if answer.status == 204 else answer.encoded()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = _talk  # noqa: N815 - the names the standard library looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - theirs
        """A test's output is no log."""


@contextmanager
def scripted(answer: Answer | Callable[[Request], Answer]) -> Iterator[Scripted]:
    with Scripted((lambda _: answer) if isinstance(answer, Answer) else answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()
