"""squawk over the SQL of all migrations: locks that stop the shop, types that overflow, times without a zone."""

import os
import subprocess
import sys

from local.paths import BACKEND, VENV

# Rules left out, and why. Everything else that squawk knows must hold.
EXCLUDED = {
    "prefer-robust-stmts": "Alembic runs each migration in one transaction: nothing is ever half done",
    "prefer-text-field": "lengths are limits on what a request may store",
    "prefer-bigint-over-int": "counts and lengths; a test holds that amounts are BIGINT",
    "prefer-bigint-over-smallint": "small counts with a CHECK",
    "require-lock-timeout": "set on the connection by migrations/env.py",
    "require-statement-timeout": "a long migration is cut by its lock timeout, not in the middle of its work",
}
# Rendering SQL opens no connection and reads no secret, but the settings want to be complete.
SETTINGS = {"ENVIRONMENT": "test", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


def main() -> int:
    sql = subprocess.run(
        [VENV / "bin/python", "-m", "alembic", "upgrade", "head", "--sql"],
        cwd=BACKEND,
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    if sql.returncode != 0:
        print(sql.stderr, file=sys.stderr)
        return sql.returncode
    command = [str(VENV / "bin/squawk"), *(f"--exclude={rule}" for rule in EXCLUDED)]
    return subprocess.run(command, input=sql.stdout, text=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
