"""No child outlives us: not a server, not the children of a server, whatever happens to the supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import BACKEND
from local.processes import StartFailed, spawn, wait_until_ready
from tests.local.families import children_of, eventually, is_running

# A supervisor of its own process, which can be killed: it starts the servers, tells their process ids, and waits.
SUPERVISOR = """
import os, sys, threading, time
from pathlib import Path
import psycopg
from local.postgres import EmbeddedPostgres
from local.processes import spawn
from local.valkey import EmbeddedValkey
state = Path(sys.argv[1])
postgres, valkey = EmbeddedPostgres(state / "pg", durable=False), EmbeddedValkey(state / "valkey")
postgres.start(), valkey.start()
connection = psycopg.connect(postgres.url)
backend = connection.info.backend_pid
command = [sys.executable, "-m", "celery", "-A", "idle", "worker", "--concurrency=2", "--loglevel=info"]
celery = spawn(command, cwd=state, log=state / "celery.log", environment={**os.environ, "BROKER": valkey.url})
while " ready." not in celery.log_since_start():
    assert celery.is_alive, celery.log_since_start()
    time.sleep(0.05)
print(postgres.pid, backend, valkey.pid, celery.pid, flush=True)
threading.Event().wait()
"""
# On a broker as real as ours: without one the pool's children share a lock, and one of them may wait for it for ever.
IDLE_APP = """
import os
from celery import Celery
app = Celery("idle", broker=os.environ["BROKER"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text(IDLE_APP)
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    with subprocess.Popen(command, cwd=BACKEND, stdout=subprocess.PIPE, text=True) as supervisor:
        try:
            assert supervisor.stdout is not None
            told = [int(word) for word in supervisor.stdout.readline().split()]
            family = children_of(supervisor.pid)
            pool = children_of(told[3])
        finally:
            supervisor.kill()
    assert len(told) == 4
    assert set(told) <= set(family)
    assert len(pool) >= 2, "Celery has no pool to leave behind"
    survivors = [pid for pid in family if is_running(pid)]
    assert eventually(lambda: not any(map(is_running, family))), f"still running: {survivors}"


def test_a_child_is_in_a_session_of_its_own_and_stops_when_asked(tmp_path: Path) -> None:
    child = spawn(["sleep", "60"], log=tmp_path / "log")
    assert eventually(lambda: Path(f"/proc/{child.pid}/comm").read_text() == "sleep\n")
    assert os.getsid(child.pid) == child.pid
    child.stop(grace_seconds=10)
    assert child.exit_status == -signal.SIGTERM


def test_one_that_does_not_listen_is_killed_with_its_group(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo $! ; while :; do sleep 0.1; done"
    child = spawn(["/bin/sh", "-c", script], log=tmp_path / "log")
    assert eventually(lambda: child.log_since_start().endswith("\n"))
    grandchild = int(child.log_since_start())
    child.stop(grace_seconds=0.2)
    assert child.exit_status == -signal.SIGKILL
    assert eventually(lambda: not is_running(grandchild))


def test_a_child_that_dies_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("of an earlier life\n")
    child = spawn(["/bin/sh", "-c", "echo no such luck; exit 3"], log=tmp_path / "log")
    with pytest.raises(StartFailed, match="status 3") as failure:
        wait_until_ready(child, lambda: False, name="the child", seconds=10)
    assert "no such luck" in str(failure.value)
    assert "earlier" not in str(failure.value)


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    child = spawn(["/no/such/program"], log=tmp_path / "log")
    with pytest.raises(StartFailed, match="/no/such/program: No such file"):
        wait_until_ready(child, lambda: False, name="it", seconds=10)
