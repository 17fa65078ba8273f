"""Real servers for every test process, and a store of its own for every test.

Each test is a tenant: row-level security keeps tests apart, so they commit for real, race on real connections, and need no
clean-up. One embedded PostgreSQL, one Valkey and one provider sandbox serve all tests of a process.
"""

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from sqlmodel import Session

    from app.stores.models import Store
    from tests.sandbox_control import Sandbox
    from tests.workers import Worker

UnitOfWork = Callable[[], AbstractContextManager["Session"]]
SERVERS = pytest.StashKey["Servers"]()
BACKEND = Path(__file__).parents[1]
REGISTERED: dict[str, Any] = {  # what a shop must tell before it may issue documents; the GSTIN is nobody's
    "state_code": "29",
    "gstin": "29AAFCR0000Q1ZB",
    "settings": {
        "invoices": {"legal_name": "Test Organics Private Limited", "address_lines": ["1 Test Road", "Bengaluru 560001"]}
    },
}


class Servers:
    """PostgreSQL and Valkey, and the provider sandbox, and the environment that tells the app of them."""

    def __init__(self) -> None:
        from local.postgres import EmbeddedPostgres
        from local.valkey import EmbeddedValkey

        self.cleanup = ExitStack()
        self.state = Path(
            self.cleanup.enter_context(tempfile.TemporaryDirectory(prefix="rozana-tests-", ignore_cleanup_errors=True))
        )
        self.postgres = self.cleanup.enter_context(EmbeddedPostgres(self.state / "postgres", durable=False))
        self.valkey = self.cleanup.enter_context(EmbeddedValkey(self.state / "valkey"))
        self.api_socket = self.cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.api_url = f"http://127.0.0.1:{self.api_socket.getsockname()[1]}"

    def set_environment(self) -> None:
        """Before anything of the app is imported: its settings are read once."""
        from sandbox.main import running

        self.sandbox_state = self.state / "sandbox.sqlite"
        self.sandbox_url = self.cleanup.enter_context(running(self.sandbox_state))
        os.environ.update(
            ENVIRONMENT="test",
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.valkey.url,
            BACKEND_URL=self.api_url,
            FRONTEND_URL=f"{self.api_url}/shop",
            SANDBOX_URL=self.sandbox_url,
            STOREFRONT_PATH=str(BACKEND.parent / "frontend-stub"),
            SECRET_KEY="test-secret-key-of-at-least-32-characters",
            ENCRYPTION_KEY="test-encryption-key-of-at-least-32-characters",
            EMAIL_PROVIDER="sendgrid",
            SMS_PROVIDER="twilio",
            SWEEP_SECONDS="1",
            LOG_LEVEL="WARNING",
        )

    def migrate(self) -> None:
        from alembic import command
        from alembic.config import Config

        command.upgrade(Config(BACKEND / "alembic.ini"), "head")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly or getattr(config.option, "numprocesses", None):
        os.environ.setdefault("ENVIRONMENT", "test")
        return  # the process that only hands out tests needs no servers
    servers = config.stash[SERVERS] = Servers()
    servers.set_environment()
    servers.migrate()
    from app.core.logging import set_up_logging

    set_up_logging("WARNING")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fault tests first: their beats and workers serve every store of the process, and in the beginning there are few."""
    items.sort(key=lambda item: item.path.parent.name != "faults")


def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(SERVERS, None):
        from app.core.db import engine
        from app.core.nudge import nudger

        nudger.flush(1.0)
        engine().dispose()
        servers.cleanup.close()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    return pytestconfig.stash[SERVERS]


@pytest.fixture(scope="session")
def make_store(servers: Servers) -> Callable[[], "Store"]:
    """A new, empty test store in Bengaluru, with accounts of its own at the sandbox's providers."""
    return lambda: _make_store(servers)


@pytest.fixture
def store(make_store: Callable[[], "Store"]) -> "Store":
    return make_store()


def _make_store(servers: Servers) -> "Store":
    from app.core.ids import new_id
    from app.core.work import unit_of_work
    from app.stores import service as stores
    from app.stores.models import Store
    from tests.sandbox_control import Sandbox

    store_id = new_id()
    name = f"t{store_id.hex}"
    sandbox = Sandbox(servers.sandbox_url, store_id)
    with unit_of_work(store_id) as session:
        frontend = servers.api_url.replace("127.0.0.1", f"{name}.test") + "/shop"
        store = Store(id=store_id, slug=name, name="Test Organics", host=f"{name}.test", frontend_url=frontend, **REGISTERED)
        session.add(store)
        session.flush()
        razorpay = stores.add_account(session, "razorpay", sandbox.razorpay)
        stores.add_account(session, "twilio", sandbox.twilio)
        sendgrid = stores.add_account(session, "sendgrid", sandbox.sendgrid)
        public_key = sandbox.open_accounts(servers.api_url, razorpay.id, sendgrid.id)
        stores.change_account(session, sendgrid, {**sandbox.sendgrid, "webhook_public_key": public_key})
    sandbox.http.close()
    return store


@pytest.fixture
def uow(store: "Store") -> UnitOfWork:
    """Opens a unit of work in the test's store, as a door does."""
    from app.core.work import unit_of_work

    return lambda: unit_of_work(store.id)


@pytest.fixture
def session(uow: UnitOfWork) -> Iterator["Session"]:
    """One unit of work around the whole test, committed at its end. Others do not see what it wrote before that."""
    with uow() as session:
        yield session


@pytest.fixture
def sandbox(servers: Servers, store: "Store") -> Iterator["Sandbox"]:
    from tests.sandbox_control import Sandbox

    sandbox = Sandbox(servers.sandbox_url, store.id)
    yield sandbox
    sandbox.http.close()


@pytest.fixture
def client(store: "Store") -> Iterator["TestClient"]:
    """The API in this process, at the store's host name."""
    from fastapi.testclient import TestClient

    from app.main import app

    with TestClient(app, base_url=f"http://{store.host}", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def live_api(servers: Servers) -> Iterator[str]:
    """The API on a real socket, so that the sandbox's webhooks arrive; its URL. Stores are told apart by Host or account."""
    import uvicorn

    from app.main import app

    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            started.set()

    server = Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [servers.api_socket]}, name="api", daemon=True)
    thread.start()
    assert started.wait(20), "the API did not start within 20 s"
    yield servers.api_url
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def worker(servers: Servers) -> Iterator["Worker"]:
    """A real Celery worker on all queues of this test process's Redis, consuming from an empty broker."""
    from tests.workers import Worker

    with Worker(servers.state / "worker.log") as worker:
        yield worker
