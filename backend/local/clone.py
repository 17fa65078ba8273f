"""One set of servers per clone: who has it, where it serves, and starting over."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO

from local.paths import LOGS, STATE

KEPT_BY_FRESH = ("run.lock", "setup.lock", "logs")


class AlreadyRunning(Exception):
    """Another `scripts/run` of this clone has the servers; `urls` is empty while it is still starting."""

    def __init__(self, pid: int | None, urls: dict[str, str]) -> None:
        super().__init__("Rozana already runs in this clone" + (f" (process {pid})" if pid else ""))
        self.urls = urls


def take() -> IO[str]:
    """The lock of this clone, held until closed or until we die; AlreadyRunning if another has it."""
    lock = (STATE / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        served = _serving()
        pid = served.get("pid")
        raise AlreadyRunning(pid if isinstance(pid, int) else None, _urls(served)) from None
    _note().unlink(missing_ok=True)
    return lock


def is_taken() -> bool:
    try:
        take().close()
    except AlreadyRunning:
        return True
    return False


def note_serving(urls: dict[str, str]) -> None:
    """Tell a second start where we serve."""
    _note().write_text(json.dumps({"pid": os.getpid(), "urls": urls}))


def forget_serving() -> None:
    _note().unlink(missing_ok=True)


def start_over() -> None:
    """Delete data, secrets and logs of this clone, also data that had to lie elsewhere. Needs the lock."""
    home = STATE / "postgres" / "home"
    if home.exists():
        shutil.rmtree(Path(home.read_text().strip()), ignore_errors=True)
    for path in STATE.iterdir():
        if path.is_dir() and path.name not in KEPT_BY_FRESH:
            shutil.rmtree(path)
        elif path.name not in KEPT_BY_FRESH:
            path.unlink()
    for log in LOGS.iterdir():
        if log.name != "setup.log":
            log.unlink()


def _note() -> Path:
    return STATE / "serving.json"


def _serving() -> dict[str, object]:
    try:
        note: dict[str, object] = json.loads(_note().read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return note


def _urls(note: dict[str, object]) -> dict[str, str]:
    urls = note.get("urls")
    return {str(name): str(url) for name, url in urls.items()} if isinstance(urls, dict) else {}
