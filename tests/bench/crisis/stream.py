"""A synthetic stream of classified tweets, hour by hour, the same for the same seed whatever is asked for first."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np

from schemas.classification import ClassifiedTweet
from tests.bench.crisis.benign import events, tweets_of
from tests.bench.crisis.geography import Geography
from tests.bench.crisis.records import tweet, wording
from tests.bench.crisis.traffic import KINDS, PARIS, Setting, Traffic

START: Final = datetime(2023, 1, 2, tzinfo=PARIS)
WARM_DAYS: Final = 56
_REPLY_SHARE: Final = 0.26
"""Of the tweets: those that answer another one, each its own."""
_HOURS_KEPT: Final = 4
_MOST_PER_HOUR: Final = 1_000_000


class Stream:
    """Traffic as tweets, with benign events; every tweet has an author of its own and counts, which is the harshest."""

    def __init__(
        self,
        per_day: float,
        setting: Setting,
        n_days: int,
        seed: int,
        *,
        start: datetime = START,
        words: Callable[[int], str] = wording,
    ) -> None:
        self.traffic = Traffic(per_day, setting, start, n_days, seed)
        self.seed = seed
        self.events = events(self.traffic.first, n_days, np.random.default_rng((seed, 6)))
        self._words = words
        self._geography = Geography(seed)
        self._of_events: defaultdict[int, list[ClassifiedTweet]] = defaultdict(list)
        for number, event in enumerate(self.events):
            for one in tweets_of(event, number, np.random.default_rng((seed, 7, number))):
                self._of_events[int(one.created_at.timestamp()) // 3600].append(one)
        self._hour = lru_cache(_HOURS_KEPT)(self._make_hour)

    def tweets(self, start: int, end: int) -> Sequence[ClassifiedTweet]:
        """Returns the tweets of some minutes since 1970 (half-open) of one hour, in the order of time."""
        times, tweets = self._hour(start // 60)
        return tweets[bisect_left(times, start * 60) : bisect_left(times, end * 60)]

    def network_rate(self, minute: int) -> float:
        """Returns the expected network complaints of a minute."""
        return float(self.traffic.network[minute - self.traffic.first])

    def _make_hour(self, hour: int) -> tuple[list[float], list[ClassifiedTweet]]:
        rng = np.random.default_rng((self.seed, 8, hour))
        rates = np.array([self.traffic.expected(kind, hour * 60, hour * 60 + 60) for kind in KINDS])
        counts = rng.poisson(rates)
        n = int(counts.sum())
        kinds = np.repeat(np.arange(len(KINDS)), counts.sum(axis=1))
        minutes = np.repeat(np.tile(np.arange(60), len(KINDS)), counts.ravel())
        seconds = hour * 3600 + (minutes + rng.random(n)) * 60
        order = np.argsort(seconds)
        departments = self._geography.draw(hour * 60, n, rng)
        answers = (rng.random(n) < _REPLY_SHARE).tolist()
        tweets = list[ClassifiedTweet]()
        first = hour % 10_000 * _MOST_PER_HOUR
        for k, (kind, at_s) in enumerate(zip(kinds[order].tolist(), seconds[order].tolist(), strict=True)):
            number = first + k
            tweets.append(
                tweet(
                    id=str(number),
                    at_s=at_s,
                    author=f"a{number}",
                    text=self._words(number),
                    topic=KINDS[kind].topic,
                    is_complaint=KINDS[kind].is_complaint,
                    in_reply_to=f"r{number}" if answers[k] else None,
                    department=departments[k],
                )
            )
        if hour in self._of_events:
            tweets = sorted([*tweets, *self._of_events[hour]], key=lambda one: one.created_at)
        return [one.created_at.timestamp() for one in tweets], tweets
