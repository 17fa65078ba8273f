"""The HTTP door: `uvicorn app.main:app`."""

from collections.abc import Iterable
from importlib import import_module

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from app.api.documentation import add_documentation
from app.api.edge import Edge
from app.api.openapi import complete
from app.api.policy import POLICY
from app.api.problems import add_problem_handlers
from app.api.starting import BootCheck
from app.api.ticking import ticking
from app.core.config import settings
from app.core.logging import set_up_logging

DESCRIPTION = """Orders, payments and recurring deliveries for shops.

Money is `{amount, currency}` in paise. Every error is a problem document with a stable `code`. Send an `Idempotency-Key`
with every write: a repeat with the same key gets the same answer. Every answer carries `X-Request-Id`.
"""
ROUTERS = (  # the busiest first: routes are looked through in this order, and that was a quarter of a webhook's time
    "webhooks",
    "webhooks_messages",
    "carts",
    "checkouts",
    "payment_returns",
    "pay",
    "health",
    "sign_in",
    "me",
    "addresses",
    "products",
    "orders",
    "documents",
    "payments",
    "order_changes",
    "shipments",
    "refunds",
    "disputes",
    "wallets",
    "top_ups",
    "top_up_returns",
    "top_up_plans",
    "cash",
    "customer_accounts",
    "statements",
    "subscribing",
    "subscription_payments",
    "provider_approvals",
    "subscriptions",
    "subscription_wishes",
    "subscription_changes",
    "subscription_ends",
    "households",
    "holidays",
    "billing_runs",
    "product_policies",
    "day_sheets",
    "forecasts",
    "price_changes",
    "mandate_returns",
    "messages",
    "timelines",
    "checks",
    "stock",
    "stock_counts",
    "test_clocks",
)


class RouteWithoutPolicy(RuntimeError):
    """A route is not in the policy table: nobody has said who may call it."""


def create_app() -> FastAPI:
    set_up_logging(settings.log_level)
    app = FastAPI(
        title="Rozana",
        version="1",
        description=DESCRIPTION,
        lifespan=ticking,
        docs_url=None,  # FastAPI's own pages take their scripts from another host
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    add_problem_handlers(app)
    for name in ROUTERS:  # not `include_router`: it would have every request look through two levels, and twice
        app.router.routes.extend(import_module(f"app.api.{name}").router.routes)
    check_policies(app.routes)
    complete(app)
    add_documentation(app)
    if settings.storefront_path:
        app.mount("/shop", StaticFiles(directory=settings.storefront_path, html=True), name="storefront")
    app.add_middleware(Edge, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(BootCheck)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials="*" not in settings.cors_origins,  # with cookies, `*` would let every site read a customer's data
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    return app


def check_policies(routes: Iterable[BaseRoute]) -> None:
    """Refuse to start with a route nobody decided on."""
    named = {(method, route.path) for route in routes if isinstance(route, APIRoute) for method in route.methods or ()}
    if missing := sorted(named - POLICY.keys()):
        raise RouteWithoutPolicy(", ".join(f"{method} {path}" for method, path in missing))


app = create_app()
