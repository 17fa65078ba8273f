"""A small web server that stands where the shop would: it keeps every webhook and answers as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.sandbox.polling import DEADLINE_SECONDS


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def event_id(self) -> str:
        return self.headers["x-razorpay-event-id"]


@dataclass
class Receiver:
    url: str = ""
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # answered in turn, then 200
    silent: threading.Event = field(default_factory=threading.Event)  # while set, nobody gets an answer
    _news: threading.Condition = field(default_factory=threading.Condition)

    def take(self, received: Received) -> int:
        with self._news:
            self.received.append(received)
            self._news.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait(self, count: int) -> list[Received]:
        """The first `count` deliveries, once they are there."""
        with self._news:
            arrived = self._news.wait_for(lambda: len(self.received) >= count, DEADLINE_SECONDS)
            assert arrived, f"{len(self.received)} of {count} deliveries arrived"
            return self.received[:count]

    def wait_until(self, condition: Callable[[list[Received]], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: condition(self.received), DEADLINE_SECONDS), self.received


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status = receiver.take(Received(self.path, {name.lower(): text for name, text in self.headers.items()}, body))
            while receiver.silent.is_set():
                self.server.finished.wait(0.05)  # type: ignore[attr-defined]
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Silence."""

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                return  # the sandbox gave up on us

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        server.daemon_threads = True
        server.finished = threading.Event()  # type: ignore[attr-defined]
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.silent.clear()
            server.shutdown()
            thread.join()
