"""The real SDKs against the sandbox: fresh accounts for each test, and timeouts short enough to be met."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.core.ids import new_id
from app.providers.calls import Timeouts
from tests.conftest import Servers
from tests.sandbox_control import Sandbox

QUICK = Timeouts(connect=2.0, read=1.0)  # below the two seconds for which the sandbox keeps silent
CLOSED_PORT = "http://127.0.0.1:1"  # nobody listens on tcpmux


@pytest.fixture
def sandbox_url(servers: Servers) -> str:
    return servers.sandbox_url


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Sandbox]:
    with accounts_of_nobody_else(sandbox_url) as sandbox:
        yield sandbox


@contextmanager
def accounts_of_nobody_else(sandbox_url: str) -> Iterator[Sandbox]:
    """The control client of accounts nobody else uses; webhooks go nowhere."""
    sandbox = Sandbox(sandbox_url, new_id())
    sandbox.open_accounts(CLOSED_PORT, new_id(), new_id())
    yield sandbox
    sandbox.http.close()
