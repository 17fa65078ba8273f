"""The shop that requests are made up for, and a connection to it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from app.stores.models import Store
    from tests.contract.household import Household


@pytest.fixture(scope="module")
def household(make_store: Callable[[], "Store"], live_api: str) -> "Household":
    from tests.contract.household import keep_house

    return keep_house(make_store())


@pytest.fixture(scope="module")
def wire() -> Iterator[requests.Session]:
    """A connection that is kept: what is tested is not the opening of sockets."""
    with requests.Session() as session:
        yield session
