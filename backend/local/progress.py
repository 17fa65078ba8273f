"""What is going on, on standard error: standard output belongs to the story."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

STILL_GOING_SECONDS = 10.0


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, say every ten seconds that it still goes on, and how long it took."""
    started = time.monotonic()
    over = threading.Event()

    def keep_saying() -> None:
        while not over.wait(STILL_GOING_SECONDS):
            say(f"  … {title}: {time.monotonic() - started:.0f} s so far")

    threading.Thread(target=keep_saying, daemon=True).start()
    say(f"▸ {title}")
    try:
        yield
    finally:
        over.set()
    say(f"  done in {time.monotonic() - started:.1f} s")
