"""`scripts/lint`: every check runs, so that one look shows all; the status is 1 if any failed."""

import os
import subprocess
import sys
from pathlib import Path

from local.paths import BACKEND, ROOT, VENV
from local.progress import say, step

CHECKS: dict[str, tuple[Path, list[str]]] = {
    "ruff check": (ROOT, ["ruff", "check", "."]),
    "ruff format": (ROOT, ["ruff", "format", "--check", "."]),
    "mypy": (ROOT, ["mypy"]),
    "import contract": (ROOT, ["lint-imports"]),
    "migrations": (BACKEND, ["python", "-m", "local.lint_migrations"]),
}


def main() -> int:
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', '')}"}
    failed = []
    for name, (folder, command) in CHECKS.items():
        with step(name):
            program = VENV / "bin" / command[0]
            if subprocess.run([program, *command[1:]], cwd=folder, env=environment, check=False).returncode != 0:
                failed.append(name)
    say("All checks passed." if not failed else f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
