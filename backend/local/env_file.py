"""Reading and writing `KEY='value'` files, in the dialect that python-dotenv and a shell's `source` agree on."""

import os
from collections.abc import Mapping
from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Empty when there is no file. Quotes are taken off; comments, blank lines and `export` are skipped."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {key.strip(): _unquoted(value.strip()) for key, equals, value in pairs if equals}


def write(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Replace the file in one step, readable by its owner only. ValueError for what the two dialects read differently."""
    for key, value in values.items():
        if "'" in value or "\n" in value or "\\" in value:
            raise ValueError(f"{key} holds a quote, a backslash or a line break: {value!r}")
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    text = f"# {heading}\n" + "".join(f"{key}='{value}'\n" for key, value in values.items())
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
