"""What every table must be, asked of the database itself, and a copy of the whole schema that changes only knowingly."""

import difflib
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import ForeignKeyConstraint, text

from app.cli.schema import ddl_lines
from app.core.db import make_engine
from app.inbox.models import ProviderEvent
from app.stores.models import NumberSeries
from app.tables import metadata
from tests.conftest import BACKEND, Servers

STORELESS = {"stores": "the tenant itself", "heartbeats": "signs of life of the whole installation"}
SNAPSHOT = Path(__file__).with_name("schema.sql")


def ask(servers: Servers, question: str) -> list[tuple[object, ...]]:
    engine = make_engine(servers.postgres.admin_url, 1, role="postgres")
    with engine.connect() as connection:
        answer = [tuple(row) for row in connection.execute(text(question))]
    engine.dispose()
    return answer


def test_ac25_no_column_is_a_timestamp_without_time_zone(servers: Servers) -> None:
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    assert ask(servers, f"{columns} AND data_type = 'timestamp without time zone'") == []


def test_ac10_no_money_is_a_float_or_a_decimal(servers: Servers) -> None:
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    assert ask(servers, f"{columns} AND data_type IN ('real', 'double precision', 'numeric', 'money')") == []
    assert ask(servers, f"{columns} AND column_name LIKE '%amount' AND data_type <> 'bigint'") == []


def test_ac42_row_level_security_is_forced_on_every_table(servers: Servers) -> None:
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    own = "AND NOT relispartition AND relname NOT IN ('alembic_version', 'heartbeats')"
    assert ask(servers, f"{tables} {own} AND NOT (relrowsecurity AND relforcerowsecurity)") == []


def test_the_application_role_cannot_pass_row_level_security(servers: Servers) -> None:
    roles = "SELECT rolname FROM pg_roles WHERE rolname IN ('rozana', 'rozana_app', 'rozana_sweep')"
    assert len(ask(servers, roles)) == 3
    assert ask(servers, f"{roles} AND (rolsuper OR rolbypassrls)") == []
    assert ask(servers, f"{roles} AND rolname <> 'rozana' AND (rolinherit OR rolcanlogin)") == []


def test_partitions_are_not_a_way_around(servers: Servers) -> None:
    granted = "SELECT table_name FROM information_schema.role_table_grants WHERE grantee LIKE 'rozana\\_%'"
    assert ask(servers, f"{granted} AND table_name LIKE 'access\\_log\\_%'") == []


def test_no_constraint_is_deferred_to_the_commit(servers: Servers) -> None:
    """A refusal belongs to the statement that deserves it."""
    assert ask(servers, "SELECT conname FROM pg_constraint WHERE condeferrable") == []


@pytest.mark.parametrize("table", sorted(metadata.tables.keys() - STORELESS.keys()))
def test_every_table_has_its_store_and_points_only_into_it(table: str) -> None:
    columns = metadata.tables[table].columns
    assert "store_id" in columns
    assert columns["store_id"].primary_key
    for constraint in metadata.tables[table].constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            assert constraint.column_keys[0] == "store_id", constraint


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_tables_are_plural(table: str) -> None:
    assert table.endswith(("s", "staff", "access_log", "number_series"))


def test_migrations_make_exactly_what_the_models_say(servers: Servers) -> None:
    command.check(Config(BACKEND / "alembic.ini"))


def test_ac48_the_schema_changes_only_knowingly() -> None:
    """Also when a new release of SQLModel or Pydantic maps a type to another column. Known? `rozana schema > …/schema.sql`."""
    now = ddl_lines()
    kept = SNAPSHOT.read_text(encoding="utf-8").splitlines() if SNAPSHOT.exists() else []
    assert now == kept, "\n".join(difflib.unified_diff(kept, now, "schema.sql", "the models", lineterm=""))


def test_ac48_a_row_built_wrongly_raises() -> None:
    with pytest.raises(TypeError, match="unknown"):
        NumberSeries(store_id=None, series="x", lastnumber=1)  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError, match="missing"):
        ProviderEvent(event_id="x")  # type: ignore[call-arg]
