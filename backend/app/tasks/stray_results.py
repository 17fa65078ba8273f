"""Celery results that would lie in Redis for ever."""

from redis import Redis
from redis.exceptions import RedisError

from app.core.celery_app import PREFIX
from app.core.config import settings
from app.core.logging import get_logger

log = get_logger(__name__)

PATTERNS = (f"{PREFIX}celery-task-meta-*", f"{PREFIX}celery-taskset-meta-*")
PAGE = 500  # keys looked at between two of Redis' other commands
TIMEOUT_SECONDS = 5.0
NO_EXPIRY = -1  # what PTTL says of a key that stays


def forget_stray_results() -> int:
    """Delete our result keys without an expiry (Celery sets one; a restore or an old version may not have); how many.

    Safe to run twice. Nothing is lost: the record of a task is its row. A Redis that is away costs nothing but a warning.
    """
    if not settings.result_backend_url.startswith(("redis://", "rediss://")):
        return 0
    options = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    try:
        with Redis.from_url(settings.result_backend_url, **options) as redis:
            return sum(_forget(redis, pattern) for pattern in PATTERNS)
    except RedisError as error:
        log.warning("stray_results_not_seen", error=str(error), then="the next run looks again")
        return 0


def _forget(redis: "Redis", pattern: str) -> int:
    forgotten, cursor = 0, 0
    while True:
        cursor, keys = redis.scan(cursor, match=pattern, count=PAGE)
        strays = [key for key in keys if redis.pttl(key) == NO_EXPIRY]
        forgotten += redis.delete(*strays) if strays else 0
        if cursor == 0:
            return forgotten
