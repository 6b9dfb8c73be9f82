"""French days by what they had of each topic; each judged against the four weeks before it."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from schemas.shares import Basis, DayShares, TopicShare
from schemas.taxonomy import Topic
from streams.core.crisis.calendar import LAST_MINUTE, first_minute, instant_of
from streams.core.crisis.tuning import Screen
from streams.core.crisis.unusual import Count, judge

TOPICS: Final[tuple[Topic, ...]] = tuple(Topic)
BASES: Final[tuple[Basis, ...]] = ("tweets", "complaints")
SUBJECTS: Final[dict[str, tuple[Topic, ...]]] = {topic.value: (topic,) for topic in TOPICS} | {
    "network+equipment": (Topic.NETWORK, Topic.EQUIPMENT)
}
"""What is judged; customers cannot tell a dead line from a dead box."""
_SIGNIFICANT: Final = 4


class Day(msgspec.Struct, array_like=True):
    """What a day had by basis and topic, and which subjects were unusual: `complaints billing`."""

    day: date
    counts: dict[Basis, dict[Topic, int]]
    unusual: list[str] = []

    def count(self, basis: Basis, topics: Sequence[Topic]) -> Count:
        """Returns how many are about some topics, of how many."""
        counts = self.counts[basis]
        return Count(sum(counts[topic] for topic in topics), sum(counts.values()))


class Days:
    """The last four weeks, oldest first.

    Args:
        tuning: the configuration.
    """

    def __init__(self, tuning: Screen) -> None:
        self._tuning = tuning
        self.past: deque[Day] = deque()

    def end(self, day: Day, n_missing: int) -> DayShares:
        """Judges a day that is over, and remembers it if it was read.

        Args:
            day: later than all before, with one tweet at least.
            n_missing: minutes of it in which no source was read.
        """
        tuning = self._tuning
        is_full = n_missing <= tuning.missing_minutes
        n_usual = sum((day.day - one.day).days <= tuning.usual_days for one in self.past)
        is_learning = n_usual < tuning.least_days
        found = tuple(self._judge(day)) if is_full and not is_learning else ()
        if is_full:
            day.unusual = sorted({_name(one.counted, one.topic) for one in found if one.is_unusual})
            self.past.append(day)
        while self.past and (day.day - self.past[0].day).days >= tuning.usual_days + tuning.burn_days:
            self.past.popleft()
        return DayShares(
            day=day.day, ended_at=instant_of(end_of(day.day)), n_tweets=day.count("tweets", TOPICS).n,
            n_complaints=day.count("complaints", TOPICS).n, n_missing_minutes=n_missing, is_learning=is_learning,
            topics=found,
        )  # fmt: skip

    def _judge(self, day: Day) -> Iterator[TopicShare]:
        for basis in BASES:
            for subject, topics in SUBJECTS.items():
                for n_days in (1, self._tuning.burn_days):
                    share = self._share(day, basis, subject, topics, n_days)
                    if share is not None:
                        yield share

    def _share(self, day: Day, basis: Basis, subject: str, topics: Sequence[Topic], n_days: int) -> TopicShare | None:
        """Judges a subject over the last days; None where one of the two sides has nothing."""
        begin = day.day - timedelta(days=n_days - 1)
        window = [one.count(basis, topics) for one in (*self.past, day) if one.day >= begin]
        doubted = day.day - timedelta(days=self._tuning.doubt_days)
        usual = [
            one.count(basis, topics)
            for one in self.past
            if begin - timedelta(days=self._tuning.usual_days) <= one.day < begin
            and not (one.day >= doubted and _name(basis, subject) in one.unusual)
        ]
        window, usual = ([one for one in side if one.n_all] for side in (window, usual))
        if not window or not usual:
            return None
        found = judge(window, usual, self._tuning)
        return TopicShare(
            topic=subject, counted=basis, n_days=n_days, n=found.n, share=_rounded(found.share),
            expected_share=_rounded(found.expected_share), ratio=_rounded(found.share / found.expected_share),
            p_value=_rounded(found.p_value), is_unusual=found.is_unusual,
        )  # fmt: skip


def end_of(day: date) -> int:
    """Returns the minute since 1970 in which a French day is over."""
    return LAST_MINUTE + 1 if day == date.max else first_minute(day + timedelta(days=1))


def _name(basis: Basis, subject: str) -> str:
    return f"{basis} {subject}"


def _rounded(value: float) -> float:
    """Rounds to some significant digits."""
    return float(f"{value:.{_SIGNIFICANT}g}")
