"""How the story is told: a table that grows while it plays, or one JSON object at its end."""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.scene import Facts

NUMBER_WIDTH, TITLE_WIDTH = 4, 22
WIDTH_WITHOUT_TERMINAL = 120
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Step:
    """One step as it went; `facts` are for machines, `lines` for people."""

    name: str
    title: str
    ok: bool
    facts: Facts
    lines: list[str]

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "ok": self.ok, **self.facts}


@dataclass(frozen=True)
class Ending:
    """`ok` only if every step of the story was played and held."""

    ok: bool
    steps: list[Step]


def _console() -> Console:
    """A pipe or a log has no width of its own: then one in which the longest line still fits."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)


@dataclass
class Telling:
    """Standard output: in JSON exactly one object, by `end`; else a row for each step and the addresses at the end."""

    as_json: bool
    started_at: float = field(default_factory=time.monotonic)
    _console: Console = field(default_factory=_console)
    _told: int = 0

    def tell(self, step: Step) -> None:
        self._told += 1
        if self.as_json:
            return
        row = Table.grid(padding=(0, 1))
        row.add_column(width=NUMBER_WIDTH, justify="right")
        row.add_column(width=TITLE_WIDTH)
        row.add_column(ratio=1, overflow="fold")
        mark, style = ("✓", "green") if step.ok else ("✗", "bold red")
        lines = Text("\n".join(step.lines))
        row.add_row(Text(f"{mark} {self._told}", style=style), Text(step.title, style="bold"), lines)
        self._console.print(row)

    def end(
        self, ending: Ending, urls: dict[str, str], *, files: Mapping[str, str] = NOTHING, error: str | None = None
    ) -> None:
        """`files`: what else to look at, by what is in it. `error`: why there was no story."""
        seconds = round(time.monotonic() - self.started_at, 1)
        if self.as_json:
            whole = {
                "ok": ending.ok,
                "seconds": seconds,
                "steps": [step.as_json() for step in ending.steps],
                "urls": urls,
                **({"files": dict(files)} if files else {}),
                **({"error": error} if error else {}),
            }
            print(json.dumps(whole, ensure_ascii=False), file=sys.stdout, flush=True)
            return
        if ending.steps:
            self._console.print()
            verdict = "Every step held." if ending.ok else "The story broke."
            self._console.print(Text(f"{verdict} ({seconds} s)", style="bold green" if ending.ok else "bold red"))
        table = Table.grid(padding=(0, 2))
        for name, url in urls.items():
            table.add_row(Text(name, style="bold"), Text(url, style=f"link {url}"))
        for name, path in files.items():
            table.add_row(Text(name, style="bold"), Text(path))
        self._console.print(table)
