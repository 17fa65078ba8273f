"""One sandbox per module, served by a real uvicorn; each test has accounts and a webhook receiver of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.main import running
from tests.sandbox.receiver import Receiver, receiving
from tests.sandbox.world import World


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state: Path = tmp_path_factory.mktemp("sandbox") / "state.sqlite"
    with running(state) as url:
        yield url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def world(sandbox_url: str, receiver: Receiver) -> Iterator[World]:
    world = World(sandbox_url, receiver)
    yield world
    world.close()
