"""What every request meets first: an id for all it causes, a limit on its body, and what browsers must not do with it."""

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.ids import new_id
from app.core.logging import request_id

SAFETY_HEADERS = {
    "X-Content-Type-Options": "nosniff",  # JSON that quotes its sender is never run as a page
    "Content-Security-Policy": "frame-ancestors 'none'",  # nobody lays our buttons under theirs
    "Referrer-Policy": "same-origin",
}
_SAFETY = [(name.lower().encode(), value.encode()) for name, value in SAFETY_HEADERS.items()]
_PRIVATE = (b"cache-control", b"no-store")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")  # a caller's own id is kept if it is harmless in logs


class Edge:
    """Pure ASGI. Starlette's own body limit would answer in plain text, not with a problem document.

    The body is counted as it is read, so a wrong or absent Content-Length helps nobody.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app, self.max_body_bytes = app, max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        current = sent if REQUEST_ID.match(sent) else str(new_id())
        request_id.set(current)
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_body_bytes:
                # not a Refusal: FastAPI turns whatever else reading the body raises into a 400
                raise HTTPException(413, f"The request's body is larger than {self.max_body_bytes} bytes.")
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                there = {name for name, _ in headers}
                ours = (*_SAFETY, _PRIVATE) if scope["path"].startswith("/api/") else _SAFETY  # most of it is somebody's own
                added = [header for header in ours if header[0] not in there]
                message["headers"] = [*headers, (b"x-request-id", current.encode()), *added]
            await send(message)

        await self.app(scope, receive_limited, send_with_headers)
