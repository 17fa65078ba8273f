"""HTTP as a thief writes it: bytes on a socket, because clients are too polite to send them."""

import contextlib
import socket
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10


def ask(api: str, host: str, target: bytes, *lines: bytes, method: bytes = b"GET", body: bytes = b"") -> bytes:
    """The whole answer to one request. `lines` are header lines as they are."""
    length = [b"Content-Length: %d" % len(body)] if body else []
    head = b"\r\n".join(
        [method + b" " + target + b" HTTP/1.1", b"Host: " + host.encode(), b"Connection: close", *lines, *length]
    )
    parts = urlsplit(api)
    answer = bytearray()
    with socket.create_connection((parts.hostname or "", parts.port or 0), TIMEOUT_SECONDS) as connection:
        connection.sendall(head + b"\r\n\r\n" + body)
        with contextlib.suppress(ConnectionResetError):  # a server that has had enough
            while chunk := connection.recv(65536):
                answer += chunk
    return bytes(answer)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])
