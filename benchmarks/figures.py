"""What a benchmark is asked, what it found out, and the little statistics in between. Imports nothing of the product."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Plan:
    """How to measure: clients at once, seconds of each stretch, and how often all stretches come, in turn."""

    clients: tuple[int, ...]
    seconds: float
    rounds: int
    due: tuple[int, ...] = (10_000, 100_000)  # deliveries of a billing run, one run after another


@dataclass
class Report:
    """One JSON object. `ratios` may be compared between machines and days; `figures` say how they came about."""

    name: str
    errors: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "errors": len(self.errors),
            "figures": {name: _rounded(value) for name, value in self.figures.items()},
            "ratios": {name: _rounded(value) for name, value in self.ratios.items()},
        }


@dataclass
class Stretch:
    """What one measured stretch saw: how long each thing took, and how long it all took."""

    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.durations) / self.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank; 0.5 and 0.99 of what was seen, not of a curve through it."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' own ratios: what slows a whole round down slows both halves of it."""
    return median(mine / floor for mine, floor in zip(ours, theirs, strict=True))


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
