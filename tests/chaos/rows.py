"""The records of a cell and the instants at which they are due."""

from collections.abc import Callable, Iterator
from itertools import count, cycle
from random import Random
from typing import Final, NamedTuple

from msgspec.structs import replace

from schemas.codec import encode
from streams.core.sample.mixture import mixture
from tests.chaos.cell import Cell, Fault, Load, Timing
from tests.chaos.expected import SORT_OF, Sort

RATE_PER_S: Final = 50.0
BURST_FACTOR: Final = 10
BURST_PERIOD_S: Final = 15.0
BURST_S: Final = 1.5

HOT_AUTHOR: Final = "1000000007"
HOT_SHARE: Final = 0.8
LARGE_BYTES: Final = 1_030_000
"""A little under the limit of `tweets.raw`, which is 1 MiB with key and headers."""
TOO_LARGE_BYTES: Final = 1_100_000
LARGE_EVERY: Final = 300
GARBAGE_EVERY: Final = 100


class Row(NamedTuple):
    """A record of `tweets.raw`. `is_too_large`: the broker must refuse it, and so it has no origin."""

    key: bytes | None
    value: bytes | None
    sort: Sort
    tweet_id: str = ""
    is_too_large: bool = False


def n_due(load: Load, at_s: float) -> int:
    """Returns how many records are due so long after the begin.

    Worked number: a burst of 1.5 s at 500/s in each 15 s: after 15 s, 1.5 x 500 + 13.5 x 50 = 1,425.
    """
    if load is not Load.BURST:
        return int(at_s * RATE_PER_S)
    periods, rest_s = divmod(at_s, BURST_PERIOD_S)
    burst_s = periods * BURST_S + max(0.0, rest_s - (BURST_PERIOD_S - BURST_S))
    return int((at_s - burst_s + BURST_FACTOR * burst_s) * RATE_PER_S)


def rows(cell: Cell, timing: Timing, *, seed: int) -> Iterator[Row]:
    """Yields every record of a cell in the order of its sending; the same seed yields the same bytes."""
    rng = Random(seed)
    broken, large = cycle(_garbage(rng)), _large(rng)
    for number, made in enumerate(mixture(n_due(cell.load, timing.flow_s), seed)):
        tweet = made.tweet
        if cell.load is Load.HOT_KEY and not tweet.official and rng.random() < HOT_SHARE:
            tweet = replace(tweet, author=HOT_AUTHOR)
        key = tweet.author.encode()
        yield Row(key, encode(tweet), SORT_OF[made.kind], tweet.id)
        if cell.fault is Fault.GARBAGE and number % GARBAGE_EVERY == 0:
            yield Row(key, next(broken), Sort.GARBAGE)
        if cell.fault is Fault.LARGE_RECORDS and number % LARGE_EVERY == LARGE_EVERY // 2:
            yield next(large)


def _garbage(rng: Random) -> tuple[bytes | None, ...]:
    whole = encode(next(mixture(1, 5)).tweet)
    return (rng.randbytes(400), whole[:-20], None, b"", b"[1, 2]", b'{"id": 7}', b"\xff\xfe{}", b'{"a": ' * 300)


def _large(rng: Random) -> Iterator[Row]:
    """Yields in turn a tweet of about 1 MB, as many bytes of no tweet, and a tweet that its topic does not take.

    Each has an author of its own: one who said the same twice would be noise.
    """
    tweet = next(mixture(1, 6)).tweet
    words = ("plus de réseau depuis ce matin à Lyon ", "la box redémarre toute seule ", "et le 3900 ne répond pas ")
    text = "".join(rng.choice(words) for _ in range(40_000)).encode()

    def sized(n_bytes: int, tweet_id: str) -> bytes:
        return encode(replace(tweet, id=tweet_id, author=tweet_id, text=text[: n_bytes - 500].decode(errors="ignore")))

    makers: tuple[Callable[[str], Row], ...] = (
        lambda tweet_id: Row(b"large", sized(LARGE_BYTES, tweet_id), Sort.LARGE, tweet_id),
        lambda _: Row(b"large", rng.randbytes(LARGE_BYTES), Sort.GARBAGE),
        lambda tweet_id: Row(b"large", sized(TOO_LARGE_BYTES, tweet_id), Sort.LARGE, tweet_id, is_too_large=True),
    )
    return (make(f"large-{number}") for number, make in zip(count(), cycle(makers), strict=False))
