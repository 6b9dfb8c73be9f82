"""What else one could do: a fixed threshold, and a z-score on exponential means of the hour of the day.

Both see the network complaints of the stream alone, without pile-ons and brigades, so that they need no input rules;
each is tuned to a rate of false alarms on the base setting, and meets the same kind of outages at random minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.bench.crisis.figures import Figure, share
from tests.bench.crisis.incidents import OUTAGE_MINUTES, ramp
from tests.bench.crisis.stream import START, WARM_DAYS
from tests.bench.crisis.traffic import BASE, MINUTES_PER_DAY, Floats, Traffic

WINDOW_MINUTES: Final = 10
WITHIN_MINUTES: Final = 10
_APART_MINUTES: Final = 60
"""Alarms closer than this are one."""
_WEIGHT_OF_DAY: Final = 0.05
_LEAST_SD: Final = 0.5
_STEPS: Final = 40

Scores = Callable[["History", NDArray[np.int64], NDArray[np.int64]], Floats]
"""History, minutes, counts of their windows -> how unusual each is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A peer at its threshold: its false alarms a year, and the share of outages that it finds in time."""

    peer: str
    threshold: float
    false_per_year: float
    found: dict[str, Figure]


class History:
    """The minute counts of network complaints of one stream, and what its hours of the day usually have."""

    def __init__(self, per_day: float, n_days: int, seed: int) -> None:
        self.traffic = Traffic(per_day, BASE, START, n_days, seed)
        self.counts = np.random.default_rng((seed, 10)).poisson(self.traffic.network)
        self.windows = windowed(self.counts)
        self._mean, self._sd = self._usual()

    def _usual(self) -> tuple[Floats, Floats]:
        """Returns mean and standard deviation of ten-minute counts by day and hour, from the days before; EWMA.

        Hours are those of winter time; the means follow the clock within some weeks.
        """
        n_days = len(self.counts) // MINUTES_PER_DAY
        bins = self.counts.reshape(n_days, MINUTES_PER_DAY // WINDOW_MINUTES, WINDOW_MINUTES).sum(axis=2)
        bins = bins.reshape(n_days, 24, 60 // WINDOW_MINUTES)
        mean, square = bins[0].mean(axis=1), (bins[0].astype(float) ** 2).mean(axis=1)
        means, sds = np.empty((n_days, 24)), np.empty((n_days, 24))
        for day in range(n_days):
            means[day], sds[day] = mean, np.sqrt(np.maximum(square - mean * mean, _LEAST_SD**2))
            mean = mean + _WEIGHT_OF_DAY * (bins[day].mean(axis=1) - mean)
            square = square + _WEIGHT_OF_DAY * ((bins[day].astype(float) ** 2).mean(axis=1) - square)
        return means, sds

    def z_scores(self, minutes: NDArray[np.int64], windows: NDArray[np.int64]) -> Floats:
        """Returns how many standard deviations above its hour's mean each window is."""
        day, hour = minutes // MINUTES_PER_DAY, minutes % MINUTES_PER_DAY // 60
        return np.asarray((windows - self._mean[day, hour]) / self._sd[day, hour])


PEERS: Final[dict[str, Scores]] = {
    "fixed threshold": lambda history, minutes, windows: windows.astype(float),
    "z-score on EWMA": lambda history, minutes, windows: history.z_scores(minutes, windows),
}


def windowed(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the sums of the last ten minutes; the first ones of what there is."""
    sums = counts.cumsum()
    sums[WINDOW_MINUTES:] -= counts.cumsum()[:-WINDOW_MINUTES]
    return np.asarray(sums)


def episodes(is_alarm: NDArray[np.bool_]) -> int:
    """Counts alarms, those within an hour of the last one as the same."""
    at = np.flatnonzero(is_alarm)
    return int(len(at) and 1 + (np.diff(at) > _APART_MINUTES).sum())


def threshold_for(scores: list[Floats], years: float, false_per_year: float) -> tuple[float, float]:
    """Returns the lowest threshold with at most so many false alarms a year, and how many it has."""
    low, high = 0.0, max(float(one.max()) for one in scores) * 1.01 + 1
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if sum(episodes(one > middle) for one in scores) / years > false_per_year:
            low = middle
        else:
            high = middle
    return high, sum(episodes(one > high) for one in scores) / years


def measured(
    per_day: float, factors: tuple[float, ...], years: int, n_outages: int, false_per_year: float, seed: int
) -> list[Found]:
    """Tunes both peers on streams of a year each, and injects outages into those."""
    n_days, warm = WARM_DAYS + 365, WARM_DAYS * MINUTES_PER_DAY
    histories = [History(per_day, n_days, seed + year) for year in range(years)]
    made = []
    for peer, score in PEERS.items():
        minutes = np.arange(warm, n_days * MINUTES_PER_DAY)
        scores = [score(history, minutes, history.windows[warm:]) for history in histories]
        threshold, false = threshold_for(scores, years, false_per_year)
        found = {f"x{factor:g}": _found(histories, score, threshold, factor, n_outages) for factor in factors}
        made.append(Found(peer, threshold, false, found))
    return made


def _found(histories: list[History], score: Scores, threshold: float, factor: float, n_outages: int) -> Figure:
    rng = np.random.default_rng((11, int(factor)))
    heights, hits = ramp(OUTAGE_MINUTES)[:WITHIN_MINUTES], 0
    for number in range(n_outages):
        history = histories[number % len(histories)]
        start = int(rng.integers(WARM_DAYS * MINUTES_PER_DAY, len(history.counts) - OUTAGE_MINUTES))
        counts = history.counts[start - WINDOW_MINUTES : start + WITHIN_MINUTES].copy()
        rates = history.traffic.network[start : start + WITHIN_MINUTES]
        counts[WINDOW_MINUTES:] += rng.poisson(rates * (factor - 1) * heights)
        windows = windowed(counts)[WINDOW_MINUTES:]
        hits += bool((score(history, np.arange(start, start + WITHIN_MINUTES), windows) > threshold).any())
    return share(hits, n_outages)
