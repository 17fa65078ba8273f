"""Schema and demonstration shop, brought up to date only where something changed since that last succeeded here."""

import hashlib
import json

import psycopg

from local import environment, stack
from local.paths import BACKEND, STATE
from local.progress import step

NOTE = STATE / "prepared.json"
SOURCES = ("migrations/**/*.py", "app/**/models.py", "app/cli/*.py")


def prepare(database_url: str) -> None:
    """Migrate and seed. A second start skips both (five seconds of imports) if sources and schema are those noted."""
    if _read_note() == _facts(database_url):
        return
    with step("Migrating the database"):
        stack.migrate()
    with step("Stocking the shelves"):
        stack.seed()
    NOTE.write_text(json.dumps(_facts(database_url)))


def _facts(database_url: str) -> dict[str, str | None]:
    """The revision is asked of the database itself: somebody may have emptied it."""
    digest = hashlib.sha256(database_url.encode())
    for pattern in SOURCES:
        for path in sorted(BACKEND.glob(pattern)):
            digest.update(path.read_bytes())
    email = environment.admin()["ROZANA_ADMIN_EMAIL"]
    return {"sources": digest.hexdigest(), "revision": _revision(database_url), "admin": email}


def _revision(database_url: str) -> str | None:
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return None
    return str(found[0]) if found else None


def _read_note() -> dict[str, str | None] | None:
    try:
        note: dict[str, str | None] = json.loads(NOTE.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return note
