"""One SDK client per thread and process: their sessions are not promised to be thread-safe and must not survive a fork."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

MAX_CLIENTS = 32  # per thread; a worker serves many stores, each with its own keys and its own kept-alive connection

T = TypeVar("T")

_local = threading.local()


def per_thread(key: Hashable, make: Callable[[], T]) -> T:
    """This thread's object for `key`, made at first use in this process; the least recently used one gives way."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.pid, _local.made = os.getpid(), OrderedDict()
    made: OrderedDict[Hashable, object] = _local.made
    if key not in made:
        made[key] = make()
        if len(made) > MAX_CLIENTS:
            made.popitem(last=False)
    made.move_to_end(key)
    return cast(T, made[key])
