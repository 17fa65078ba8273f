"""What the database and our login in it are, and whether that will do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.core.checks.findings import Finding, NotReached, error, warning
from app.core.clock import machine_now
from app.core.db import APP_ROLE, CONNECT_SECONDS

OLDEST_VERSION = 15  # UNIQUE NULLS NOT DISTINCT, and what managed services still run
SKEW_SECONDS, BAD_SKEW_SECONDS = 5.0, 60.0  # leases of 120 s bear the first, codes of 300 s not much more than the second

_LOGIN = text("""
SELECT current_setting('server_version_num')::int, current_setting('server_version'), rolname, rolsuper, rolbypassrls
FROM pg_roles WHERE rolname = session_user
""")
_APP_BYPASSES = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role")


@dataclass(frozen=True)
class DatabaseFacts:
    """`seconds_ahead`: how far the database's clock is ahead of this machine's, beyond what the question took."""

    version_number: int
    version: str
    login: str
    is_superuser: bool
    bypasses_rls: bool
    can_become_app: bool
    app_bypasses_rls: bool
    seconds_ahead: float


def ask_database(url: str, now: Callable[[], datetime] = machine_now) -> DatabaseFacts:
    """Connect as the login of `url`, look, and change nothing. NotReached within seconds when that is impossible."""
    if not url:
        raise NotReached("DATABASE_URL is not set.", "`scripts/run` starts a database for development; see .env.example.")
    try:
        engine = create_engine(
            url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS, "options": "-c statement_timeout=3s"}
        )
        with engine.connect() as connection:
            return _facts(connection, now)
    except (SQLAlchemyError, ImportError, ValueError) as reason:
        problem = f"PostgreSQL cannot be reached at {_place(url)}: {_first_line(reason)}."
        raise NotReached(problem, "Start it, or correct DATABASE_URL.") from reason


def judge_version(facts: DatabaseFacts) -> Iterator[Finding]:
    if facts.version_number < OLDEST_VERSION * 10_000:
        yield error(f"PostgreSQL {facts.version} is too old.", f"Upgrade it to {OLDEST_VERSION} or newer.")


def judge_login(facts: DatabaseFacts) -> Iterator[Finding]:
    """Row-level security is the wall between stores: nobody we log in as may pass it."""
    if facts.is_superuser or facts.bypasses_rls:
        what = "is a superuser" if facts.is_superuser else "has BYPASSRLS"
        yield error(
            f"The database login {facts.login} {what} and could see every store.",
            "Use a role with NOSUPERUSER NOBYPASSRLS that owns the database; see deploy/postgres.",
        )
    if not facts.can_become_app:
        yield error(
            f"The database login {facts.login} cannot act as {APP_ROLE}.",
            f"Migrate (`scripts/migrate`), or as the owner: GRANT {APP_ROLE} TO {facts.login}.",
        )
    if facts.app_bypasses_rls:
        yield error(f"{APP_ROLE} passes row-level security.", f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS.")


def judge_clock(facts: DatabaseFacts) -> Iterator[Finding]:
    if abs(facts.seconds_ahead) > SKEW_SECONDS:
        direction = "behind" if facts.seconds_ahead > 0 else "ahead of"
        problem = f"This machine's clock is {abs(facts.seconds_ahead):.0f} s {direction} the database's."
        remedy = "Let NTP set both (timedatectl set-ntp true): codes, tokens and reminders expire by them."
        yield error(problem, remedy) if abs(facts.seconds_ahead) > BAD_SKEW_SECONDS else warning(problem, remedy)


def _facts(connection: Connection, now: Callable[[], datetime]) -> DatabaseFacts:
    number, version, login, is_superuser, bypasses_rls = connection.execute(_LOGIN).one()
    app_bypasses_rls = connection.execute(_APP_BYPASSES, {"role": APP_ROLE}).scalar_one_or_none()
    before = now()
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    took = now() - before
    return DatabaseFacts(
        version_number=number,
        version=version,
        login=login,
        is_superuser=is_superuser,
        bypasses_rls=bypasses_rls,
        can_become_app=_can_become(connection, APP_ROLE),
        app_bypasses_rls=bool(app_bypasses_rls),
        seconds_ahead=(theirs - before - took / 2).total_seconds(),
    )


def _can_become(connection: Connection, role: str) -> bool:
    """Tried, not read: what lets a role become another differs between releases. Last: the transaction may be broken by it."""
    try:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
    except DBAPIError:
        return False
    return True


def _place(url: str) -> str:
    """Where the URL points, without its password."""
    try:
        parts = make_url(url)
    except SQLAlchemyError:
        return "an address that is no URL"
    return f"{parts.host or 'the local socket'}:{parts.port or 5432}/{parts.database or ''}"


def _first_line(reason: Exception) -> str:
    cause = reason.orig if isinstance(reason, DBAPIError) and reason.orig else reason
    if isinstance(cause, SQLAlchemyError):
        return type(cause).__name__  # its words may hold the URL, and that its password
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
