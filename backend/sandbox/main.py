"""Putting the sandbox together, and serving it."""

import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from sandbox import bank, ledger, sendgrid, twilio
from sandbox.box import Box
from sandbox.config import Config
from sandbox.control import router as control
from sandbox.inbox import router as inbox
from sandbox.pages import router as pages
from sandbox.razorpay import (
    checkout,
    customers,
    disputes,
    invoices,
    orders,
    payments,
    plans,
    recurring,
    refunds,
    settlements,
    subscription_page,
    subscriptions,
    tokens,
    unknown,
)
from sandbox.server import Server, listen
from sandbox.store import Store
from sandbox.transitions import Passage
from sandbox.webhooks.delivery import Deliveries


class ForbiddenInProduction(RuntimeError):
    """The sandbox takes anybody's money for real: it must not run where ENVIRONMENT is production."""


def create_app(state_path: Path, config: Config | None = None) -> FastAPI:
    """The application over one state file. Webhooks are delivered while its lifespan is on."""
    if os.environ.get("ENVIRONMENT", "").strip().lower() == "production":
        raise ForbiddenInProduction("ENVIRONMENT is production: the sandbox refuses to start")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        store = Store(state_path)
        with store.transaction() as db:
            (config or Config()).apply(db)
        box = app.state.box = Box(store, Deliveries(store))
        passage = Passage(box)
        box.deliveries.start()
        passage.start()
        yield {"held": set()}
        passage.stop()
        box.deliveries.stop()
        store.close()

    app = FastAPI(
        title="Rozana sandbox",
        description="The control API.",
        lifespan=lifespan,
        openapi_url="/control/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for router in (
        pages,
        inbox,
        ledger.router,
        bank.router,
        control,
        checkout.router,
        subscription_page.router,
        orders.wire.router,
        payments.wire.router,
        refunds.wire.router,
        settlements.wire.router,
        disputes.wire.router,
        recurring.wire.router,
        customers.wire.router,
        tokens.wire.router,
        plans.wire.router,
        subscriptions.wire.router,
        invoices.wire.router,
        sendgrid.wire.router,
        twilio.wire.router,
        unknown.wire.router,
    ):
        app.include_router(router)
    return app


def serve(
    state_path: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    config: Config | None = None,
    ready: Callable[[str], object],
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the URL once calls are accepted."""
    app = create_app(state_path, config)
    sock, url = listen(host, port)
    with sock:
        Server(app, lambda: ready(url)).run(sockets=[sock])


@contextmanager
def running(state_path: Path, config: Config | None = None) -> Iterator[str]:
    """A sandbox in a thread of this process, on a free loopback port; yields its URL. For tests."""
    app = create_app(state_path, config)
    started = threading.Event()
    sock, url = listen("127.0.0.1", 0)
    with sock:
        server = Server(app, started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="sandbox", daemon=True)
        thread.start()
        if not started.wait(20):
            raise TimeoutError("the sandbox did not start within 20 s")
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join(10)
