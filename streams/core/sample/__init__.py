"""Invented tweets to a telecom operator, for the demo, the tests and the benchmarks.

The same seed gives the same tweets. No two say the same by our own rule (`streams.core.noise`), not even of different
authors; nobody in them exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from schemas.tweet import Tweet
from streams.core.sample.scenes import Scene
from streams.core.sample.text import TextMaker

START: Final = datetime(2025, 1, 6, 6, tzinfo=UTC)
"""When the first tweet of a sample was written: a sample does not know what day it is."""
MEAN_GAP_S: Final = 40.0
TWEETS_PER_AUTHOR: Final = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """An invented tweet and the scene that it plays: the labels that its author would give it."""

    tweet: Tweet
    scene: Scene


class CustomerMaker:
    """Makes customers' tweets, one after the other in time.

    Args:
        n_expected: how many are wanted, for the size of the crowd.
        rng: decides everything.
        start: when the first is written.
    """

    def __init__(self, n_expected: int, rng: Random, start: datetime = START) -> None:
        self._rng = rng
        self._texts = TextMaker(rng)
        self._at = start
        self._id = (1 << 60) + (rng.getrandbits(20) << 38)
        self._crowd = range(first := 10**9 + rng.randrange(10**8), first + n_expected // TWEETS_PER_AUTHOR + 1)

    def make(self) -> Labelled:
        """Returns the next tweet.

        Raises:
            ExhaustedError: there is no other way to say it.
        """
        text, scene = self._texts.make()
        rng = self._rng
        tweet = Tweet(
            id=self.next_id(), created_at=self.next_instant(), text=text, author=self.author(),
            quote=rng.random() < 0.03, likes=rng.randrange(6), retweets=rng.randrange(3), replies=rng.randrange(3),
            views=rng.randrange(2_000),
        )  # fmt: skip
        return Labelled(tweet, scene)

    def next_id(self) -> str:
        """Returns an id above all before it; a sample of another seed has other ids."""
        self._id += 1 + self._rng.getrandbits(14)
        return str(self._id)

    def next_instant(self) -> datetime:
        """Returns an instant at or after the last one, in whole seconds."""
        self._at += timedelta(seconds=round(self._rng.expovariate(1 / MEAN_GAP_S)))
        return self._at

    def author(self) -> str:
        """Returns the id of somebody in the crowd."""
        return str(self._rng.choice(self._crowd))


def labelled(n: int, seed: int, *, start: datetime = START) -> Iterator[Labelled]:
    """Yields clean customers' tweets with their scenes; memory does not grow with `n`."""
    maker = CustomerMaker(n, Random(seed), start)  # noqa: S311 - invented tweets need no secret randomness
    for _ in range(n):
        yield maker.make()


def tweets(n: int, seed: int, *, start: datetime = START) -> Iterator[Tweet]:
    """Yields clean customers' tweets: no duplicate, no near-duplicate, no retweet, nobody official."""
    return (made.tweet for made in labelled(n, seed, start=start))
