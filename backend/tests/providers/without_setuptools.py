"""A pytest plugin: the contract of the payment provider on a machine without setuptools, and without our database.

Used by `test_razorpay_traps.py` in a process of its own: `pytest --noconftest -p tests.providers.without_setuptools`.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from tests.sandbox_control import Sandbox

REFUSED = ("setuptools", "pkg_resources", "_distutils_hack")


class Blocker(MetaPathFinder):
    """They are not there, whatever is installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


for name in [name for name in sys.modules if name.partition(".")[0] in REFUSED]:
    del sys.modules[name]
sys.meta_path.insert(0, Blocker())


@pytest.fixture(scope="session")
def sandbox_url() -> str:
    return os.environ["SANDBOX_URL"]


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Sandbox]:
    from tests.providers.conftest import accounts_of_nobody_else

    with accounts_of_nobody_else(sandbox_url) as sandbox:
        yield sandbox
