"""Callers that begin together, each on a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import text
from sqlmodel import Session

T = TypeVar("T")
AT_ONCE = 20  # as many as the pool keeps connections: all of them inside a transaction together


def race(callers: int, act: Callable[[int], T]) -> list[T]:
    """The results of `act(0)` … `act(callers - 1)`, the first twenty begun at the same moment."""
    together = Barrier(min(callers, AT_ONCE))

    def run(number: int) -> T:
        if number < together.parties:
            together.wait(10)
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(callers)))


def somebody_waits(session: Session) -> bool:
    """Whether a transaction waits for a lock that another one has."""
    return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
