"""Shares and rates with their 95 % intervals."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, its interval, and of how many cases or years it is."""

    value: float
    low: float
    high: float
    n: float

    def summary(self) -> dict[str, float]:
        """Returns it as JSON has it."""
        return {
            "value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4), "n": round(self.n, 2)
        }  # fmt: skip


def share(n_hits: int, n: int) -> Figure:
    """Returns a share with Wilson's interval; without cases it is 0 with the interval [0, 1].

    Example: `share(980, 1000)` is 0.98 in [0.969, 0.987].

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if not n:
        return Figure(0.0, 0.0, 1.0, 0)
    p, z2 = n_hits / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Figure(p, max(0.0, middle - half), min(1.0, middle + half), n)


def rate(n_events: int, years: float) -> Figure:
    """Returns events a year with the interval of a Poisson count.

    Example: `rate(5, 5)` is 1.0 in [0.32, 2.33].

    Source: Byar's approximation, in Breslow and Day, Statistical Methods in Cancer Research II (1987), 2.3.
    """
    low = n_events * (1 - 1 / (9 * n_events) - _Z / (3 * math.sqrt(n_events))) ** 3 if n_events else 0.0
    more = n_events + 1
    high = more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3
    return Figure(n_events / years, low / years, high / years, years)


def weighted_share(cases: Iterable[tuple[float, bool]]) -> float:
    """Returns the share of hits where each case counts by its weight; 0 without cases."""
    hits = total = 0.0
    for weight, is_hit in cases:
        total += weight
        hits += weight * is_hit
    return hits / total if total else 0.0
