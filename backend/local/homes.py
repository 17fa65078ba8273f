"""Where a server's files lie: under our own state folder if its user can enter it, else in a folder noted there."""

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.processes import StartFailed, User

DURABLE_PARENTS = (Path("/var/lib/rozana"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes a private folder in it
PASSING_PARENTS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108
PASSING_PREFIX = "rozana-passing-"


@dataclass(frozen=True)
class Home:
    """A folder that `user` can enter. A passing one is deleted on `close`, or, after a crash, by the next one made."""

    folder: Path
    lock: IO[str] | None = None

    def close(self) -> None:
        if self.lock is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.lock.close()


def durable_home(state: Path, user: User) -> Home:
    """The same folder on every start: `state`, or the one that `state/home` names. Never changes a folder not ours."""
    note = state / "home"
    if note.exists():
        folder = Path(note.read_text().strip())
        if folder.is_dir():
            return Home(folder)
    if user.can_enter(state):
        return Home(state)
    folder = _new_folder(DURABLE_PARENTS, "postgres-", user)
    note.write_text(f"{folder}\n")
    return Home(folder)


def passing_home(user: User) -> Home:
    _sweep(PASSING_PARENTS)
    folder = _new_folder(PASSING_PARENTS, PASSING_PREFIX, user)
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return Home(folder, lock)


def _new_folder(parents: tuple[Path, ...], prefix: str, user: User) -> Path:
    for parent in parents:
        try:
            if not parent.exists():
                parent.mkdir()
                parent.chmod(0o755)
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        except OSError:
            continue
        folder.chmod(0o711 if user.differs else 0o700)
        if user.can_enter(folder):
            return folder
        folder.rmdir()
    raise StartFailed(f"no folder that PostgreSQL's user can enter, tried {', '.join(map(str, parents))}")


def _sweep(parents: tuple[Path, ...]) -> None:
    """Delete what killed test runs left. The kernel opens a lock when its holder dies, so an open one is the proof."""
    for parent in parents:
        for lock_path in parent.glob(f"{PASSING_PREFIX}*/lock"):
            try:
                if lock_path.stat().st_uid != os.geteuid():
                    continue
                with lock_path.open() as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock_path.parent, ignore_errors=True)
            except OSError:
                continue
