"""What is so dangerous that nothing starts with it in production. Elsewhere it is only logged.

A server that is away is no reason: the API answers 503 on /readyz, workers wait for their broker.
"""

from collections.abc import Callable, Iterable, Iterator

from app.core.checks import configuration
from app.core.checks.broker import ask_broker, judge_broker
from app.core.checks.database import ask_database, judge_login
from app.core.checks.findings import Finding, NotReached
from app.core.config import Settings
from app.core.logging import get_logger

log = get_logger(__name__)

CONFIGURATION = (configuration.check_secrets, configuration.check_razorpay_safety, configuration.check_sandbox)
SERVERS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    lambda settings: judge_broker(ask_broker(settings.broker_url)),
    lambda settings: judge_login(ask_database(settings.database_url)),
)


def find_dangers(settings: Settings, more: Iterable[Finding] = ()) -> list[Finding]:
    """Errors forbid a start in production; `more`: what the starting part found out about itself."""
    return [*(finding for check in CONFIGURATION for finding in check(settings)), *_ask_servers(settings), *more]


def refusals(settings: Settings, more: Iterable[Finding] = ()) -> list[str]:
    """Why this process must not start, a sentence each; what does not forbid it is logged. Never anything in tests."""
    if settings.environment == "test":
        return []
    dangers = find_dangers(settings, more)
    refused = [danger for danger in dangers if danger.level == "error" and settings.is_production]
    for danger in dangers:
        if danger not in refused:
            log.warning("doubtful_setting", problem=danger.problem, remedy=danger.remedy)
    return [f"Refusing to start in production: {danger}" for danger in refused]


def insist(settings: Settings, more: Iterable[Finding] = ()) -> None:
    """SystemExit with status 1 and the refusals on standard error, if there are any."""
    if problems := refusals(settings, more):
        raise SystemExit("\n".join(problems))


def _ask_servers(settings: Settings) -> Iterator[Finding]:
    for check in SERVERS:
        try:
            yield from check(settings)
        except NotReached as away:
            log.warning("not_checked", problem=away.finding.problem)
