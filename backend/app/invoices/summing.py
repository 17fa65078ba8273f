"""Lines of a document summed by rate and by HSN code; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from app.pricing.rules import Taxed


class Line(Protocol):
    """What the summaries read of a line, issued or to be."""

    @property
    def hsn(self) -> str: ...
    @property
    def rate_bp(self) -> int: ...
    @property
    def heads(self) -> Taxed: ...


@dataclass(frozen=True)
class RateSum:
    """The lines of one rate together."""

    rate_bp: int
    heads: Taxed


@dataclass(frozen=True)
class HsnSum:
    """The lines of one HSN code and rate together."""

    hsn: str
    rate_bp: int
    heads: Taxed


def sums_by_rate(lines: Iterable[Line]) -> list[RateSum]:
    """Lowest rate first; they add up to the lines."""
    found: dict[int, Taxed] = {}
    for line in lines:
        found[line.rate_bp] = found.get(line.rate_bp, Taxed()) + line.heads
    return [RateSum(rate, found[rate]) for rate in sorted(found)]


def sums_by_hsn(lines: Iterable[Line]) -> list[HsnSum]:
    """By HSN, then rate; they add up to the lines."""
    found: dict[tuple[str, int], Taxed] = {}
    for line in lines:
        found[line.hsn, line.rate_bp] = found.get((line.hsn, line.rate_bp), Taxed()) + line.heads
    return [HsnSum(*key, found[key]) for key in sorted(found)]
