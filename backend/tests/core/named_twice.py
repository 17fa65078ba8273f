"""A Celery application with a mistake in it: a second task of a documented name."""

from app.core.celery_app import celery_app

__all__ = ["celery_app"]


@celery_app.task(name="app.tasks.cleanup.cleanup_expired_carts")  # type: ignore[untyped-decorator]
def cleanup_expired_carts() -> None:
    """Would be left out, or be run instead; Celery only warns."""
