"""uvicorn, with two additions: it says when it is ready, and a route may cut its connection."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SHUTDOWN_SECONDS = 2  # for calls under way


class CuttableProtocol(HttpToolsProtocol):
    """Hands each request its transport, in `scope["state"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def reset_connection(scope: Scope) -> None:
    """Cut the connection so that the peer sees a reset (RST), not an orderly end."""
    transport: asyncio.Transport = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


@contextmanager
def held(scope: Scope) -> Iterator[None]:
    """While inside, the call is one that a fault keeps waiting: it is cut when the server stops."""
    transport: asyncio.Transport = scope["state"]["transport"]
    waiting: set[asyncio.Transport] = scope["state"]["held"]
    waiting.add(transport)
    try:
        yield
    finally:
        waiting.discard(transport)


class Server(uvicorn.Server):
    """Calls `ready` once it accepts connections. The app's lifespan gives the state `{"held": set()}`."""

    def __init__(self, app: Any, ready: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for transport in list(self.lifespan.state["held"]):
            transport.abort()
        await super().shutdown(sockets=sockets)


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """A bound socket (port 0: any free one) and the URL of it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    bound = sock.getsockname()[1]
    return sock, f"http://[{host}]:{bound}" if family == socket.AF_INET6 else f"http://{host}:{bound}"
