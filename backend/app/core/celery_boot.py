"""Worker, beat and Flower look at themselves before they start: see `core/boot.py`. Imported for its signals."""

import os
from typing import Any

import click
from celery import signals

from app.core import boot
from app.core.checks.configuration import check_flower_password
from app.core.checks.scheduling import judge_beat_process, judge_limits, judge_scheduler
from app.core.config import settings


@signals.celeryd_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _start_worker(conf: Any = None, options: dict[str, Any] | None = None, **_: Any) -> None:
    options = options or {}
    scheduler = options.get("scheduler") or conf.beat_scheduler
    found = [
        *judge_scheduler(settings, in_worker=bool(options.get("beat")), scheduler=str(scheduler)),
        *judge_limits(conf.broker_transport_options.get("visibility_timeout", 0), conf.task_time_limit or 0),
    ]
    boot.insist(settings, found)


@signals.beat_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _start_beat(sender: Any = None, **_: Any) -> None:
    kind = type(sender.scheduler)
    scheduler = f"{kind.__module__}:{kind.__qualname__}"
    boot.insist(settings, [*judge_scheduler(settings, in_worker=False, scheduler=scheduler), *judge_beat_process(settings)])


def guard_flower() -> None:
    """Called when the application is loaded: Flower has no signal. Its password may stand in `.env`, which it does not read."""
    context = click.get_current_context(silent=True)
    if context is None or context.invoked_subcommand != "flower":
        return
    if settings.flower_basic_auth:
        os.environ["FLOWER_BASIC_AUTH"] = settings.flower_basic_auth
    boot.insist(settings, check_flower_password(settings))
