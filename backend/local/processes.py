"""Child processes that end when we end, however we end."""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02
SAME_USER = -1


class StartFailed(Exception):
    """A server did not come up; the text carries the end of its log."""


@dataclass(frozen=True)
class User:
    """Whom a server runs as. The default is: as we do."""

    uid: int = SAME_USER
    gid: int = SAME_USER

    @classmethod
    def unprivileged(cls) -> Self:
        """`nobody` when we are root (PostgreSQL refuses to run as root), else ourselves. Creates no user."""
        if os.geteuid() != 0:
            return cls()
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise StartFailed(
                "PostgreSQL refuses to run as root and this machine has no user `nobody`: "
                "run as an ordinary user, or set DATABASE_URL to a server of your own."
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def differs(self) -> bool:
        return self.uid != SAME_USER

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may pass through `folder` and all its parents; asked of the kernel, not of mode bits."""
        return self.run(["/bin/sh", "-c", 'cd -- "$0"', str(folder)]).returncode == 0

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a short command as this user, from `/`, in an environment without our secrets."""
        return subprocess.run(
            [str(word) for word in command],
            cwd="/",
            env=plain_environment(),
            user=self.uid if self.differs else None,
            group=self.gid if self.differs else None,
            extra_groups=[] if self.differs else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def give(self, path: Path) -> None:
        if self.differs:
            os.chown(path, self.uid, self.gid)


def plain_environment() -> dict[str, str]:
    """What a database server needs to know of us: no locale, no PG* variable, no secret."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


class Child:
    """A running child in a session of its own, so that Ctrl-C at the terminal reaches only us."""

    def __init__(self, process: subprocess.Popen[bytes], *, stop_signal: signal.Signals, log: Path, log_start: int) -> None:
        self._process = process
        self._stop_signal = stop_signal
        self._log = log
        self._log_start = log_start
        self._is_over = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        """Its exit status; subprocess.TimeoutExpired when it is not over by then."""
        return self._process.wait(seconds)

    def ask_to_stop(self) -> None:
        """Send the stop signal; a paused child is continued, or it would never see it."""
        self._signal(self._stop_signal)
        self._signal(signal.SIGCONT)

    def stop(self, grace_seconds: float) -> None:
        """Stop it and wait; kill its whole process group after the grace. Safe to call twice."""
        if self.is_alive:
            self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and to what is left of its group, then wait until it is gone."""
        if not self._is_over:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._is_over = True  # from now on the number may be somebody else's

    def kill_alone(self) -> None:
        """SIGKILL to the process only: the accident, where its own children are left to notice."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def log_since_start(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        if self.is_alive:
            self._process.send_signal(number)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | str = "/",
    environment: Mapping[str, str] | None = None,
    user: User | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals = signal.SIGKILL,
    keep_open: Sequence[int] = (),
) -> Child:
    """Start `command` with its output appended to `log` (0600).

    The kernel sends it `death_signal` when the **thread** that called this ends, so call it from one that lives as
    long as the child should: the main one. (Linux; elsewhere a killed parent leaves its children behind.)
    """
    user = user or User()
    launcher = [sys.executable, "-I", "-S", LAUNCHER, os.getpid(), int(death_signal), user.uid, user.gid]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        start = output.tell()
        process = subprocess.Popen(
            [str(word) for word in (*launcher, *command)],
            cwd=cwd,
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(keep_open),
        )
    return Child(process, stop_signal=stop_signal, log=log, log_start=start)


def wait_until_ready(child: Child, is_ready: Callable[[], bool], *, name: str, seconds: float) -> None:
    """Poll `is_ready`; raise StartFailed with the end of the log if the child dies or the time is over."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if not child.is_alive:
            raise StartFailed(f"{name} ended with status {child.exit_status}:\n{_end_of(child.log_since_start())}")
        if time.monotonic() > deadline:
            raise StartFailed(f"{name} was not ready after {seconds:.0f} s:\n{_end_of(child.log_since_start())}")
        time.sleep(POLL_SECONDS)


def _end_of(text: str, lines: int = 15) -> str:
    return "\n".join(text.splitlines()[-lines:]) or "(its log is empty)"
