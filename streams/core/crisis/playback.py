"""Plays tweets of the past to a detector, in event time."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from schemas.alert import Alert
from schemas.classification import ClassifiedTweet
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.tuning import MINUTES_PER_HOUR

GAP_MINUTES: Final = 7 * 1440
"""A longer silence is none of customers: the file lacks these tweets."""
REST_MINUTES: Final = 1440
"""Of it so much is played, in which the waves before it end; the rest was not read, and nothing is learnt from it."""


def play(
    tweets: Iterable[ClassifiedTweet], detector: CrisisDetector, each_hour: Callable[[], None] = lambda: None
) -> Iterator[Alert]:
    """Yields the records that a detector makes of tweets; nothing is late, and an hour without tweets had none.

    Args:
        tweets: in the order of `created_at`.
        detector: a new one, or one that has seen only earlier tweets.
        each_hour: called when the minutes of a clock hour are judged, and at the end.
    """
    end = last = None
    for tweet in tweets:
        minute = minute_of(tweet.created_at)
        if end is None or last is None:
            end, last = _end_of_hour(minute), minute
        stop = minute if minute - last <= GAP_MINUTES else last + REST_MINUTES
        while stop >= end:
            detector.cover(instant_of(end))
            yield from detector.advance()
            each_hour()
            end += MINUTES_PER_HOUR
        detector.observe(tweet)
        if minute >= end:
            yield from detector.advance()
            end = _end_of_hour(minute)
        last = minute
    if last is not None:
        detector.cover(instant_of(last))
    yield from detector.finish()
    each_hour()


def _end_of_hour(minute: int) -> int:
    return (minute // MINUTES_PER_HOUR + 1) * MINUTES_PER_HOUR
