"""Is the work being done? Asked of the workers and of the heartbeat that the sweep leaves in the database."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.core.celery_app import celery_app
from app.core.checks.broker import SECONDS, ask_broker
from app.core.checks.database import ask_database
from app.core.checks.findings import Finding, error
from app.core.checks.scheduling import BEAT, who_ticks
from app.core.config import Settings
from app.core.db import make_engine
from app.core.work_rows import app_now
from app.jobs import service as jobs

LATE_INTERVALS, LATE_SECONDS = 2, 60  # two sweeps missed, and a minute for a deployment
BOUNDED = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS, "max_retries": 0}


def check_queues(settings: Settings) -> Iterator[Finding]:
    """Ask every worker for its queues. NotReached when the broker is away, since then nobody can be asked."""
    ask_broker(settings.broker_url)
    options = {**celery_app.conf.broker_transport_options, **BOUNDED}
    with celery_app.connection_for_write(settings.broker_url, transport_options=options) as connection:
        answers = celery_app.control.inspect(timeout=SECONDS, connection=connection).active_queues()
    yield from judge_queues(celery_app.amqp.queues.keys(), answers or {})


def judge_queues(expected: Collection[str], answers: Mapping[str, Collection[Mapping[str, Any]]]) -> Iterator[Finding]:
    """`answers`: what `inspect active_queues` says, by worker."""
    consumed = {queue["name"] for queues in answers.values() for queue in queues}
    if not answers:
        names = ", ".join(sorted(expected))
        yield error(f"No worker answers: nobody consumes {names}.", "Start workers: celery -A app.core.celery_app worker")
        return
    for name in sorted(set(expected) - consumed):
        yield error(
            f"Nobody consumes the queue {name}.", f"Start a worker for it: celery -A app.core.celery_app worker -Q {name}"
        )


def check_beat(settings: Settings) -> Iterator[Finding]:
    """NotReached when the database is away."""
    ask_database(settings.database_url)
    try:
        with _session(settings.database_url) as session:
            last, now = jobs.last_beat(session, "sweep"), session.scalars(select(app_now())).one()
    except SQLAlchemyError:
        yield error("The heartbeats cannot be read: the tables or the role are missing.", "Migrate (`scripts/migrate`).")
        return
    yield from judge_beat(last, now, settings.sweep_seconds, who_ticks(settings))


def judge_beat(last: datetime | None, now: datetime, sweep_seconds: float, who: str = BEAT) -> Iterator[Finding]:
    """`last`: when the sweep last ran, by the database's clock. `who`: what sends the ticks."""
    remedy = f"Start {who} and a worker for `default`: lost work is found by their sweep."
    if last is None:
        yield error(
            f"Beat has never ticked: no sweep has run yet; the first comes {sweep_seconds:g} s after its start.", remedy
        )
    elif (late := (now - last).total_seconds()) > LATE_INTERVALS * sweep_seconds + LATE_SECONDS:
        yield error(f"Beat is not ticking: the last sweep ran {late:.0f} s ago, one is due every {sweep_seconds:g} s.", remedy)


@contextmanager
def _session(url: str) -> Iterator[Session]:
    """As `rozana_app`, without a store: heartbeats belong to none."""
    engine = make_engine(url, 1)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()
