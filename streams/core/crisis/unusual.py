"""Whether a share is unusual: a beta-binomial whose share and day-to-day variation come from the days before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.core.crisis.tails import upper_tail_of_share
from streams.core.crisis.tuning import Screen

Floats = NDArray[np.float64]

_ROUNDS: Final = 3
_MOST_CORRELATION: Final = 0.9
_LEAST_CORRELATION: Final = 1e-9


class Count(NamedTuple):
    """`n` of `n_all` on one day; `n_all` is at least 1."""

    n: int
    n_all: int


@dataclass(frozen=True, slots=True)
class Usual:
    """A usual share; `correlation` of two tweets of one day, and `doubt`, the share's own variance over s (1 - s)."""

    share: float
    correlation: float
    doubt: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A share of some days against the usual one."""

    n: int
    share: float
    expected_share: float
    p_value: float
    is_unusual: bool


def usual_of(days: Sequence[Count], tuning: Screen) -> Usual:
    """Fits share and correlation by moments, each day weighed by what it tells: one with few tweets little.

    The variance of a day's share is s (1 - s) ((1 - c) / n + c), where c is the correlation.

    Source: Kleinman, Proportions with extraneous variance, JASA 68 (1973), 46-54; c is shrunk to that of
    `tuning.day_cv`.

    Args:
        days: at least one.
        tuning: the configuration.
    """
    n, n_all = (np.array(column, dtype=np.float64) for column in zip(*days, strict=True))
    least = 0.5 / n_all.sum()
    share = _within(n.sum() / n_all.sum(), least)
    correlation = _prior(share, tuning)
    weights = _weights(n_all, correlation)
    for _ in range(_ROUNDS):
        share = _within((weights * n / n_all).sum() / weights.sum(), least)
        free = weights * (1 - weights / weights.sum())
        spread = (weights * (n / n_all - share) ** 2).sum() / (share * (1 - share)) - (free / n_all).sum()
        worth = tuning.day_cv_days
        correlation = (max(spread, 0.0) + worth * _prior(share, tuning)) / ((free * (1 - 1 / n_all)).sum() + worth)
        correlation = min(max(correlation, _LEAST_CORRELATION), _MOST_CORRELATION)
        weights = _weights(n_all, correlation)
    doubt = (weights**2 * ((1 - correlation) / n_all + correlation)).sum() / weights.sum() ** 2
    return Usual(float(share), float(correlation), float(doubt))


def judge(window: Sequence[Count], days: Sequence[Count], tuning: Screen) -> Finding:
    """Judges what some days have together against the days before them; the last day alone must have more than usual.

    Args:
        window: neighbouring days, in order.
        days: those that were usual.
        tuning: the configuration.
    """
    usual = usual_of(days, tuning)
    n, n_all = sum(day.n for day in window), sum(day.n_all for day in window)
    correlation = min(_together(window, usual.correlation, tuning.persistence) + usual.doubt, _MOST_CORRELATION)
    p_value = upper_tail_of_share(n, n_all, usual.share, correlation)
    odds, usual_odds = n / max(n_all - n, 0.5), usual.share / (1 - usual.share)
    goes_on = window[-1].n > window[-1].n_all * usual.share
    is_unusual = p_value <= tuning.p and n >= tuning.least_n and odds >= tuning.odds_ratio * usual_odds and goes_on
    return Finding(n, n / n_all, usual.share, p_value, is_unusual)


def _together(window: Sequence[Count], correlation: float, persistence: float) -> float:
    """Returns the mean correlation of two tweets of a window; days that lie apart share less."""
    n_all = sum(day.n_all for day in window)
    if n_all < 2:
        return correlation
    pairs = sum(
        one.n_all * other.n_all * persistence ** abs(k - j)
        for k, one in enumerate(window)
        for j, other in enumerate(window)
    )
    return correlation * (pairs - n_all) / (n_all * (n_all - 1))


def _prior(share: float, tuning: Screen) -> float:
    """Returns the correlation with which shares vary by `day_cv`."""
    return float(min(tuning.day_cv**2 * share / (1 - share), _MOST_CORRELATION))


def _weights(n_all: Floats, correlation: float) -> Floats:
    """Returns what each day tells of the share: 1 for any that has many tweets, nearly 0 for one that has few."""
    return np.asarray(correlation * n_all / (1 + correlation * (n_all - 1)))


def _within(share: float, least: float) -> float:
    return float(min(max(share, least), 1 - least))
