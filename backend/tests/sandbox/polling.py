"""Waiting for something to become true, with a deadline instead of a sleep."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_SECONDS = 15.0
STEP_SECONDS = 0.02
Value = TypeVar("Value")


def eventually(look: Callable[[], Value | None], seconds: float = DEADLINE_SECONDS) -> Value:
    """The first true value `look` gives; fails after the deadline."""
    deadline = time.monotonic() + seconds
    never = threading.Event()
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not become true in time"
        never.wait(STEP_SECONDS)
