"""Routes that take one thread each. FastAPI takes one for every part of a plain `def` endpoint: to open its door, to run it,
to look at its answer, to close the door. Here the door is opened and closed around the endpoint, by the thread that runs it.

    router = Router(prefix="/api/v1/carts", tags=["carts"])      # instead of FastAPI's own
"""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import Enum
from typing import Any

from fastapi import APIRouter, params
from fastapi.routing import APIRoute

from app.api.doors import Door, OpenDoor, Visit
from app.api.problems import PROBLEM_RESPONSES
from app.core.work import unit_of_work

THREADS = 40  # endpoints at work in a process; they wait for the database and for providers, so more than it has connections
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="endpoint")


class Route(APIRoute):
    """An endpoint that is a plain `def`, in one thread, with its unit of work if it takes an `OpenDoor`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, in_one_thread(endpoint), **options)


class Router(APIRouter):
    """What `main.py` takes the routes of: each is whole in itself, so the application need not look through two levels."""

    def __init__(self, *, prefix: str = "", tags: list[str | Enum], dependencies: list[params.Depends] | None = None) -> None:
        super().__init__(prefix=prefix, tags=tags, dependencies=dependencies, responses=PROBLEM_RESPONSES, route_class=Route)


def in_one_thread(endpoint: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The endpoint as FastAPI may call it from its loop. A refusal rolls back there, before it is answered."""
    doors = [name for name, given in inspect.signature(endpoint).parameters.items() if given.annotation == OpenDoor]

    def run(values: dict[str, Any]) -> Any:
        if not doors:
            return endpoint(**values)
        visit: Visit = values[doors[0]]
        with unit_of_work(visit.store.id) as session:
            door = Door(visit.store, visit.caller, visit.idempotency_key, visit.fingerprint, session)
            return endpoint(**values | {doors[0]: door})

    @functools.wraps(endpoint)
    async def call(**values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, run, values)

    return call
