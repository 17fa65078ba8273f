"""How Celery may be run in production."""

from collections.abc import Iterator

from app.core.checks.findings import Finding, error, warning
from app.core.config import Settings

BEAT = "beat (celery -A app.core.celery_app beat)"
EMBEDDED = "the API (which ticks, with SCHEDULER=embedded)"


def who_ticks(settings: Settings) -> str:
    """What has to be started for the ticks to come."""
    return EMBEDDED if settings.scheduler == "embedded" else BEAT


def judge_beat_process(settings: Settings) -> Iterator[Finding]:
    """Asked when a beat starts."""
    if settings.scheduler == "embedded":
        yield warning(
            "Beat runs although SCHEDULER=embedded: the API ticks too. Every slot takes effect once all the same.",
            "Stop beat, or set SCHEDULER=beat.",
        )


def judge_scheduler(settings: Settings, *, in_worker: bool, scheduler: str) -> Iterator[Finding]:
    """One beat beside the workers, with Celery's own scheduler. `scheduler`: a dotted name."""
    say = error if settings.is_production else warning
    if in_worker:
        yield say(
            "Beat runs inside a worker (--beat): every further worker would tick too, and a restart stops both.",
            "Run `celery -A app.core.celery_app beat` as a process of its own.",
        )
    if not scheduler.startswith("celery.beat"):
        yield say(
            f"Beat's scheduler is {scheduler}: schedules are rows here, and a second memory of them forgets or repeats.",
            "Leave --scheduler away.",
        )


def judge_limits(visibility_seconds: float, hard_limit_seconds: float) -> Iterator[Finding]:
    if visibility_seconds <= hard_limit_seconds:
        yield error(
            f"The broker repeats a task after {visibility_seconds:.0f} s although it may run {hard_limit_seconds:.0f} s.",
            "Set broker_transport_options' visibility_timeout above task_time_limit.",
        )
