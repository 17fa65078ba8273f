"""Files with settings: read as written, private, and kept."""

import stat
from pathlib import Path

import pytest

from local import env_file, environment


def test_values_are_read_back_as_written(tmp_path: Path) -> None:
    values = {"URL": "http://127.0.0.1:1/a?b=c#d", "FOLDER": "/home/a b", "KEY": "MFkw+/=$x", "EMPTY": ""}
    env_file.write(tmp_path / "env", values, heading="a test")
    assert env_file.read(tmp_path / "env") == values


def test_the_app_s_parser_reads_the_same(tmp_path: Path) -> None:
    from dotenv import dotenv_values

    values = {"FOLDER": "/home/a b", "KEY": 'MFkw+/=$HOME"x', "HASH": "a #b"}
    env_file.write(tmp_path / "env", values, heading="a test")
    assert dotenv_values(tmp_path / "env") == values


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("OLD='1'\n")
    path.chmod(0o644)
    env_file.write(path, {"SECRET": "x"}, heading="a test")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("value", ["it's", "two\nlines", "back\\slash"])
def test_what_shells_and_dotenv_read_differently_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ValueError, match="KEY"):
        env_file.write(tmp_path / "env", {"KEY": value}, heading="a test")
    assert not (tmp_path / "env").exists()


def test_hand_written_files_are_understood(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('# a comment\nexport A="1"\n\nB = two\nnonsense\n')
    assert env_file.read(tmp_path / ".env") == {"A": "1", "B": "two"}


@pytest.fixture
def admin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ADMIN_FILE", tmp_path / "admin")
    for name in ("ROZANA_ADMIN_EMAIL", "ROZANA_ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "admin"


def test_a_member_of_staff_is_made_up_once_and_kept_where_only_the_owner_reads(admin_file: Path) -> None:
    made_up = environment.admin()
    assert len(made_up["ROZANA_ADMIN_PASSWORD"]) == environment.ADMIN_PASSWORD_LENGTH
    assert environment.admin() == made_up == env_file.read(admin_file)
    assert stat.S_IMODE(admin_file.stat().st_mode) == 0o600
    admin_file.unlink()
    assert environment.admin()["ROZANA_ADMIN_EMAIL"] != made_up["ROZANA_ADMIN_EMAIL"], "nobody else's account is meant"


def test_the_user_s_own_admin_wins(admin_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.admin()
    own = {"ROZANA_ADMIN_EMAIL": "ravi@example.in", "ROZANA_ADMIN_PASSWORD": "a password of mine"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    assert environment.admin() == own == env_file.read(admin_file)
