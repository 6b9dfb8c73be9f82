"""The complaints of one minute, gathered tweet by tweet until it is judged."""

from collections import Counter, defaultdict
from typing import Final, NamedTuple

import numpy as np

from schemas.classification import ClassifiedTweet
from streams.core.crisis.evidence import Located
from streams.core.crisis.intake import ALL, FAMILIES, Counted
from streams.core.crisis.marks import IDS_PER_MINUTE, Mark
from streams.core.crisis.series import Minute


class Entry(NamedTuple):
    """A tweet, when it was written, in seconds since 1970, and the key of its author."""

    at_s: float
    tweet: ClassifiedTweet
    author: int


_LEAST_CONFIDENCE: Final = 0.5
"""Of a place that counts."""


class Gathering:
    """Takes the complaints of a minute in the order of time.

    Args:
        minute: since 1970.
    """

    def __init__(self, minute: int) -> None:
        self._minute = minute
        self._counted: defaultdict[str, list[Entry]] = defaultdict(list)
        self._located: defaultdict[str, list[Located]] = defaultdict(list)
        self._n_capped: Counter[str] = Counter()

    def count(self, entry: Entry, judged: Counted) -> None:
        """Takes a complaint that counts."""
        family, in_family, in_all = judged
        if in_all:
            self._counted[ALL].append(entry)
        if in_family:
            self._counted[family].append(entry)
            if entry.tweet.places and (located := _located(entry, self._minute)) is not None:
                self._located[family].append(located)

    def cap(self, family: str) -> None:
        """Takes a complaint that does not count, for its author or source has said as much."""
        self._n_capped[family] += 1

    def minute(self) -> Minute:
        """Returns what the minute brought."""
        marks = {family: self._mark(family) for family in {*self._counted, *self._n_capped}}
        counts = np.array([len(self._counted[family]) for family in FAMILIES])
        return Minute(self._minute, counts, self._located, marks)

    def _mark(self, family: str) -> Mark:
        counted = self._counted[family]
        return Mark(
            self._minute,
            first_s=counted[0].at_s if counted else 0.0,
            n=len(counted),
            n_degraded=sum(one.tweet.degraded for one in counted),
            n_capped=self._n_capped[family],
            ids=[one.tweet.id for one in counted[:IDS_PER_MINUTE]],
        )


def _located(entry: Entry, minute: int) -> Located | None:
    """Returns what a tweet says of where it is, or nothing where it names no department and no region."""
    tweet = entry.tweet
    sure = [place for place in tweet.places if place.confidence >= _LEAST_CONFIDENCE]
    departments = tuple(dict.fromkeys(place.department for place in sure if place.department))
    regions = tuple(dict.fromkeys(place.region for place in sure if place.region))
    if not departments and not regions:
        return None
    return Located(minute, tweet.id, entry.author, entry.at_s, tweet.degraded, departments, regions)
