"""The real SDKs against the sandbox: fresh accounts for each test, and timeouts short enough to be met."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.ids import new_id
from app.providers.calls import Timeouts
from sandbox.main import running
from tests.sandbox_control import Sandbox

QUICK = Timeouts(connect=2.0, read=0.5)
CLOSED_PORT = "http://127.0.0.1:1"  # nobody listens on tcpmux


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(Path(tmp_path_factory.mktemp("sandbox")) / "state.sqlite") as url:
        yield url


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Sandbox]:
    """The control client of accounts nobody else uses; webhooks go nowhere."""
    sandbox = Sandbox(sandbox_url, new_id())
    sandbox.open_accounts(CLOSED_PORT, new_id(), new_id())
    yield sandbox
    sandbox.http.close()
