"""The load of the benchmarks: clean customers' tweets from the sample maker."""

from collections.abc import Iterator

from schemas.tweet import Tweet
from streams.core import sample

SEED = 2025


def tweets(n: int) -> Iterator[Tweet]:
    """Yields the same `n` tweets every time, no two alike."""
    return sample.tweets(n, SEED)
