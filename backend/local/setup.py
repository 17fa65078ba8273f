"""The virtual environment: `python -m local.setup [--dev]`. Standard library only, for it runs before there is one.

Safe to run twice and at once: a second run with the same locks only compares a stamp.
"""

import argparse
import fcntl
import hashlib
import json
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from local.paths import LOCKS, LOGS, ROOT, STATE, VENV, make_state
from local.pip_settings import uv_environment
from local.processes import spawn
from local.progress import say, step

INSTALL_SECONDS = 1800


class SetupFailed(Exception):
    """The text says what to do about it."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/setup", description="Make or refresh the virtual environment.")
    parser.add_argument("--dev", action="store_true", help="with what tests and lints need")
    arguments = parser.parse_args()
    try:
        make_state()
        with (STATE / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refresh(dev=arguments.dev)
    except (SetupFailed, OSError) as error:
        say(f"setup: {error}")
        return 1
    return 0


def refresh(*, dev: bool) -> None:
    """Install what is locked, unless that was done: tools stay installed when only the runtime is asked for."""
    for kind in ("dev",) if dev else ("dev", "runtime"):
        if _stamp(kind).exists() and _stamp(kind).read_text() == _state_of(kind):
            return
    kind = "dev" if dev or _stamp("dev").exists() else "runtime"
    _make_venv()
    for stamp in (_stamp("dev"), _stamp("runtime")):
        stamp.unlink(missing_ok=True)
    lock = LOCKS[kind]
    packages = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
    with step(f"Installing {packages} packages into .venv"):
        _install(lock)
        _install_project()
    _stamp(kind).write_text(_state_of(kind))


def _stamp(kind: str) -> Path:
    return VENV / f"rozana-{kind}.stamp"


def _state_of(kind: str) -> str:
    """What the installation depends on. The path is part of it: a virtual environment does not survive a move."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    facts = [str(ROOT), platform.python_version(), project["project"], project["build-system"]]
    text = json.dumps(facts, sort_keys=True) + LOCKS[kind].read_text()
    return hashlib.sha256(text.encode()).hexdigest()


def _make_venv() -> None:
    """A fresh one unless the present one works. Debian without python3-venv has no ensurepip: then one without pip."""
    if _is_usable_venv():
        return
    with step("Creating .venv"):
        command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", VENV]
        if _log_run(command) != 0 and _log_run([*command, "--without-pip"]) != 0:
            raise SetupFailed(f"could not create {VENV}: see {LOGS / 'setup.log'}")


def _is_usable_venv() -> bool:
    """Made here (its scripts name their folder) and by a Python that still exists and is new enough."""
    probe = "import sys; print(sys.version_info >= (3, 11) and sys.prefix)"
    try:
        answer = subprocess.run([VENV / "bin/python", "-c", probe], capture_output=True, text=True, check=True)
        activate = (VENV / "bin/activate").read_text()
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.strip() == str(VENV) and str(VENV) in activate


def _pip() -> list[str | Path]:
    """The environment's pip, else ours working on it from outside (pip 22.3 and newer)."""
    python = VENV / "bin/python"
    if _log_run([python, "-m", "pip", "--version"]) == 0:
        return [python, "-m", "pip"]
    if _log_run([sys.executable, "-m", "pip", "--python", python, "--version"]) == 0:
        return [sys.executable, "-m", "pip", "--python", python]
    raise SetupFailed("this Python has neither venv with pip nor pip 22.3: on Debian, `apt install python3-venv`")


def _install(lock: Path) -> None:
    """By uv, which takes a tenth of the time and removes what is no longer locked; by plain pip where uv fails."""
    pip = _pip()
    hashed = ["install", "--require-hashes", "--no-deps", "--no-input", "--disable-pip-version-check", "-r"]
    uv_only = VENV / "uv.lock.txt"
    uv_only.write_text(_entry_of("uv", lock.read_text()))
    if _log_run([*pip, *hashed, uv_only]) == 0 and _log_run(_uv("sync", "--require-hashes", lock)) == 0:
        return
    say("  uv did not manage it, trying plain pip")
    if _log_run([*pip, *hashed, lock]) != 0:
        raise SetupFailed(f"could not install the packages:\n{_end_of_log()}")


def _install_project() -> None:
    """Put `backend/` on the path and `rozana` into .venv/bin, with the locked build backend: nothing is downloaded."""
    project: list[str | Path] = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    if _log_run(_uv("install", *project)) != 0 and _log_run([*_pip(), "install", "--no-input", *project]) != 0:
        raise SetupFailed(f"could not install the project itself:\n{_end_of_log()}")


def _uv(verb: str, *words: str | Path) -> list[str | Path]:
    return [VENV / "bin/python", "-m", "uv", "pip", verb, "--python", VENV / "bin/python", *words]


def _entry_of(package: str, lock: str) -> str:
    """One package's lines (version and hashes) of a lock."""
    found = re.search(rf"^{package}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupFailed(f"{package} is not in the lock")
    return found.group()


def _log_run(command: list[str | Path]) -> int:
    child = spawn(command, log=LOGS / "setup.log", cwd=ROOT, environment=uv_environment())
    try:
        return child.wait(INSTALL_SECONDS)
    finally:
        child.kill()


def _end_of_log() -> str:
    return "\n".join((LOGS / "setup.log").read_text(errors="replace").splitlines()[-15:])


if __name__ == "__main__":
    sys.exit(main())
