"""A scheduler that is not Celery's own."""

from celery.beat import Scheduler


class ForeignScheduler(Scheduler):  # type: ignore[misc]  # Celery is untyped
    """It would remember schedules that are rows already."""
