"""The HTTP door: `uvicorn app.main:app`."""

import re
from collections.abc import Awaitable, Callable
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response

from app.api.policy import POLICY
from app.api.problems import PROBLEM_RESPONSES, add_problem_handlers
from app.core.config import settings
from app.core.ids import new_id
from app.core.logging import request_id, set_up_logging

DESCRIPTION = """Orders, payments and recurring deliveries for shops.

Money is `{amount, currency}` in paise. Every error is a problem document with a stable `code`. Send an `Idempotency-Key`
with every write: a repeat with the same key gets the same answer. Every answer carries `X-Request-Id`.
"""
ROUTERS = (
    "health",
    "sign_in",
    "me",
    "addresses",
    "products",
    "carts",
    "checkouts",
    "orders",
    "payment_returns",
    "messages",
    "webhooks",
)
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")  # a caller's own id is kept if it is harmless in logs


class RouteWithoutPolicy(RuntimeError):
    """A route is not in the policy table: nobody has said who may call it."""


async def _bind_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    sent = request.headers.get("x-request-id", "")
    current = sent if REQUEST_ID.match(sent) else str(new_id())
    request_id.set(current)
    response = await call_next(request)
    response.headers["X-Request-Id"] = current
    return response


def create_app() -> FastAPI:
    set_up_logging(settings.log_level)
    app = FastAPI(
        title="Rozana", version="1", description=DESCRIPTION, max_body_size=settings.max_body_bytes, responses=PROBLEM_RESPONSES
    )
    add_problem_handlers(app)
    for name in ROUTERS:
        router: APIRouter = import_module(f"app.api.{name}").router
        app.include_router(router)
    check_policies(app)
    if settings.storefront_path:
        app.mount("/shop", StaticFiles(directory=settings.storefront_path, html=True), name="storefront")
    app.middleware("http")(_bind_request_id)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    return app


def check_policies(app: FastAPI) -> None:
    """Refuse to start with a route nobody decided on."""
    routes = {(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods or ()}
    if missing := sorted(routes - POLICY.keys()):
        raise RouteWithoutPolicy(", ".join(f"{method} {path}" for method, path in missing))


app = create_app()
