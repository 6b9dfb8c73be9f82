"""The load of the benchmarks: clean customers' tweets from the sample maker, or the texts of a file."""

import json
from collections.abc import Iterator
from pathlib import Path

from schemas.tweet import Tweet
from streams.core import sample

SEED = 2025


def tweets(n: int) -> Iterator[Tweet]:
    """Yields the same `n` tweets every time, no two alike."""
    return sample.tweets(n, SEED)


def texts_of(file: Path | None, n: int) -> list[str]:
    """Returns the first `n` texts of a file of tweets (JSON lines with `text`), or as many invented ones."""
    if file is None:
        return [tweet.text for tweet in tweets(n)]
    return [json.loads(line)["text"] for line in file.read_text().splitlines()[:n]]
