"""How many tweets a synthetic stream is to have in each minute: hour of week, days, hours, TV evenings.

Shares no code with the detector's baseline: curves are sums of bumps over the day, not steps by the hour, and days
and hours differ by factors that jump at their borders.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from schemas.taxonomy import Topic

Floats = NDArray[np.float64]

PARIS: Final = ZoneInfo("Europe/Paris")
NETWORK_SHARE: Final = 0.36
"""Of all tweets: complaints of the family network and equipment."""
MINUTES_PER_DAY: Final = 1440
MINUTES_PER_WEEK: Final = 10_080
DAYS_PER_YEAR: Final = 365

_BUMPS: Final = ((19.5, 2.7, 1.0), (12.3, 2.6, 0.62), (15.5, 1.8, 0.2))
"""Centre in local hours, width in hours, height; above `_FLOOR`."""
_FLOOR: Final = 0.07
_WEEKDAYS: Final = (1.04, 1.24, 1.19, 1.16, 1.13, 0.66, 0.6)
_TURN_MINUTES: Final = 60
"""Around midnight, from the factor of one weekday to that of the next."""
_PERSISTENCE: Final = 0.7
"""Correlation of the noise of one hour with that of the next."""
_TV_EVENINGS_PER_YEAR: Final = 40
_TV_MINUTES: Final = 120
_TV_FACTORS: Final = (1.5, 2.0)
_TV_FROM_HOURS: Final = (19.0, 22.0)

_COMPLAINTS: Final = {
    Topic.NETWORK: 1140, Topic.EQUIPMENT: 119, Topic.BILLING: 83, Topic.SUBSCRIPTION: 165,
    Topic.CUSTOMER_SERVICE: 218, Topic.OTHER: 49,
}  # fmt: skip
"""How many of 1,988 labelled tweets are negative or of priority 1 or 2, by main topic; these are all the others:"""
_NO_COMPLAINTS: Final = {
    Topic.NETWORK: 17, Topic.EQUIPMENT: 23, Topic.BILLING: 1, Topic.SUBSCRIPTION: 58,
    Topic.CUSTOMER_SERVICE: 1, Topic.OTHER: 114,
}  # fmt: skip
_NETWORK_TOPICS: Final[frozenset[Topic]] = frozenset({Topic.NETWORK, Topic.EQUIPMENT})


@dataclass(frozen=True, slots=True)
class Setting:
    """How restless a stream is: CV of the days' gamma factors, standard deviation of the hours' log factors."""

    name: str
    day_cv: float
    hour_noise: float


BASE: Final = Setting("base", 0.22, 0.15)
HARD: Final = Setting("hard", 0.35, 0.25)


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of tweet, and which share of all tweets it has on a usual day."""

    topic: Topic
    is_complaint: bool
    share: float

    @property
    def is_network(self) -> bool:
        """Whether it counts in the family `network`."""
        return self.is_complaint and self.topic in _NETWORK_TOPICS


def kinds() -> tuple[Kind, ...]:
    """Returns the sorts of tweets; network complaints have `NETWORK_SHARE`, the labelled tweets' others the rest."""
    of_network = sum(_COMPLAINTS[topic] for topic in _NETWORK_TOPICS)
    of_rest = sum(_COMPLAINTS.values()) + sum(_NO_COMPLAINTS.values()) - of_network
    network = [
        Kind(topic, True, NETWORK_SHARE * _COMPLAINTS[topic] / of_network) for topic in (Topic.NETWORK, Topic.EQUIPMENT)
    ]
    rest = [(topic, True, n) for topic, n in _COMPLAINTS.items() if topic not in _NETWORK_TOPICS]
    rest += [(topic, False, n) for topic, n in _NO_COMPLAINTS.items()]
    return (*network, *(Kind(topic, is_one, (1 - NETWORK_SHARE) * n / of_rest) for topic, is_one, n in rest))


KINDS: Final = kinds()


@dataclass(frozen=True, slots=True)
class Evening:
    """A TV evening: network complaints times `factor`; minutes since 1970."""

    start: int
    end: int
    factor: float


