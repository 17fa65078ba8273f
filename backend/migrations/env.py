"""Alembic runs as the owner of the database (the login role of DATABASE_URL), never as `rozana_app`."""

from alembic import context
from sqlalchemy import create_engine

from app.core.config import settings
from app.tables import metadata

LOCK_TIMEOUT = "2s"  # a migration gives way to traffic: it fails, and is run again


def _is_ours(name: str | None, kind: str, _parent: object) -> bool:
    """Partitions are made by the database's own function, not by models."""
    return not (kind == "table" and name is not None and name.startswith("access_log_"))


def run() -> None:
    url = context.config.attributes.get("database_url", settings.database_url)
    options = {"target_metadata": metadata, "compare_type": True, "include_name": _is_ours, "transaction_per_migration": True}
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(url, connect_args={"options": f"-c lock_timeout={LOCK_TIMEOUT} -c timezone=UTC"})
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
