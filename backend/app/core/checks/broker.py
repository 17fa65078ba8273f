"""What the broker does with what it is given to keep."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from kombu import Connection  # type: ignore[attr-defined]
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.checks.findings import Finding, NotReached, error, warning

SECONDS = 2.0
REMEDY = "Start it, or correct REDIS_URL (CELERY_BROKER_URL)."


@dataclass(frozen=True)
class BrokerFacts:
    """None: this kind of broker has no such thing, or does not tell."""

    policy: str | None
    appends_to_disk: bool | None


def ask_broker(url: str) -> BrokerFacts:
    """Ask it how it keeps its memory. NotReached within seconds when it is away, silent, or refuses us."""
    if not url:
        raise NotReached("REDIS_URL is not set.", "`scripts/run` starts a Redis for development; see .env.example.")
    if urlsplit(url).scheme in ("redis", "rediss"):
        return _ask_redis(url)
    return _ask_other(url)


def judge_broker(facts: BrokerFacts) -> Iterator[Finding]:
    if facts.policy is not None and facts.policy != "noeviction":
        yield error(
            f"Redis may throw queues away: maxmemory-policy is {facts.policy}.",
            "Set maxmemory-policy noeviction, and give caches a Redis of their own.",
        )
    if facts.appends_to_disk is False:
        yield warning(
            "Redis keeps nothing on disk: after its restart every queue is empty, and waits for the sweep.",
            "Set appendonly yes.",
        )


@contextmanager
def open_redis(url: str) -> Iterator[Redis]:
    """A client that gives up soon; whatever fails inside is NotReached."""
    try:
        # Without retries: the default is ten of them, a minute on a silent server.
        with Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0), decode_responses=True
        ) as client:
            yield client
    except (RedisError, OSError, ValueError) as reason:
        raise NotReached(f"Redis cannot be reached at {_place(url)}: {_words(reason)}.", REMEDY) from reason


def _ask_redis(url: str) -> BrokerFacts:
    with open_redis(url) as client:
        memory, persistence = client.info("memory"), client.info("persistence")  # CONFIG is closed on managed ones
    return BrokerFacts(memory.get("maxmemory_policy"), bool(persistence.get("aof_enabled")))


def _ask_other(url: str) -> BrokerFacts:
    """RabbitMQ, Sentinel, …: only whether it answers."""
    options = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    try:
        with Connection(url, connect_timeout=SECONDS, transport_options=options) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS)
    except Exception as reason:  # each transport brings its own classes of errors
        raise NotReached(f"The broker cannot be reached at {_place(url)}: {_words(reason)}.", REMEDY) from reason
    return BrokerFacts(None, None)


def _place(url: str) -> str:
    """Host and port: the rest of the URL may be a password."""
    return urlsplit(url).netloc.rpartition("@")[2] or "an address without a host"


def _words(reason: Exception) -> str:
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0].rstrip(".")
