"""The records of a cell and the instants at which they are due."""

from collections.abc import Iterator
from itertools import cycle
from random import Random
from typing import Final, NamedTuple

from msgspec.structs import replace

from schemas.codec import encode
from streams.core.sample.mixture import Kind, mixture
from tests.chaos.cell import Cell, Fault, Load, Timing

RATE_PER_S: Final = 50.0
BURST: Final = 10
BURST_PERIOD_S: Final = 15.0
BURST_S: Final = 1.5
TICK_S: Final = 0.1

HOT_AUTHOR: Final = "1000000007"
HOT_SHARE: Final = 0.8
LARGE_BYTES: Final = 1_030_000
"""A little under the limit of `tweets.raw`, which is 1 MiB with key and headers."""
TOO_LARGE_BYTES: Final = 1_100_000
LARGE_EVERY_S: Final = 8.0
GARBAGE_EVERY: Final = 100


class Row(NamedTuple):
    """A record of `tweets.raw`; `is_sound` when a stage must be able to read it."""

    key: bytes | None
    value: bytes | None
    is_sound: bool = True


def n_due(load: Load, at_s: float) -> int:
    """Returns how many records are due so long after the begin.

    Worked number: a burst of 1.5 s at 500/s in each 15 s: after 15 s, 1.5 x 500 + 13.5 x 50 = 1,425.
    """
    if load is not Load.BURST:
        return int(at_s * RATE_PER_S)
    periods, rest_s = divmod(at_s, BURST_PERIOD_S)
    quiet_s = BURST_PERIOD_S - BURST_S
    begun_s = max(0.0, rest_s - quiet_s)
    burst_s = periods * BURST_S + begun_s
    return int((at_s - burst_s + BURST * burst_s) * RATE_PER_S)


def rows(cell: Cell, timing: Timing, *, seed: int) -> Iterator[Row]:
    """Yields every record of a cell in the order of its sending; the same seed yields the same bytes."""
    n_rows = n_due(cell.load, timing.flow_s)
    rng = Random(seed)
    broken = cycle(_garbage(rng))
    large = cycle(_large(rng))
    large_every = int(LARGE_EVERY_S * RATE_PER_S)
    for number, made in enumerate(mixture(n_rows, seed)):
        tweet = made.tweet
        if cell.load is Load.HOT_KEY and not tweet.official and rng.random() < HOT_SHARE:
            tweet = replace(tweet, author=HOT_AUTHOR)
        key = tweet.author.encode()
        if cell.fault is Fault.GARBAGE and number % GARBAGE_EVERY == 0:
            yield Row(key, next(broken), is_sound=False)
        elif cell.fault is Fault.LARGE_RECORDS and number % large_every == large_every // 2:
            yield next(large)
        elif made.kind is Kind.GARBAGE:  # whole here: what breaks a line of a file breaks no record
            yield Row(key, encode(tweet))
        else:
            yield Row(key, encode(tweet))


def _garbage(rng: Random) -> tuple[bytes | None, ...]:
    whole = encode(next(mixture(1, 5)).tweet)
    return (rng.randbytes(400), whole[:-20], None, b"", b"[1, 2]", b'{"id": 7}', b"\xff\xfe{}", b'{"a": ' * 300)


def _large(rng: Random) -> tuple[Row, ...]:
    tweet = next(mixture(1, 6)).tweet
    words = ("plus de réseau depuis ce matin à Lyon ", "la box redémarre toute seule ", "et le 3900 ne répond pas ")
    text = "".join(rng.choice(words) for _ in range(40_000))

    def sized(n_bytes: int, number: int) -> Row:
        kept = text.encode()[: n_bytes - 500].decode(errors="ignore")
        return Row(b"large", encode(replace(tweet, id=f"large-{number}", text=kept)))

    return (
        sized(LARGE_BYTES, 1),
        Row(b"large", rng.randbytes(LARGE_BYTES), is_sound=False),
        sized(TOO_LARGE_BYTES, 2),
    )
