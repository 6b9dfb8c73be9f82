"""Complaints against what was expected, minute by minute: windows and e-detectors of all series at once.

A series is a family of topics in the whole country. The series are the last axis of every array, so that a benchmark
can step many streams by the call that steps one.
"""

import math
from typing import Final

import numpy as np

from streams.core.crisis.baseline import REMEMBERED, Floats, Ints, Usual
from streams.core.crisis.calendar import minute_of_day
from streams.core.crisis.tuning import MINUTES_PER_DAY, MINUTES_PER_HOUR, Baseline, Burst

RING: Final = 256
"""Minutes of history; above the longest window and an hour together, and a power of two."""
_MOST_LOG_GAIN: Final = 60.0
_MOST_E: Final = 1e30
_SCALARS: Final = ("minute", "n_covered", "_n_learnt", "_hour_t")
_ARRAYS: Final = (
    "_counts", "_expected", "_usual_counts", "_e", "_hour_n", "_hour_week", "_n_frozen", "frozen", "_factor",
)  # fmt: skip


class National:
    """Steps `n_series` series minute by minute.

    Counts and expectations are running totals; a minute that no call names adds to neither: it is missing, not zero.
    Set `frozen` for the series whose alert is open: what they bring is not normal, and is not learnt.
    """

    def __init__(self, n_series: int, baseline: Baseline, burst: Burst) -> None:
        self._baseline, self._burst = baseline, burst
        self.usual = Usual(n_series, baseline)
        self.minute = self.n_covered = self._n_learnt = self._hour_t = 0
        self._counts: Ints = np.zeros((RING, n_series), dtype=np.int64)
        self._expected, self._usual_counts = np.zeros((RING, n_series)), np.zeros((RING, n_series))
        self._e = np.zeros((n_series, len(burst.ratios)))
        self._hour_n, self._hour_week = np.zeros(n_series), np.zeros(n_series)
        self._n_frozen, self._factor = np.zeros(n_series), np.ones(n_series)
        self.frozen = np.zeros(n_series, dtype=bool)
        self._log_ratios = np.log(np.asarray(burst.ratios))
        self._gains = np.asarray(burst.ratios) - 1
        self._shares = np.full(len(burst.ratios), 1 / len(burst.ratios))

    def step(self, minute: int, counts: Ints) -> None:
        """Takes the complaints of a covered minute; shape (n_series,)."""
        self._advance(minute)
        week = self.usual.week_at(minute)
        usual = self.usual.level * week
        self._factor = self._factors(minute)[0]
        rate = np.maximum(usual * self._factor, self.usual.floor)
        here = minute % RING
        self._counts[here] += counts
        self._usual_counts[here] += usual
        self._expected[here] += rate
        self._hour_n += counts
        self._hour_week += week
        self._hour_t += 1
        self.n_covered += 1
        gains = counts[:, None] * self._log_ratios - self._null(rate)[:, None] * self._gains
        self._e += 1
        self._e *= np.exp(np.minimum(gains, _MOST_LOG_GAIN))
        np.minimum(self._e, _MOST_E, out=self._e)
        self._e[self.frozen] = 0  # what is told is told: after its end a wave needs evidence of its own

    def idle(self, minute: int, n_minutes: int) -> None:
        """Takes covered minutes of one hour without a complaint: what `step` with zeros does, all at once."""
        self._advance(minute)
        here, before = _places(minute, n_minutes), (minute - 1) % RING
        week = self.usual.week_over(minute, n_minutes)
        usual = self.usual.level * week
        self._counts[here] = self._counts[before]
        self._usual_counts[here] = self._usual_counts[before] + usual.cumsum(axis=0)
        factors = self._factors(minute, n_minutes)
        self._factor = factors[-1]
        rate = np.maximum(usual * factors, self.usual.floor)
        self._expected[here] = self._expected[before] + rate.cumsum(axis=0)
        self._hour_week += week.sum(axis=0)
        self._hour_t += n_minutes
        self.n_covered += n_minutes
        self.minute = minute + n_minutes - 1
        falls = self._null(rate)[::-1].cumsum(axis=0)
        weights = falls[:, :, None] * -self._gains
        np.exp(weights, out=weights)  # of the evidence that stood before each minute, the last one first
        self._e = self._e * weights[-1] + weights.sum(axis=0)

    def count(self, n_minutes: int) -> Ints:
        """Returns the complaints of the last minutes; shape (n_series,)."""
        return np.asarray(self._counts[self.minute % RING] - self._counts[(self.minute - n_minutes) % RING])

    def expected(self, n_minutes: int) -> Floats:
        """Returns what was expected of the last minutes; shape (n_series,)."""
        return np.asarray(self._expected[self.minute % RING] - self._expected[(self.minute - n_minutes) % RING])

    def over(self, n_minutes: Ints) -> tuple[Ints, Floats]:
        """Returns both of several windows that end now; shape (n_windows, n_series)."""
        here, before = self.minute % RING, (self.minute - n_minutes) % RING
        return self._counts[here] - self._counts[before], self._expected[here] - self._expected[before]

    @property
    def e_values(self) -> Floats:
        """The evidence against the null hypothesis, a mean over the ratios; shape (n_series,)."""
        return np.asarray(self._e @ self._shares)

    @property
    def is_cold(self) -> bool:
        """Whether too little was seen to judge anything."""
        return self.n_covered < self._baseline.least_hours * MINUTES_PER_HOUR

    def dump(self) -> dict[str, bytes]:
        """Returns all that it has learnt and counted, an array a name."""
        scalars = np.array([getattr(self, name) for name in _SCALARS], dtype=np.int64)
        arrays = {name: getattr(self, name).tobytes() for name in _ARRAYS}
        return (
            {"scalars": scalars.tobytes()} | arrays | {name: getattr(self.usual, name).tobytes() for name in REMEMBERED}
        )

    def load(self, saved: dict[str, bytes]) -> None:
        """Brings it to where `dump` left another one with as many series."""
        for name, value in zip(_SCALARS, np.frombuffer(saved["scalars"], dtype=np.int64).tolist(), strict=True):
            setattr(self, name, value)
        for owner, names in ((self, _ARRAYS), (self.usual, REMEMBERED)):
            for name in names:
                before = getattr(owner, name)
                setattr(owner, name, np.frombuffer(saved[name], dtype=before.dtype).reshape(before.shape).copy())
        self.usual.settle()

    def _null(self, rate: Floats) -> Floats:
        """Returns the rate that is still no burst: a multiple of the expected one, which grows with it.

        Chance hides what days and hours differ by while complaints are few; where they are many it shows.
        """
        burst, baseline = self._burst, self._baseline
        days = self._n_learnt / MINUTES_PER_DAY
        cold = 1 + baseline.cold_excess * math.exp(-days / baseline.cold_days)
        ratio = burst.null_low + (burst.null_high - burst.null_low) * rate / (rate + burst.null_half)
        return rate * ratio * cold

    def _factors(self, minute: int, n_minutes: int = 1) -> Floats:
        """Reads how busy this day is against a usual one: gamma means of shape (n_minutes, n_series).

        A busy evening goes on after midnight; that yesterday was quiet says nothing of today.
        """
        tuning, over = self._baseline, minute_of_day(minute)
        start, end = (_places(minute - ago, n_minutes) for ago in (tuning.intraday_from, tuning.intraday_to))
        factor = self._factor_between(start, end)
        if over < tuning.intraday_from:
            since = np.arange(n_minutes)
            midnight = (minute + since - np.clip(over + since, tuning.intraday_to, tuning.intraday_from)) % RING
            factor = np.maximum(factor, self._factor_between(midnight, end))
        factor = np.minimum(np.maximum(factor, tuning.intraday_least), tuning.intraday_most)
        return np.asarray(np.where(self.frozen, self._factor, factor))

    def _factor_between(self, start: "slice | Ints", end: "slice | Ints") -> Floats:
        shape = self._baseline.intraday_shape
        n = self._counts[end] - self._counts[start]
        usual = self._usual_counts[end] - self._usual_counts[start]
        return np.asarray((shape + n) / (shape + usual))

    def _advance(self, minute: int) -> None:
        """Learns from the hour that ended, and carries the running totals to a minute; those between are missing."""
        if minute // MINUTES_PER_HOUR != self.minute // MINUTES_PER_HOUR:
            self._end_hour()
        last = self.minute % RING
        for skipped in range(max(self.minute + 1, minute - RING + 1), minute + 1):
            here = skipped % RING
            self._counts[here] = self._counts[last]
            self._usual_counts[here] = self._usual_counts[last]
            self._expected[here] = self._expected[last]
        self.minute = minute

    def _end_hour(self) -> None:
        tuning, n_minutes = self._baseline, self._hour_t
        if n_minutes:
            usual = np.maximum(self.usual.level * self._hour_week, self.usual.floor * n_minutes)
            counts = self._hour_n
            if self.n_covered > 2 * MINUTES_PER_DAY:  # an outbreak counts for what is still believable
                counts = np.minimum(counts, tuning.believable * usual + 4 * np.sqrt(usual) + 2)
            self._n_frozen = np.where(self.frozen, self._n_frozen + n_minutes / MINUTES_PER_HOUR, 0)
            learns = ~self.frozen | (self._n_frozen > tuning.frozen_hours)
            is_cold = self.n_covered <= MINUTES_PER_DAY
            self.usual.learn(self.minute, n_minutes, counts, self._hour_week, learns=learns, is_cold=is_cold)
        self._hour_n, self._hour_week, self._hour_t = np.zeros_like(self._hour_n), np.zeros_like(self._hour_n), 0
        self._n_learnt = self.n_covered


def _places(minute: int, n_minutes: int) -> "slice | Ints":
    """Returns where minutes stand in the ring: a slice, which is quick, where they do not go over its end."""
    first = minute % RING
    if first + n_minutes <= RING:
        return slice(first, first + n_minutes)
    return np.arange(first, first + n_minutes) % RING
