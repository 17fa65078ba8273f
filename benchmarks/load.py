"""Clients that ask, one request after another each, for as long as a stretch lasts."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

import uvloop

from benchmarks.figures import Stretch


class Client(Protocol):
    """`turn` does one thing, and answers how long it took, in seconds."""

    async def open(self) -> None: ...
    async def turn(self) -> float: ...
    def close(self) -> None: ...


def run(clients: Sequence[Client], seconds: float) -> tuple[Stretch, list[str]]:
    """Every client takes turn after turn until the time is up; what was begun by then is ended. The errors, in words."""
    return uvloop.run(_run(clients, seconds))


async def _run(clients: Sequence[Client], seconds: float) -> tuple[Stretch, list[str]]:
    stretch, errors = Stretch(), list[str]()
    await asyncio.gather(*(client.open() for client in clients))
    started = time.perf_counter()
    ends = started + seconds

    async def play(client: Client) -> None:
        try:
            while time.perf_counter() < ends:
                stretch.durations.append(await client.turn())
        except Exception as error:  # noqa: BLE001 - whatever went wrong is counted, and told at the end
            errors.append(f"{type(error).__name__}: {error}")

    await asyncio.gather(*map(play, clients))
    stretch.seconds = time.perf_counter() - started
    for client in clients:
        client.close()
    return stretch, errors
