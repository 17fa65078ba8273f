"""The embedded PostgreSQL, as its users meet it."""

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.postgres import EmbeddedPostgres
from local.processes import StartFailed


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "with a space") as server:
        yield server
    delete_home_elsewhere(tmp_path / "with a space")


def delete_home_elsewhere(state: Path) -> None:
    """pytest's folders are private to root, so the data of a server run as `nobody` lies outside them."""
    note = state / "home"
    if note.exists():
        shutil.rmtree(note.read_text().strip())


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def test_the_app_s_role_is_no_superuser_and_owns_its_database(durable: EmbeddedPostgres) -> None:
    facts = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
    with psycopg.connect(durable.url) as connection:
        role = connection.execute(f"SELECT {facts} FROM pg_roles WHERE rolname = current_user").fetchone()  # noqa: S608
        owner = connection.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'rozana'").fetchone()
    assert role == (False, False, True, True)
    assert owner == ("rozana",)


def test_letters_of_every_script_are_understood(durable: EmbeddedPostgres) -> None:
    assert ask(durable.url, "SELECT upper('é') || lower('ÄΣ')") == "Éäσ"
    assert ask(durable.url, "SELECT 'ДОМ' ILIKE 'дом'") is True


def test_a_password_is_asked_for(durable: EmbeddedPostgres) -> None:
    login, _, rest = durable.url.partition("@")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{login}x@{rest}")


def test_passwords_are_in_private_files_only(durable: EmbeddedPostgres, tmp_path: Path) -> None:
    password = durable.url.split(":")[2].partition("@")[0]
    holders = [p for p in (tmp_path / "with a space").rglob("*") if p.is_file() and password in p.read_text(errors="ignore")]
    assert [p.name for p in holders] == ["postgres.json"]
    assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
    assert password not in Path(f"/proc/{durable.pid}/cmdline").read_text()


def test_data_survives_a_kill_and_comes_back_at_the_same_address(durable: EmbeddedPostgres) -> None:
    url = durable.url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    durable.kill()
    assert not durable.is_alive
    assert durable.restart() == url
    assert ask(url, "SELECT answer FROM kept") == 42


def test_a_second_start_keeps_data_password_and_port(durable: EmbeddedPostgres, tmp_path: Path) -> None:
    with psycopg.connect(durable.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    url = durable.url
    durable.stop()
    with EmbeddedPostgres(tmp_path / "with a space") as again:
        assert again.url == url
        assert ask(again.url, "SELECT answer FROM kept") == 42


def test_a_taken_port_is_left_to_its_owner(durable: EmbeddedPostgres, tmp_path: Path) -> None:
    port = durable.port
    durable.stop()
    with socket.create_server(("127.0.0.1", port)), EmbeddedPostgres(tmp_path / "with a space") as again:
        assert again.port != port
        assert ask(again.url, "SELECT 1") == 1


def test_a_lock_file_that_names_a_stranger_does_not_stop_it(durable: EmbeddedPostgres, tmp_path: Path) -> None:
    """After a reboot the number in postmaster.pid may be any process of ours."""
    data = Path(str(ask(durable.admin_url, "SHOW data_directory")))
    durable.kill()
    lock = data / "postmaster.pid"
    lock.write_text("\n".join([str(os.getppid()), *lock.read_text().splitlines()[1:]]))
    with EmbeddedPostgres(tmp_path / "with a space") as again:
        assert ask(again.url, "SELECT 1") == 1


def test_lost_passwords_are_said_and_the_data_is_left_alone(durable: EmbeddedPostgres, tmp_path: Path) -> None:
    durable.stop()
    notes = tmp_path / "with a space" / "postgres.json"
    text = notes.read_text()
    notes.unlink()
    with pytest.raises(StartFailed, match=r"postgres\.json"):
        EmbeddedPostgres(tmp_path / "with a space").start()
    notes.write_text(text)
    with EmbeddedPostgres(tmp_path / "with a space") as again:
        assert ask(again.url, "SELECT 1") == 1


def test_a_passing_server_leaves_nothing_behind(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        data = Path(str(ask(server.admin_url, "SHOW data_directory")))
        assert data.exists()
        assert ask(server.url, "SHOW fsync") == "off"
    assert not data.parent.exists()


def test_two_servers_run_side_by_side(tmp_path: Path) -> None:
    first, second = (EmbeddedPostgres(tmp_path / name, durable=False) for name in ("first", "second"))
    with first, second:
        assert ask(first.admin_url, "SHOW data_directory") != ask(second.admin_url, "SHOW data_directory")
