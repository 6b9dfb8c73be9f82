"""Complaints against what was expected, minute by minute: baseline, windows and e-detectors of all series at once.

A series is a family of topics in the whole country. All arrays have one row per series, so that a benchmark can step
many streams by the call that steps one.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.core.crisis.calendar import between_hours, hour_of_week
from streams.core.crisis.tuning import DAY_CURVE, HOURS_PER_WEEK, MINUTES_PER_HOUR, WEEK_CURVE, Baseline, Burst

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RING: Final = 256
"""Minutes of history; above the longest window and an hour together, and a power of two."""
_MOST_E: Final = 1e30
_MINUTES_PER_DAY: Final = 1440
_SCALARS: Final = "scalars"
_REMEMBERED: Final = (
    "_counts", "_expected", "_usual", "_e", "_level_n", "_level_t", "_cell_n", "_cell_t", "_excess", "_square",
    "_hour_n", "_hour_usual", "_hour_profile", "_n_frozen", "frozen", "_factor",
)  # fmt: skip


def generic_profile() -> Floats:
    """Returns the hours of the week against their mean, before a stream has told its own; shape (168,)."""
    curve = np.outer(WEEK_CURVE, DAY_CURVE).ravel()
    return np.asarray(curve / curve.mean(), dtype=np.float64)


class National:
    """Steps `n_series` series minute by minute.

    Counts and expectations are running totals; a minute that no call names adds to neither: it is missing, not zero.
    """

    def __init__(self, n_series: int, baseline: Baseline, burst: Burst) -> None:
        self._baseline, self._burst = baseline, burst
        self.minute = 0
        self.n_covered = self._n_learnt = 0
        shape = (n_series, RING)
        self._counts: Ints = np.zeros(shape, dtype=np.int64)
        self._expected, self._usual = np.zeros(shape), np.zeros(shape)
        self._e = np.zeros((n_series, len(burst.ratios)))
        self._level_n, self._level_t = np.zeros(n_series), np.zeros(n_series)
        self._cell_n, self._cell_t = np.zeros((n_series, HOURS_PER_WEEK)), np.zeros((n_series, HOURS_PER_WEEK))
        self._excess, self._square = np.zeros(n_series), np.zeros(n_series)
        self._hour_n, self._hour_t = np.zeros(n_series), 0
        self._hour_usual, self._hour_profile = np.zeros(n_series), np.zeros(n_series)
        self._n_frozen = np.zeros(n_series)
        self.frozen = np.zeros(n_series, dtype=bool)
        self._factor = np.ones(n_series)
        self._log_ratios = np.log(np.asarray(burst.ratios))
        self._gains = np.asarray(burst.ratios) - 1
        self._generic = generic_profile()
        self._learn()

    # --- one minute -----------------------------------------------------------------------------------------------

    def step(self, minute: int, counts: Ints) -> None:
        """Takes the complaints of a covered minute; shape (n_series,)."""
        if minute // MINUTES_PER_HOUR != self.minute // MINUTES_PER_HOUR:
            self._end_hour()
        self._advance(minute)
        (profile,) = self._between(np.array([minute])).T
        usual = self._level * profile
        (self._factor,) = self._factors(np.array([minute])).T
        rate = np.maximum(usual * self._factor, self._floor)
        here = minute % RING
        self._counts[:, here] += counts
        self._usual[:, here] += usual
        self._expected[:, here] += rate
        self._hour_n += counts
        self._hour_usual += usual
        self._hour_profile += profile
        self._hour_t += 1
        self.n_covered += 1
        null = rate * self._null_ratio(rate)
        self._e += 1
        self._e *= np.exp(np.minimum(counts[:, None] * self._log_ratios - null[:, None] * self._gains, 60))
        np.minimum(self._e, _MOST_E, out=self._e)

    def idle(self, minute: int, n_minutes: int) -> None:
        """Takes covered minutes of one hour without a complaint: what `step` with zeros does, all at once."""
        if minute // MINUTES_PER_HOUR != self.minute // MINUTES_PER_HOUR:
            self._end_hour()
        self._advance(minute)
        minutes = np.arange(minute, minute + n_minutes)
        ring, before = minutes % RING, (minute - 1) % RING
        profile = self._between(minutes)
        usual = self._level[:, None] * profile
        self._counts[:, ring] = self._counts[:, before, None]
        self._usual[:, ring] = self._usual[:, before, None] + usual.cumsum(axis=1)
        factors = self._factors(minutes)
        self._factor = factors[:, -1]
        rate = np.maximum(usual * factors, self._floor)
        self._expected[:, ring] = self._expected[:, before, None] + rate.cumsum(axis=1)
        self._hour_usual += usual.sum(axis=1)
        self._hour_profile += profile.sum(axis=1)
        self._hour_t += n_minutes
        self.n_covered += n_minutes
        self.minute = minute + n_minutes - 1
        null = rate * self._null_ratio(rate)
        falls = null[:, None, ::-1] * -self._gains[:, None]
        weights = np.exp(falls.cumsum(axis=2))  # of the evidence that stood before each minute, the last one first
        self._e = self._e * weights[:, :, -1] + weights.sum(axis=2)

    def _null_ratio(self, rate: Floats) -> Floats:
        """Returns what multiple of the expected rate is still no burst; it grows with the rate.

        Chance hides what days and hours differ by while complaints are few; where they are many it shows.
        """
        burst = self._burst
        return (burst.null_low + (burst.null_high - burst.null_low) * rate / (rate + burst.null_half)) * self._cold

    def _advance(self, minute: int) -> None:
        """Carries the running totals to a minute; those between are missing."""
        last = self.minute % RING
        for skipped in range(max(self.minute + 1, minute - RING + 1), minute + 1):
            here = skipped % RING
            self._counts[:, here] = self._counts[:, last]
            self._usual[:, here] = self._usual[:, last]
            self._expected[:, here] = self._expected[:, last]
        self.minute = minute

    def _between(self, minutes: Ints) -> Floats:
        """Returns the profile between the centres of two hours; shape (n_series, n_minutes)."""
        first, second, weight = zip(*map(between_hours, minutes.tolist()), strict=True)
        weights = np.array(weight)
        profile: Floats = self._profile[:, first] * (1 - weights) + self._profile[:, second] * weights
        return profile

    def _factors(self, minutes: Ints) -> Floats:
        """Reads how busy this day is against a usual one; gamma posterior means of shape (n_series, n_minutes)."""
        tuning = self._baseline
        start, end = (minutes - tuning.intraday_from) % RING, (minutes - tuning.intraday_to) % RING
        n = self._counts[:, end] - self._counts[:, start]
        usual = self._usual[:, end] - self._usual[:, start]
        factor = (tuning.intraday_shape + n) / (tuning.intraday_shape + usual)
        factor = np.clip(factor, tuning.intraday_least, tuning.intraday_most)
        return np.asarray(np.where(self.frozen[:, None], self._factor[:, None], factor))

    # --- what it remembers ----------------------------------------------------------------------------------------

    def dump(self) -> dict[str, bytes]:
        """Returns all that it has learnt and counted, an array a name."""
        scalars = np.array([self.minute, self.n_covered, self._n_learnt, self._hour_t], dtype=np.int64)
        return {_SCALARS: scalars.tobytes()} | {name: getattr(self, name).tobytes() for name in _REMEMBERED}

    def load(self, saved: dict[str, bytes]) -> None:
        """Brings it to where `dump` left another one with as many series."""
        scalars = np.frombuffer(saved[_SCALARS], dtype=np.int64).tolist()
        self.minute, self.n_covered, self._n_learnt, self._hour_t = scalars
        for name in _REMEMBERED:
            before = getattr(self, name)
            setattr(self, name, np.frombuffer(saved[name], dtype=before.dtype).reshape(before.shape).copy())
        self._learn()

    # --- what it says ---------------------------------------------------------------------------------------------

    def count(self, n_minutes: int) -> Ints:
        """Returns the complaints of the last minutes; shape (n_series,)."""
        here, there = self._ends(n_minutes)
        return np.asarray(self._counts[:, here] - self._counts[:, there])

    def expected(self, n_minutes: int) -> Floats:
        """Returns what was expected of the last minutes; shape (n_series,)."""
        here, there = self._ends(n_minutes)
        return np.asarray(self._expected[:, here] - self._expected[:, there])

    def _ends(self, n_minutes: int) -> tuple[int, int]:
        return self.minute % RING, (self.minute - n_minutes) % RING

    @property
    def e_values(self) -> Floats:
        """The evidence against "at most `null_ratio` x expected", a mean over the ratios; shape (n_series,)."""
        return np.asarray(self._e.mean(axis=1), dtype=np.float64)

    @property
    def level(self) -> Floats:
        """Complaints a minute, a mean over the hours of the week; shape (n_series,)."""
        return self._level

    @property
    def dispersion(self) -> Floats:
        """The negative binomial's r of an hour's count; shape (n_series,)."""
        return self._dispersion

    @property
    def is_cold(self) -> bool:
        """Whether too little was seen to judge anything."""
        return self.n_covered < self._baseline.least_hours * MINUTES_PER_HOUR

    # --- learning -------------------------------------------------------------------------------------------------

    def _end_hour(self) -> None:
        """Learns from the hour that ended, outbreaks cut to what is still believable."""
        tuning = self._baseline
        if self._hour_t:
            usual = np.maximum(self._hour_usual, self._floor * self._hour_t)
            n = self._hour_n
            if self.n_covered > 2 * _MINUTES_PER_DAY:
                n = np.minimum(n, tuning.believable * usual + 4 * np.sqrt(usual) + 2)
            self._n_frozen = np.where(self.frozen, self._n_frozen + self._hour_t / MINUTES_PER_HOUR, 0)
            learns = ~(self.frozen & (self._n_frozen <= tuning.frozen_most_hours))
            self._take_hour(n, usual, learns)
        self._hour_n, self._hour_t = np.zeros_like(self._hour_n), 0
        self._hour_usual, self._hour_profile = np.zeros_like(self._hour_usual), np.zeros_like(self._hour_usual)
        self._n_learnt = self.n_covered
        self._learn()

    def _take_hour(self, n: Floats, usual: Floats, learns: NDArray[np.bool_]) -> None:
        tuning = self._baseline
        hours = self._hour_t / MINUTES_PER_HOUR
        fade = 0.5 ** (1 / (24 * tuning.level_half_life_days))
        weight = np.where(learns, 1.0, 0.0)
        self._level_n = np.where(learns, self._level_n * fade, self._level_n) + weight * n
        self._level_t = np.where(learns, self._level_t * fade, self._level_t) + weight * self._hour_profile
        cell = hour_of_week(self.minute // MINUTES_PER_HOUR)
        fade = 0.5 ** (7 / tuning.profile_half_life_days)
        sure = (
            weight * (self.n_covered > _MINUTES_PER_DAY) / (1 + usual / self._dispersion)
        )  # a busy hour of one day tells no more than its day
        self._cell_n[:, cell] = self._cell_n[:, cell] * np.where(learns, fade, 1) + sure * n
        self._cell_t[:, cell] = (
            self._cell_t[:, cell] * np.where(learns, fade, 1) + sure * self._level * MINUTES_PER_HOUR * hours
        )
        fade = 0.5 ** (1 / (24 * tuning.level_half_life_days))
        self._excess = self._excess * fade + weight * ((n - usual) ** 2 - usual)
        self._square = self._square * fade + weight * usual * usual

    def _learn(self) -> None:
        """Turns what was taken into level, profile, dispersion and the null hypothesis's ratio."""
        tuning = self._baseline
        prior = tuning.prior_hours * MINUTES_PER_HOUR
        self._floor = tuning.floor_per_day / _MINUTES_PER_DAY
        mean = (self._level_n + 0.02) / np.maximum(self._level_t + 0.02 * prior, 1e-9)
        self._level = np.maximum(mean, self._floor)
        dispersion = (self._square + tuning.dispersion_weight) / np.maximum(
            self._excess + tuning.dispersion_weight / tuning.dispersion, 1e-3
        )
        self._dispersion = np.clip(dispersion, 2, 100)
        worth = tuning.profile_visits * self._level[:, None] * MINUTES_PER_HOUR
        worth = worth / (1 + worth / tuning.profile_visits / self._dispersion[:, None])
        profile = (self._cell_n + worth * self._generic) / (self._cell_t + worth)
        self._profile = profile / profile.mean(axis=1, keepdims=True)
        days = self._n_learnt / _MINUTES_PER_DAY
        self._cold = 1 + tuning.cold_excess * math.exp(-days / tuning.cold_days)
