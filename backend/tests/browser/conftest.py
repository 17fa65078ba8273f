"""A shop with the demonstration catalogue, and a shopper's browser before it. Everything behind the browser is real."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.browsers import ARGUMENTS, DESKTOP, PHONE, Screen, find_browser
from tests.browser.watching import Watch
from tests.conftest import Servers, UnitOfWork

if TYPE_CHECKING:
    from app.stores.models import Store
    from tests.browser.shopkeeper import Shopkeeper
    from tests.browser.storefront import Storefront
    from tests.sandbox_control import Sandbox
    from tests.workers import Worker

PATIENCE_MS = 20_000  # two cores are shared with other tests, and the worker may only be starting


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: Playwright's event loop lives in this thread, where other tests may want one of their own."""
    path = find_browser()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    chosen: Screen = request.param
    return chosen


@pytest.fixture
def zone() -> str:
    """Where the shopper's device thinks it is."""
    return "Asia/Kolkata"


@pytest.fixture
def context(browser: Browser, screen: Screen, zone: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.density,
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        locale="en-IN",
        timezone_id=zone,
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def filled_store(store: "Store", uow: UnitOfWork) -> "Store":
    """The test's store with the name, terms and goods of the demonstration shop."""
    from app.cli.demo_shop import STORE
    from app.cli.seed import Tally, add_goods
    from app.stores import service as stores

    with uow() as session:
        row = stores.get(session)
        row.name, row.settings = STORE["name"], STORE["settings"]
        session.add(row)
        add_goods(session, Tally())
    return store


@pytest.fixture
def watch(context: BrowserContext, store: "Store", sandbox: "Sandbox") -> Iterator[Watch]:
    watch = Watch(context, store.frontend_url or "", sandbox.url)
    yield watch
    watch.check()


@pytest.fixture(scope="module")
def worker(servers: Servers) -> Iterator["Worker"]:
    """A real Celery worker, as everywhere, but one for the module: nobody kills it here, and starting takes seconds."""
    from tests.workers import Worker

    with Worker(servers.state / "worker.log") as worker:
        yield worker


@pytest.fixture
def storefront(
    context: BrowserContext,
    watch: Watch,
    screen: Screen,
    filled_store: "Store",
    sandbox: "Sandbox",
    live_api: str,
    worker: "Worker",
) -> "Storefront":
    """A new customer's tab, not opened yet."""
    from tests.browser.storefront import Storefront

    return Storefront(context.new_page(), filled_store.frontend_url or "", screen, sandbox)


@pytest.fixture
def shopkeeper(browser: Browser, storefront: "Storefront", sandbox: "Sandbox", uow: UnitOfWork) -> Iterator["Shopkeeper"]:
    """Somebody who runs the shop, at a desk of their own: one browser is signed in as one person."""
    from app.accounts import service as accounts
    from app.core.actor import SYSTEM
    from tests.browser.shopkeeper import EMAIL, PASSWORD, Shopkeeper

    with uow() as session:
        accounts.add_staff(session, EMAIL, PASSWORD, "manager", SYSTEM, name="Lakshmi")
    with browser.new_context(
        viewport={"width": DESKTOP.width, "height": DESKTOP.height}, locale="en-IN", timezone_id="Asia/Kolkata"
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        watch = Watch(context, storefront.url, sandbox.url)
        yield Shopkeeper(context.new_page(), storefront.url)
        watch.check()
