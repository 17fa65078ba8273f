"""The API's own lifespan: where no beat runs, its processes send the ticks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from app.core.config import Settings, settings
from app.core.embedded_beat import EmbeddedBeat
from app.core.nudge import nudger


def make_beat(settings: Settings) -> EmbeddedBeat | None:
    """None where Celery's beat ticks."""
    if settings.scheduler != "embedded":
        return None
    ticks = {"sweep": settings.sweep_seconds, "open_slots": settings.tick_seconds}
    return EmbeddedBeat(settings.database_url, ticks, nudger.send)


@asynccontextmanager
async def ticking(_app: FastAPI) -> AsyncIterator[None]:
    """Started with the first request's server, stopped with it."""
    beat = make_beat(settings)
    if beat is not None:
        beat.start()
    try:
        yield
    finally:
        if beat is not None:
            await run_in_threadpool(beat.stop)
