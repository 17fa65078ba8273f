"""The table of checks, and how they are run: side by side, none stopped by another's failure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from app.cli.doctor.migrations import check_migrations
from app.cli.doctor.running import check_beat, check_queues
from app.core.celery_app import celery_app
from app.core.checks import configuration
from app.core.checks.broker import ask_broker, judge_broker
from app.core.checks.database import ask_database, judge_clock, judge_login, judge_version
from app.core.checks.findings import Finding, NotReached, error, warning
from app.core.checks.scheduling import judge_limits, judge_scheduler
from app.core.config import Settings


@dataclass(frozen=True)
class Check:
    """`find` yields nothing when all is well. `server`: whom it asks; the check of that name tells when it is away."""

    name: str
    find: Callable[[Settings], Iterable[Finding]]
    server: str = ""


def _database(settings: Settings) -> Iterator[Finding]:
    yield from judge_version(ask_database(settings.database_url))


def _login(settings: Settings) -> Iterator[Finding]:
    yield from judge_login(ask_database(settings.database_url))


def _clock(settings: Settings) -> Iterator[Finding]:
    yield from judge_clock(ask_database(settings.database_url))


def _broker(settings: Settings) -> Iterator[Finding]:
    yield from judge_broker(ask_broker(settings.broker_url))


def _celery(settings: Settings) -> Iterator[Finding]:
    conf = celery_app.conf
    yield from judge_limits(conf.broker_transport_options["visibility_timeout"], conf.task_time_limit)
    yield from judge_scheduler(settings, in_worker=False, scheduler=conf.beat_scheduler)


CHECKS = (
    Check("PostgreSQL", _database, "PostgreSQL"),
    Check("Database role", _login, "PostgreSQL"),
    Check("Migrations", check_migrations, "PostgreSQL"),
    Check("Clocks", _clock, "PostgreSQL"),
    Check("Redis", _broker, "Redis"),
    Check("Queues", check_queues, "Redis"),
    Check("Beat", check_beat, "PostgreSQL"),
    Check("Celery", _celery),
    Check("Secrets", configuration.check_secrets),
    Check("Addresses", configuration.check_addresses),
    Check("Sandbox", configuration.check_sandbox),
    Check("Payments", configuration.check_razorpay_account),
    Check("Payment safety", configuration.check_razorpay_safety),
    Check("E-mail", configuration.check_email),
    Check("SMS", configuration.check_sms),
    Check("Flower", configuration.check_flower),
)


def run_checks(settings: Settings, checks: Sequence[Check] = CHECKS) -> list[tuple[Check, list[Finding]]]:
    """All of them at once, in the table's order, within the time of the slowest."""
    with ThreadPoolExecutor(len(checks)) as threads:
        return list(zip(checks, threads.map(lambda check: _run(check, settings), checks), strict=True))


def _run(check: Check, settings: Settings) -> list[Finding]:
    try:
        return list(check.find(settings))
    except NotReached as away:
        if check.name == check.server:
            return [away.finding]
        return [warning(f"Not looked at, because {check.server} cannot be reached.", f"See {check.server}.")]
    except Exception as broken:  # noqa: BLE001 - the other findings are wanted all the same
        return [error(f"This check failed itself: {type(broken).__name__}: {broken}", "Tell the developers.")]
