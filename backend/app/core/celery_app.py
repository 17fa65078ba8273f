"""The Celery application. Every deviation from Celery's defaults has its reason beside it; the figures are measured.

PostgreSQL is the queue of record, Redis carries wake-ups: losing every message costs delay, never work.
"""

import json
from typing import Any

from celery import Task, signals
from kombu import Queue  # type: ignore[attr-defined]
from sqlalchemy.exc import OperationalError

from app.core import celery_boot, db
from app.core.config import settings
from app.core.logging import request_id, set_up_logging
from app.core.schedules import documented_ticks
from app.core.task_names import StrictCelery

HARD_LIMIT_SECONDS, SOFT_LIMIT_SECONDS = 30 * 60, 25 * 60
VISIBILITY_SECONDS = 60 * 60  # above the hard limit, or a running task is delivered again
QUEUES = ("default", "notifications", "subscriptions")
PREFIX = "rozana:"
TASK_MODULES = (
    "app.tasks.billing_watch",
    "app.tasks.checking",
    "app.tasks.cleanup",
    "app.tasks.inbox",
    "app.tasks.notifications",
    "app.tasks.payments",
    "app.tasks.provider_subscriptions",
    "app.tasks.statements",
    "app.tasks.subscriptions",
    "app.tasks.wallets",
    "app.tasks.watching",
    "app.tasks.work",
)
REDIS_LEVELS = 4  # Redis transports have priorities 0, 3, 6, 9, and 0 is served first


class RowTask(Task):  # type: ignore[misc]  # Celery is untyped
    """Celery retries only what fails before a claim (the database is away); every other retry is data on a row."""

    autoretry_for = (OperationalError,)
    max_retries = 3
    retry_backoff = True
    retry_backoff_max = 600
    retry_jitter = True

    def signature_from_request(self, *args: Any, **kwargs: Any) -> Any:
        """A retry is routed again, so the priority Redis was given is turned back into ours first."""
        signature = super().signature_from_request(*args, **kwargs)
        if signature.options.get("priority") is not None:
            signature.options["priority"] = 9 - signature.options["priority"]
        return signature


def route(name: str, _args: Any, _kwargs: Any, options: dict[str, Any], task: Any = None, **_: Any) -> dict[str, Any]:
    """Queue by the task's module; our priority 9 (most urgent) … 0 onto Redis' 0 … 9.

    The priority is the call's, else the task's own `urgency`.
    """
    urgency = options.get("priority")  # None where the caller names none
    if urgency is None:
        urgency = getattr(task, "urgency", None)
    if urgency is not None:
        options["priority"] = 9 - min(9, max(0, urgency))
    for pattern, queue in _own_routes().items():
        if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            return {"queue": queue}
    module = name.rpartition(".")[0].removeprefix("app.tasks.")
    return {"queue": module if module in QUEUES else "default"}


def _own_routes() -> dict[str, str]:
    return dict(json.loads(settings.task_routes)) if settings.task_routes else {}


def _queues() -> list[Queue]:
    names = dict.fromkeys([*QUEUES, *_own_routes().values(), *settings.extra_queues])
    return [Queue(name) for name in names]


celery_app = StrictCelery("rozana", task_cls=RowTask, include=TASK_MODULES)
celery_app.conf.update(
    broker_url=settings.broker_url,
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,  # may start before Redis
    broker_connection_max_retries=None,  # the default of 100 ends the process
    broker_channel_error_retry=True,  # survives a full broker
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "global_keyprefix": PREFIX,
        "priority_steps": [0, 3, 6, 9],
        "queue_order_strategy": "priority",
        "socket_connect_timeout": 2,
        "socket_timeout": 5,  # the default waits for ever on a silent broker
        "socket_keepalive": True,
        "health_check_interval": 10,  # a dead connection is dropped after 21 s, not 51
    },
    result_backend=settings.result_backend_url,  # for .status and .get() of the documented tasks; the app never reads it
    result_backend_transport_options={"global_keyprefix": PREFIX},
    result_expires=3600,
    result_backend_max_retries=3,  # the default is endless
    redis_socket_timeout=5,
    redis_socket_connect_timeout=2,
    accept_content=["json"],  # pickle runs code
    task_serializer="json",
    result_serializer="json",
    timezone="UTC",
    task_queues=_queues(),
    task_default_queue="default",
    task_create_missing_queues=False,  # a typo fails at the sender
    task_routes=(route,),
    task_acks_late=True,  # and never reject_ or retry_on_worker_lost: the row's lease decides
    task_time_limit=HARD_LIMIT_SECONDS,
    task_soft_time_limit=SOFT_LIMIT_SECONDS,
    task_publish_retry=False,  # a lost nudge is the sweep's business
    task_track_started=True,
    worker_prefetch_multiplier=4,
    worker_max_tasks_per_child=1000,
    worker_max_memory_per_child=400_000,  # KiB
    worker_cancel_long_running_tasks_on_connection_loss=False,  # True kills a charge in mid-call
    worker_soft_shutdown_timeout=20.0,
    beat_scheduler="celery.beat:Scheduler",  # keeps no file
    beat_max_loop_interval=5,
    beat_enable_remote_control=True,  # its ping goes silent when beat stalls
    beat_schedule={
        "sweep": {
            "task": "app.tasks.work.sweep",
            "schedule": settings.sweep_seconds,
            "options": {"expires": max(1.0, settings.sweep_seconds), "ignore_result": True},
        },
        "open-slots": {
            "task": "app.tasks.work.open_slots",
            "schedule": settings.tick_seconds,
            "options": {"expires": max(1.0, settings.tick_seconds), "ignore_result": True},
        },
        **documented_ticks(),
    },
)


@signals.setup_logging.connect(weak=False)  # connecting it switches Celery's own set-up off
def _set_up_logging(loglevel: int | None = None, **_: Any) -> None:
    set_up_logging(loglevel or settings.log_level)


@signals.before_task_publish.connect(weak=False)
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and request_id.get():
        headers.setdefault("request_id", request_id.get())  # not "correlation_id": that is the task id


@signals.task_prerun.connect(weak=False)
def _bind_request_id(task: Any = None, task_id: str = "", **_: Any) -> None:
    request_id.set((task.request.headers or {}).get("request_id") or task_id)


@signals.worker_process_init.connect(weak=False)
def _forget_parent_connections(**_: Any) -> None:
    """A socket shared by two processes mixes their answers."""
    db.engine.cache_clear()


celery_boot.guard_flower()
