"""Every migration can be taken back and made again, on a database of its own."""

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.conftest import BACKEND, Servers


def test_up_down_and_up_again(servers: Servers) -> None:
    with psycopg.connect(servers.postgres.url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE migrations_there_and_back")
    url = servers.postgres.url_for("migrations_there_and_back")
    config = Config(BACKEND / "alembic.ini", attributes={"database_url": url})
    for target in ("head", "base", "head"):
        (command.downgrade if target == "base" else command.upgrade)(config, target)
    command.check(config)


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(Config(BACKEND / "alembic.ini")).get_heads()) == 1
