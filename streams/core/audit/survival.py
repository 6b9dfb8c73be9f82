"""Waiting times of which some have not ended: quantiles of those that have, and Kaplan and Meier's curve of all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Wait(NamedTuple):
    """How long tweets have waited, in seconds; `ended`: they were answered then, else they still wait. `n` tweets."""

    seconds: float
    ended: bool
    n: int = 1


class Step(NamedTuple):
    """From `seconds` on, `share` of all tweets still wait."""

    seconds: float
    share: float


def quantile(values: Sequence[float], share: float) -> float | None:
    """Returns a quantile of sorted values, interpolated between the two nearest; None of none.

    Example: of 1, 2, 3, 4 the quantile .5 is 2.5 (Hyndman and Fan's type 7, NumPy's default).
    """
    if not values:
        return None
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def kaplan_meier(waits: Iterable[Wait]) -> list[Step]:
    """Returns the share that still waits, from each waiting time at which a tweet was answered on.

    S(t) = product over answered times t_i <= t of (1 - answered_i / at risk_i), where those that still wait are at risk
    up to their age (Kaplan, Meier 1958). A tweet of the same age as an answered one is at risk there.

    Example: answered after 1 and 3, one waits for 2: S(1) = 2/3, S(3) = 0.
    """
    ended: Counter[float] = Counter()
    left: Counter[float] = Counter()
    for wait in waits:
        (ended if wait.ended else left)[wait.seconds] += wait.n
    at_risk = ended.total() + left.total()
    steps, share = [], 1.0
    for seconds in sorted(ended.keys() | left.keys()):
        if n_ended := ended[seconds]:
            share *= 1 - n_ended / at_risk
            steps.append(Step(seconds, share))
        at_risk -= n_ended + left[seconds]
    return steps


def median_of(steps: Sequence[Step]) -> float | None:
    """Returns when the share falls to a half; None where it never does: more than half may wait for ever."""
    return next((step.seconds for step in steps if step.share <= 0.5), None)


def at_times(steps: Sequence[Step], seconds: Iterable[float]) -> list[Step]:
    """Returns the share at given times, in their order; 1 before the first step."""
    return [Step(at, next((step.share for step in reversed(steps) if step.seconds <= at), 1.0)) for at in seconds]
