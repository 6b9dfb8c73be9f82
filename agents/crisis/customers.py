"""The customers' tweets of a file, in the order of their time, noise left out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from agents.offline.display import Display
from schemas.taxonomy import NoiseReason, Origin
from schemas.tweet import Tweet
from streams.connectors.file import FileSource
from streams.connectors.source import Row
from streams.core.noise import near_key
from streams.core.recent import Recent
from streams.core.sifting import is_official, noise_of
from streams.errors import FatalError

MOST_TWEETS: Final = 1_000_000
"""They are sorted in memory: about 2.5 kB each, with their labels."""


@dataclass(slots=True)
class Customers:
    """What a file holds; `tweets` are in the order of their time, each once, `noise` counts those left out by reason.

    `refused` are the lines of the rows that are no tweets.
    """

    tweets: list[Tweet] = field(default_factory=list)
    noise: Counter[NoiseReason] = field(default_factory=Counter)
    n_official: int = 0
    n_rows: int = 0
    refused: set[int] = field(default_factory=set)


async def read_customers(
    source: FileSource, name: str, official_handles: frozenset[str], display: Display, *, most: int = MOST_TWEETS
) -> Customers:
    """Reads a file whose rows may stand in any order; rows that are no tweets are named on the display.

    Args:
        source: the file.
        name: how messages call it.
        official_handles: the operator's accounts, lower case.
        display: shows how far it is.
        most: tweets that may be held.

    Raises:
        FatalError: the file cannot be read, holds no tweet or too many.
    """
    found = Customers()
    display.phase("read")
    async for rows in source.batches():
        found.n_rows += len(rows)
        for row in rows:
            if not isinstance(row, Row):
                found.refused.add(row.line)
                display.say(f"line {row.line}: {row.error}")
            elif is_official(row.tweet, official_handles):
                found.n_official += 1
            elif row.tweet.retweet:
                found.noise[NoiseReason.RETWEET] += 1
            else:
                found.tweets.append(row.tweet)
        if len(found.tweets) > most:
            raise FatalError(
                f"{name} holds more than {most:,} tweets of customers",
                remedy="Cut it by time, each part some weeks longer than what it is to show: a replay starts cold",
            )
        display.show(rows[-1].end, found.n_rows)
    if found.n_rows == len(found.refused):
        raise FatalError(f"{name} holds no tweet that can be read", remedy="Check the file, --format and --map")
    _leave_noise_out(found)
    return found


def _leave_noise_out(found: Customers) -> None:
    """Sorts the tweets, and leaves out what the scrubber would: duplicates by id and by text, and the empty ones."""
    recent, kept = Recent(), []
    found.tweets.sort(key=lambda one: (one.created_at, one.id, one.text, one.author))
    for number, tweet in enumerate(found.tweets):
        reason = noise_of(tweet, Origin(f"tweet:{number}"), near_key(tweet.author, tweet.text), recent)
        if reason is None:
            kept.append(tweet)
        else:
            found.noise[reason] += 1
    found.tweets = kept
