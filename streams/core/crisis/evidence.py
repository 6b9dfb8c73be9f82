"""Where complaints say they are: located counts of the last hour by department, and what was usual there."""

import math
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

from streams.core.crisis.tails import upper_tail
from streams.core.crisis.tuning import MINUTES_PER_DAY, Local

WINDOW_MINUTES: Final = 60
_SURE_SIGMAS: Final = 3
"""A count so many Poisson deviations above its mean at most has a tail of over 1e-4, and need not be judged."""


class Located(NamedTuple):
    """A counted complaint that names departments or regions; `author` is a fingerprint."""

    minute: int
    id: str
    author: int
    at_s: float
    degraded: bool
    departments: tuple[str, ...]
    regions: tuple[str, ...]


_MINUTE: Final = attrgetter("minute")


@dataclass(frozen=True, slots=True)
class France:
    """Departments and what share of all located complaints each usually has; the shares sum to 1."""

    shares: Mapping[str, float]
    region_of: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LocalBurst:
    """A department with more complaints than it should have, over a window that ends now."""

    department: str
    n_minutes: int
    p_value: float


class Places:
    """The located complaints of one family: the last hour one by one, the past as fading totals."""

    def __init__(self, france: France, tuning: Local) -> None:
        self._france, self._tuning = france, tuning
        self.minute = 0
        self.recent: deque[Located] = deque()
        self.totals: defaultdict[str, float] = defaultdict(float)
        self.n_located = 0.0
        self.n_counted = 0.0
        self._here: defaultdict[str, deque[Located]] = defaultdict(deque)

    def take(self, minute: int, located: Iterable[Located]) -> None:
        """Takes the located complaints of a minute, and drops what is older than the hour."""
        self.minute = minute
        for one in located:
            self.recent.append(one)
            for department in one.departments:
                self._here[department].append(one)
        while self.recent and self.recent[0].minute <= minute - WINDOW_MINUTES:
            for department in self.recent.popleft().departments:
                here = self._here[department]
                here.popleft()
                if not here:
                    del self._here[department]

    def learn(self, n_counted: int) -> None:
        """Takes the hour that ended into what is usual, old hours fading.

        Args:
            n_counted: complaints of the hour, with a place or without.
        """
        fade = 0.5 ** (1 / (24 * self._tuning.half_life_days))
        for department in self.totals:
            self.totals[department] *= fade
        self.n_located *= fade
        self.n_counted = self.n_counted * fade + n_counted
        for one in self.recent:
            for department in one.departments:
                self.totals[department] += 1
                self.n_located += 1

    def share_of(self, department: str) -> float:
        """Returns a department's usual share of the located complaints, a gamma-Poisson mean."""
        worth = self._tuning.share_worth
        prior = self._france.shares.get(department, self._tuning.least_share)
        return (self.totals.get(department, 0.0) + worth * prior) / (self.n_located + worth)

    def located_share(self) -> float:
        """Returns which share of the counted complaints names a department; a beta-binomial mean."""
        worth = self._tuning.located_worth
        return min(1.0, (self.n_located + worth * self._tuning.located_prior) / (self.n_counted + worth))

    def within(self, n_minutes: int) -> list[Located]:
        """Returns the located complaints of the last minutes, `WINDOW_MINUTES` at most, oldest first."""
        return _since(self.recent, self.minute - n_minutes)

    def here(self, department: str, n_minutes: int) -> list[Located]:
        """Returns those of them that name a department."""
        return _since(self._here[department], self.minute - n_minutes) if department in self._here else []

    def bursts(self, expected: Mapping[int, float], most_p: float) -> list[LocalBurst]:
        """Returns the departments named this minute whose count of a window is beyond what was to be expected.

        A count rises only when a complaint comes, so no other department need be looked at.

        Args:
            expected: window in minutes -> complaints of the family that the whole country was to have in it.
            most_p: the largest p-value that counts.
        """
        n_located = {n_minutes: len(self.within(n_minutes)) for n_minutes in expected}
        located_share = self.located_share()
        usual = {n_minutes: n * located_share for n_minutes, n in expected.items()}
        named = {department for one in self.within(1) for department in one.departments}
        found = (self._burst(department, usual, n_located, most_p) for department in sorted(named))
        return [one for one in found if one is not None]

    def _burst(
        self, department: str, usual: Mapping[int, float], n_located: Mapping[int, int], most_p: float
    ) -> LocalBurst | None:
        share, floor, best = self.share_of(department), self._tuning.floor_per_day / MINUTES_PER_DAY, None
        for n_minutes in self._tuning.windows:
            here = self.here(department, n_minutes)
            n = len(here)
            elsewhere = (n_located[n_minutes] - n) * share / max(1e-9, 1 - share)
            mean = max(usual[n_minutes] * share, elsewhere, floor * n_minutes)
            if n <= mean + _SURE_SIGMAS * math.sqrt(mean) or not self._are_many(here):
                continue
            p_value = upper_tail(n, mean, self._tuning.dispersion)
            if p_value <= most_p and (best is None or p_value < best.p_value):
                best = LocalBurst(department, n_minutes, p_value)
        return best

    def _are_many(self, here: Sequence[Located]) -> bool:
        return len({one.author for one in here}) >= self._tuning.least_authors


def _since(located: Iterable[Located], minute: int) -> list[Located]:
    """Returns those after a minute of complaints that stand in the order of time."""
    found = list(located)
    return found[bisect_right(found, minute, key=_MINUTE) :]
