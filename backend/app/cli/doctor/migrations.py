"""Does the database have the tables that this code expects?"""

from collections.abc import Collection, Iterator, Sequence

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from app.core.checks.database import ask_database
from app.core.checks.findings import Finding, error, warning
from app.core.config import ROOT, Settings

ALEMBIC = ROOT / "backend" / "alembic.ini"


def check_migrations(settings: Settings) -> Iterator[Finding]:
    """NotReached when the database is away. Nothing is applied."""
    ask_database(settings.database_url)
    engine = create_engine(settings.database_url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            applied = MigrationContext.configure(connection).get_current_heads()
    except ProgrammingError:
        yield warning("The database login may not read alembic_version: pending migrations go unseen.", "Ask as the owner.")
        return
    yield from judge_migrations(applied, known_revisions())


def known_revisions() -> list[str]:
    """Of this code, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(Config(ALEMBIC)).walk_revisions()][::-1]


def judge_migrations(applied: Collection[str], known: Sequence[str]) -> Iterator[Finding]:
    """`applied`: the database's heads; migrations are one line, so all before a head are applied too."""
    if unknown := sorted(set(applied) - set(known)):
        yield error(
            f"The database is newer than this code: it has migration {', '.join(unknown)}.", "Deploy the release that made it."
        )
        return
    done = max((known.index(revision) + 1 for revision in applied), default=0)
    if pending := known[done:]:
        yield error(
            f"{len(pending)} migration{'s are' if len(pending) > 1 else ' is'} pending: {', '.join(pending)}.",
            "Run `scripts/migrate` (alembic upgrade head).",
        )
