"""Answers as a spoilt call gets them: late, never, or a page where JSON should be."""

import asyncio
import contextlib

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.server import held, reset_connection

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
WELCOME = "<html>\r\n<head><title>Welcome</title></head>\r\n<body>\r\nIt works!\r\n</body>\r\n</html>\r\n"
GATEWAY_TIMEOUT = BAD_GATEWAY.replace("502 Bad Gateway", "504 Gateway Time-out")


class Delayed(Response):
    """Keeps the caller waiting, then answers; gives up as soon as the caller has gone."""

    def __init__(self, response: Response, seconds: float) -> None:
        super().__init__(status_code=response.status_code)
        self._response = response
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with held(scope), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await gone(receive)
                return
        await self._response(scope, receive, send)


class Dropped(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  (there is nothing to send)
        reset_connection(scope)
        await gone(receive)


async def gone(receive: Receive) -> None:
    """Returns when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
