"""Before the first request: refuse to serve with a dangerous configuration."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.boot import refusals
from app.core.config import settings


def our_refusals() -> list[str]:
    return refusals(settings)


class BootCheck:
    """Answers the server's start-up with the refusals, if there are any; the server logs them and exits."""

    def __init__(self, app: ASGIApp, find: Callable[[], list[str]] = our_refusals) -> None:
        self.app = app
        self.find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            problems = await run_in_threadpool(self.find)
            if problems:
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "\n".join(problems)})
                return
        await self.app(scope, receive, send)
