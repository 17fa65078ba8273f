"""The shop that requests are made up for, and a connection to it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from app.stores.models import Store
    from tests.conftest import Servers
    from tests.contract.household import Household


@pytest.fixture(scope="module")
def household(make_store: Callable[[], "Store"], live_api: str) -> "Household":
    from tests.contract.household import keep_house

    return keep_house(make_store())


@pytest.fixture(scope="module")
def outage(make_store: Callable[[], "Store"], live_api: str, servers: "Servers") -> "Household":
    """A shop whose payment provider answers nonsense, or refuses, by turns."""
    from tests.contract.household import keep_house
    from tests.sandbox_control import Sandbox

    household = keep_house(make_store())
    sandbox = Sandbox(servers.sandbox_url, household.store.id)
    for fault in ["bad_gateway_html", "rejected", "rate_limited"] * 30:
        sandbox.fault("*", fault, times=2, account=sandbox.key_id)
    sandbox.http.close()
    return household


@pytest.fixture(scope="module")
def wire() -> Iterator[requests.Session]:
    """A connection that is kept: what is tested is not the opening of sockets."""
    with requests.Session() as session:
        yield session
