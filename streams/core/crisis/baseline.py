"""What is normal: a level, the hours of the week, and how much counts vary beyond chance; learnt hour by hour.

All arrays have the series on their last axis.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.core.crisis.calendar import between_hours, hour_of_week
from streams.core.crisis.tuning import (
    DAY_CURVE,
    HOURS_PER_WEEK,
    MINUTES_PER_DAY,
    MINUTES_PER_HOUR,
    WEEK_CURVE,
    Baseline,
)  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REMEMBERED: Final = ("level_n", "level_t", "cell_n", "cell_t", "excess", "square")
"""Fading sums; all else follows from them."""
_DISPERSIONS: Final = (2, 100)


def generic_week() -> Floats:
    """Returns the hours of the week against their mean, before a stream has told its own; shape (168,)."""
    curve = np.outer(WEEK_CURVE, DAY_CURVE).ravel()
    return np.asarray(curve / curve.mean(), dtype=np.float64)


class Usual:
    """The rate that is usual in each series.

    Args:
        n_series: how many.
        tuning: how it is learnt.
    """

    def __init__(self, n_series: int, tuning: Baseline) -> None:
        self._tuning = tuning
        self._generic = generic_week()[:, None]
        self.floor = tuning.floor_per_day / MINUTES_PER_DAY
        self.level_n, self.level_t = np.zeros(n_series), np.zeros(n_series)
        self.cell_n, self.cell_t = np.zeros((HOURS_PER_WEEK, n_series)), np.zeros((HOURS_PER_WEEK, n_series))
        self.excess, self.square = np.zeros(n_series), np.zeros(n_series)
        self.settle()

    def week_at(self, minute: int) -> Floats:
        """Returns the hour of the week against the week's mean, at a minute; shape (n_series,)."""
        first, second, weight = between_hours(minute)
        found: Floats = self._week[first] * (1 - weight) + self._week[second] * weight
        return found

    def week_over(self, minute: int, n_minutes: int) -> Floats:
        """Returns the same at minutes of one hour; shape (n_minutes, n_series)."""
        here, first = hour_of_week(minute // MINUTES_PER_HOUR), minute % MINUTES_PER_HOUR
        around = self._week[[here - 1, here, (here + 1) % HOURS_PER_WEEK]]
        return np.asarray(_WEIGHTS[first : first + n_minutes] @ around)

    def learn(self, minute: int, n_minutes: int, counts: Floats, week: Floats, *, learns: Bools, is_cold: bool) -> None:
        """Takes an hour that ended.

        Args:
            minute: its last one that was covered.
            n_minutes: of it that were covered.
            counts: complaints; shape (n_series,).
            week: sum of `week_at` over its minutes; shape (n_series,).
            learns: which series.
            is_cold: the level is not known yet, and so no hour can be told from it.
        """
        tuning, keeps = self._tuning, learns.astype(np.float64)
        usual = np.maximum(self.level * week, self.floor * n_minutes)
        fade = np.where(learns, _fade(1 / 24, tuning.level_half_life_days), 1.0)
        self.level_n = self.level_n * fade + keeps * counts
        self.level_t = self.level_t * fade + keeps * week
        self.excess = self.excess * fade + keeps * ((counts - usual) ** 2 - usual)
        self.square = self.square * fade + keeps * usual * usual
        if not is_cold:
            cell = hour_of_week(minute // MINUTES_PER_HOUR)
            fade = np.where(learns, _fade(7, tuning.profile_half_life_days), 1.0)
            sure = keeps / (1 + usual / self.dispersion)  # a busy hour of one day tells no more than its day
            self.cell_n[cell] = self.cell_n[cell] * fade + sure * counts
            self.cell_t[cell] = self.cell_t[cell] * fade + sure * self.level * n_minutes
        self.settle()

    def settle(self) -> None:
        """Turns the sums into level, week and dispersion."""
        tuning = self._tuning
        level = (self.level_n + tuning.prior_complaints) / (self.level_t + tuning.prior_minutes)
        self.level: Floats = np.maximum(level, self.floor)
        spread = self.excess + tuning.dispersion_weight / tuning.dispersion
        dispersion = (self.square + tuning.dispersion_weight) / np.maximum(spread, 1e-3)
        self.dispersion: Floats = np.minimum(np.maximum(dispersion, _DISPERSIONS[0]), _DISPERSIONS[1])
        visit = self.level * MINUTES_PER_HOUR
        worth = tuning.profile_visits * visit / (1 + visit / self.dispersion)
        week = (self.cell_n + worth * self._generic) / (self.cell_t + worth)
        self._week = week * (HOURS_PER_WEEK / week.sum(axis=0))


def _weights() -> Floats:
    """Returns what the hour before, the hour itself and the one after weigh in each of its minutes; shape (60, 3)."""
    weights, here = np.zeros((MINUTES_PER_HOUR, 3)), hour_of_week(0)
    for minute in range(MINUTES_PER_HOUR):
        first, second, weight = between_hours(minute)
        weights[minute, first - here + 1] += 1 - weight
        weights[minute, second - here + 1] += weight
    return weights


def _fade(days: float, half_life_days: float) -> float:
    return float(0.5 ** (days / half_life_days))


_WEIGHTS: Final = _weights()
