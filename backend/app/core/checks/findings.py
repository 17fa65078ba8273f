"""What a check found: how bad it is, what is wrong, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["warning", "error"]


@dataclass(frozen=True)
class Finding:
    """`problem` and `remedy` are sentences for the person who runs the installation; neither ever holds a secret."""

    level: Level
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


class NotReached(Exception):
    """A server did not answer, so nothing can be said about it. Its words say which one and why."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.finding = Finding("error", problem, remedy)


def error(problem: str, remedy: str) -> Finding:
    return Finding("error", problem, remedy)


def warning(problem: str, remedy: str) -> Finding:
    return Finding("warning", problem, remedy)
