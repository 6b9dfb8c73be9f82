"""Complaints against what was expected of them, span by span: the numbers of a picture."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from streams.core.crisis.calendar import ZONE, instant_of, minute_of
from streams.core.crisis.series import INDEX_OF, Series
from streams.core.crisis.tuning import MINUTES_PER_HOUR

BAND_SHARE: Final = 0.98
"""Of spans in which nothing happens, so many lie within the band."""
SHORT, LONG, DAY = 10, 60, 1440
_MOST_SHORT: Final = 4 * DAY
_MOST_LONG: Final = 60 * DAY
_DEVIATIONS: Final = 12
_MOST_BEHIND: Final = 3 * LONG


class Point(NamedTuple):
    """Complaints of the span that begins at `start` (French time), and what a usual one has: mean, band of counts."""

    start: datetime
    n: int
    expected: float
    low: int
    high: int


@dataclass(slots=True)
class _Span:
    n: int = 0
    expected: float = 0.0
    dispersion: float = 1.0


def width_of(n_minutes: int) -> int:
    """Returns how many minutes a point has where a picture spans so many: 10, an hour or a day."""
    return SHORT if n_minutes <= _MOST_SHORT else LONG if n_minutes <= _MOST_LONG else DAY


def band(expected: float, dispersion: float, share: float = BAND_SHARE) -> tuple[int, int]:
    """Returns the counts between which a negative binomial lies with a probability of at least `share`, evenly cut.

    Example: `band(0.5, 12)` is (0, 3).

    Args:
        expected: its mean.
        dispersion: its r; variance = mean + mean^2 / r.
        share: of the probability.
    """
    if expected <= 0:
        return 0, 0
    deviation = (expected + expected * expected / dispersion) ** 0.5
    n = np.arange(1, int(expected + _DEVIATIONS * deviation) + _DEVIATIONS)
    odds = expected / (expected + dispersion)
    first = dispersion * np.log1p(-odds)
    terms = np.concatenate(([first], first + np.log((n - 1 + dispersion) / n * odds).cumsum()))
    at_most = np.exp(terms).cumsum()
    low, high = np.searchsorted(at_most, [(1 - share) / 2, (1 + share) / 2])
    return int(low), int(high)


@dataclass(slots=True)
class Curve:
    """Counts of one family over spans of equal length, taken while a detector judges.

    Args:
        family: of topics.
        start: the first minute, since 1970; not before the first that the detector judges.
        end: the minute after the last.
        width: minutes of a span: a divisor of an hour, an hour, or a day of French time.
    """

    family: str
    start: int
    end: int
    width: int
    _taken: int = field(init=False)
    _spans: dict[int, _Span] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._taken = self.start

    def take(self, series: Series) -> None:
        """Takes the minutes that were judged since the last call; it is called at least once an hour.

        What lies further back was passed at once, for nobody read it, and has no span.
        """
        now = series.national.minute + 1
        self._taken = max(self._taken, now - _MOST_BEHIND)
        step = min(self.width, MINUTES_PER_HOUR)
        while self._taken < min(now, self.end):
            stop = min((self._taken // step + 1) * step, now, self.end)
            span = self._spans.setdefault(_begin_of(self._taken, self.width), _Span())
            span.n += series.count(self.family, now - self._taken) - series.count(self.family, now - stop)
            span.expected += series.expected(self.family, now - self._taken) - series.expected(self.family, now - stop)
            span.dispersion = float(series.national.usual.dispersion[INDEX_OF[self.family]])
            self._taken = stop

    def points(self) -> list[Point]:
        """Returns the spans in order; the first and the last may be cut short."""
        return [
            Point(instant_of(begin).astimezone(ZONE), span.n, span.expected, *band(span.expected, span.dispersion))
            for begin, span in self._spans.items()
        ]


def _begin_of(minute: int, width: int) -> int:
    if width < DAY:
        return minute // width * width
    local = instant_of(minute).astimezone(ZONE)
    return minute_of(local.replace(hour=0, minute=0, second=0, microsecond=0))
