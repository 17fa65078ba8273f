"""A browser for tests: Debian's Chromium, which can reach the servers of this machine and nothing else."""

import os
import shutil
from dataclasses import dataclass
from typing import NoReturn

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_INSTALL = "no browser found: install one with `apt-get install chromium`, then run the tests again"
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-site-isolation-trials",  # or an e-mail, shown in a frame, is drawn blurred on a phone's dense screen
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # every store has a host of its own
)


@dataclass(frozen=True)
class Screen:
    """Sizes in CSS pixels; `density` device pixels in each of them."""

    name: str
    width: int
    height: int
    density: int
    is_phone: bool


PHONE = Screen("phone", 390, 844, 2, True)
DESKTOP = Screen("desktop", 1280, 900, 1, False)


def find_browser() -> str:
    """The path of a browser. Without one the test is skipped, saying how to install it; under CI it fails."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _give_up()


def _give_up() -> NoReturn:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    pytest.skip(HOW_TO_INSTALL)
