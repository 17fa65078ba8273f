"""Processor time from /proc, by process with all its children, dead ones included."""

import os
from collections.abc import Mapping
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the command's name: parent; own user and system time; those of children waited for.
PARENT, TIMES = 1, slice(11, 15)


def spent(roots: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor time by name, of the process and everything below it. A child's time goes to who waits for it."""
    parents, seconds = _processes()
    return {name: sum(seconds.get(pid, 0.0) for pid in _tree(root, parents)) for name, root in roots.items()}


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    parents, seconds = dict[int, int](), dict[int, float]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        pid = int(path.parent.name)
        parents[pid] = int(words[PARENT])
        seconds[pid] = sum(map(int, words[TIMES])) / TICK
    return parents, seconds


def _tree(root: int, parents: Mapping[int, int]) -> set[int]:
    tree, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree |= more
        grown = bool(more)
    return tree