class Traffic:
    """Expected tweets of every minute of a stream.

    Args:
        per_day: tweets on a mean day.
        setting: how restless.
        start: an aware instant on the hour.
        n_days: how long.
        seed: another seed is another stream.
    """

    def __init__(self, per_day: float, setting: Setting, start: datetime, n_days: int, seed: int) -> None:
        self.per_day, self.setting, self.n_days = per_day, setting, n_days
        self.first = int(start.timestamp()) // 60
        self.end = self.first + n_days * MINUTES_PER_DAY
        self._seed = seed
        self._of_week, self._of_day = _local(self.first, n_days * 24)

    @cached_property
    def all_tweets(self) -> Floats:
        """Expected tweets a minute, before TV evenings; shape (n_minutes,)."""
        factors = self._day_factors[np.repeat(self._of_day, 60)] * np.repeat(self._hour_factors, 60)
        minutes = np.repeat(self._of_week, 60) + np.tile(np.arange(60), self.n_days * 24)
        return np.asarray(self.per_day / MINUTES_PER_DAY * week_curve()[minutes % MINUTES_PER_WEEK] * factors)

    @cached_property
    def network(self) -> Floats:
        """Expected network complaints a minute; shape (n_minutes,)."""
        rate = NETWORK_SHARE * self.all_tweets
        for evening in self.evenings:
            rate[evening.start - self.first : evening.end - self.first] *= evening.factor
        return rate

    def expected(self, kind: Kind, start: int, end: int) -> Floats:
        """Returns how many tweets of a kind are to come in each of some minutes (since 1970, half-open)."""
        there = slice(start - self.first, end - self.first)
        if kind.is_network:
            return np.asarray(self.network[there] * (kind.share / NETWORK_SHARE))
        return np.asarray(self.all_tweets[there] * kind.share)

    @cached_property
    def _day_factors(self) -> Floats:
        shape = self.setting.day_cv**-2
        return self._seeded(2).gamma(shape, 1 / shape, int(self._of_day[-1]) + 1)

    @cached_property
    def _hour_factors(self) -> Floats:
        """Noise of mean 1 whose logarithm is autoregressive."""
        shocks = self._seeded(3).normal(0, 1, self.n_days * 24)
        noise = np.empty_like(shocks)
        noise[0] = shocks[0]
        for hour in range(1, len(shocks)):
            noise[hour] = _PERSISTENCE * noise[hour - 1] + np.sqrt(1 - _PERSISTENCE**2) * shocks[hour]
        sd = self.setting.hour_noise
        return np.asarray(np.exp(sd * noise - sd * sd / 2))

    @cached_property
    def evenings(self) -> tuple[Evening, ...]:
        """The TV evenings, in no order."""
        rng = self._seeded(4)
        found = []
        for _ in range(rng.poisson(_TV_EVENINGS_PER_YEAR * self.n_days / DAYS_PER_YEAR)):
            day = datetime.fromtimestamp(self.first * 60, PARIS).date() + timedelta(days=int(rng.integers(self.n_days)))
            at = datetime(day.year, day.month, day.day, tzinfo=PARIS) + timedelta(hours=rng.uniform(*_TV_FROM_HOURS))
            start = min(max(int(at.timestamp()) // 60, self.first), self.end)
            found.append(Evening(start, min(start + _TV_MINUTES, self.end), rng.uniform(*_TV_FACTORS)))
        return tuple(found)

    def _seeded(self, purpose: int) -> np.random.Generator:
        """Returns a generator of its own for each purpose, so that none depends on what was asked for first."""
        return np.random.default_rng((self._seed, purpose))


def week_curve() -> Floats:
    """Returns what each minute of the local week has against the mean one; shape (10080,).

    Peaks from 17 to 21 h, lowest from 4 to 5 h; a day of the weekend has half of a Tuesday.
    """
    minutes = np.arange(MINUTES_PER_WEEK)
    hours = minutes % MINUTES_PER_DAY / 60
    day = np.full(MINUTES_PER_WEEK, _FLOOR)
    for centre, width, height in _BUMPS:
        away = np.abs(hours - centre)
        day += height * np.exp(-((np.minimum(away, 24 - away) / width) ** 2) / 2)
    middles = (np.arange(-1, 8) * MINUTES_PER_DAY)[:, None] + (_TURN_MINUTES, MINUTES_PER_DAY - _TURN_MINUTES)
    of_days = np.repeat([_WEEKDAYS[weekday % 7] for weekday in range(-1, 8)], 2)
    curve = day * np.interp(minutes, middles.ravel(), of_days)
    return np.asarray(curve / curve.mean())


def _local(first: int, n_hours: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the local minute of the week at which each hour begins, and which local day it is, from 0 on."""
    begins = [datetime.fromtimestamp((first + 60 * hour) * 60, UTC).astimezone(PARIS) for hour in range(n_hours)]
    of_week = [at.weekday() * MINUTES_PER_DAY + at.hour * 60 + at.minute for at in begins]
    day = begins[0].date().toordinal()
    return np.array(of_week), np.array([at.date().toordinal() - day for at in begins])
