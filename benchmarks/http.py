"""An HTTP client that costs almost nothing: one kept-alive connection, requests written as bytes, answers cut by their length.

What generates the load must not be what is measured; a comfortable client takes longer for a request than we for its answer.
"""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
ANSWER_SECONDS = 60.0


class AnswerRefused(Exception):
    """An answer that a benchmark did not expect; the text says which."""


@dataclass
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


class Connection:
    """One client's connection; one request at a time. Answers must carry a Content-Length, as ours do."""

    def __init__(self, url: str, host: str = "") -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 80
        self._host = (host or parts.netloc).encode()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(*self._address)

    def close(self) -> None:
        self._writer.close()

    async def ask(
        self, method: bytes, path: str, body: bytes = b"", *, headers: bytes = b"", kind: bytes = JSON, expect: int = 200
    ) -> Answer:
        """AnswerRefused unless the status is the expected one. `headers`: whole lines, each with its end."""
        if self._reader.at_eof():  # a server closes what was idle for some seconds
            self.close()
            await self.open()
        self._writer.write(
            b"%b %b HTTP/1.1\r\nHost: %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b"
            % (method, path.encode(), self._host, kind, len(body), headers, body)
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            start = head.index(b"content-length:") + 15
            content = await self._reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
        answer = Answer(int(head[9:12]), content)
        if answer.status != expect:
            raise AnswerRefused(f"{method.decode()} {path} was answered {answer.status} {content[:300]!r}")
        return answer
