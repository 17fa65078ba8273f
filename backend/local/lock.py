"""Both locks, written by uv for every platform at once, with hashes and without the address of any registry."""

import subprocess
import sys

from local.paths import LOCKS, ROOT
from local.pip_settings import uv_environment

COMMAND = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal"]
OPTIONS = ["--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url", "--only-binary", ":all:"]


def main() -> int:
    runtime, dev = LOCKS["runtime"].name, LOCKS["dev"].name
    more = sys.argv[1:]
    for groups, output in (
        (["--group", "build"], runtime),
        (["--group", "build", "--group", "dev", "--constraints", runtime], dev),
    ):
        command = [*COMMAND, *OPTIONS, *groups, "--output-file", output, *more]
        finished = subprocess.run(command, cwd=ROOT, env=uv_environment(), check=False)
        if finished.returncode != 0:
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
