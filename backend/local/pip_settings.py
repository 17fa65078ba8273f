"""uv reads none of pip's settings; people behind a mirror have set pip up only."""

import os
import subprocess
import sys
from pathlib import Path

UV_NAMES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}


def uv_environment() -> dict[str, str]:
    """Our environment, plus pip's indexes under uv's names (what is set for uv already wins), minus pip's chatter."""
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_PROGRESS": "1", **_from_pip(), **os.environ}
    cache = Path(environment.get("UV_CACHE_DIR") or Path(environment.get("HOME", "/nonexistent"), ".cache"))
    if not os.access(cache if cache.exists() else cache.parent, os.W_OK):
        environment["UV_NO_CACHE"] = "1"
    environment.pop("PYTHONPATH", None)
    return environment


def _from_pip() -> dict[str, str]:
    """`pip config list` prints `global.index-url='https://…'` and, for variables, `:env:.index-url='…'`."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = UV_NAMES.get(key.rpartition(".")[2])
        if name and value:
            words = value.strip("'\"").replace("\\n", " ").split()
            found[name] = (" " if name == "UV_INDEX" else ",").join(words)
    if "UV_INDEX" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: the newest of all indexes; hashes say what is genuine
    return found
