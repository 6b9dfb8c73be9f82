"""What a real export holds beside customers' tweets: replies, official posts, noise, and rows that are broken."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import cycle
from random import Random
from typing import Final

from msgspec.structs import replace

from schemas.tweet import Tweet
from streams.core.sample import START, CustomerMaker
from streams.core.sample.damage import Damage
from streams.core.sample.official import ANSWERS, HANDLES, POSTS, REPLIES
from streams.core.sample.scenes import Scene
from streams.core.sample.text import fill


class Kind(StrEnum):
    """What a row of a sample is."""

    CUSTOMER = "customer"
    REPLY = "reply"
    OFFICIAL = "official"
    RETWEET = "retweet"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    EMPTY = "empty"
    GARBAGE = "garbage"


SHARES: Final[dict[Kind, float]] = {
    Kind.REPLY: 0.06, Kind.OFFICIAL: 0.10, Kind.RETWEET: 0.04, Kind.DUPLICATE: 0.02, Kind.NEAR_DUPLICATE: 0.02,
    Kind.EMPTY: 0.01, Kind.GARBAGE: 0.01,
}  # fmt: skip
"""Of all rows; the rest are customers'."""

ALL_KINDS_FROM: Final = 50
"""A sample of so many rows holds at least one of each kind."""
N_REMEMBERED: Final = 200
"""Repeats and replies point at one of so many tweets before them: within a day, as the rule of noise has it."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row: its tweet, and for garbage what is to be done to it; `scene` where a customer speaks up."""

    kind: Kind
    tweet: Tweet
    scene: Scene | None = None
    damage: Damage | None = None


def counts(n: int) -> dict[Kind, int]:
    """Returns how many rows of each kind a sample of `n` holds."""
    least = 1 if n >= ALL_KINDS_FROM else 0
    found = {kind: max(least, round(n * share)) for kind, share in SHARES.items()}
    return {Kind.CUSTOMER: n - sum(found.values()), **found}


def mixture(n: int, seed: int, *, start: datetime = START) -> Iterator[SampleRow]:
    """Yields exactly `n` rows, in the order of an export, with exactly `counts(n)` of each kind.

    The first is a customer's. Memory does not grow with `n`.
    """
    rng = Random(seed)  # noqa: S311 - invented tweets need no secret randomness
    makers = _Rows(CustomerMaker(n, rng, start), rng)
    left = counts(n)
    for number in range(n):
        kind = rng.choices(list(left), weights=list(left.values()))[0] if number else Kind.CUSTOMER
        left[kind] -= 1
        yield makers.make(kind)


class _Rows:
    """Makes rows of each kind, and remembers the last customers' tweets and official posts for those that repeat."""

    def __init__(self, customers: CustomerMaker, rng: Random) -> None:
        self._customers, self._rng = customers, rng
        self._said: deque[Tweet] = deque(maxlen=N_REMEMBERED)
        self._posts: deque[Tweet] = deque(maxlen=10)
        self._damages = cycle(Damage)

    def make(self, kind: Kind) -> SampleRow:
        rng = self._rng
        match kind:
            case Kind.CUSTOMER:
                made = self._customers.make()
                self._said.append(made.tweet)
                return SampleRow(kind, made.tweet, made.scene)
            case Kind.GARBAGE:
                return SampleRow(kind, self._customers.make().tweet, damage=next(self._damages))
            case Kind.DUPLICATE:
                return SampleRow(kind, rng.choice(self._said))
            case Kind.NEAR_DUPLICATE:
                return SampleRow(kind, self._said_again(rng.choice(self._said)))
            case Kind.EMPTY:
                return SampleRow(kind, self._tweet(rng.choice(("", " ", "\n"))))
            case Kind.REPLY:
                answered = rng.choice(self._said)
                return SampleRow(kind, self._tweet(fill(rng.choice(ANSWERS), rng), in_reply_to=answered.id))
            case Kind.OFFICIAL:
                return SampleRow(kind, self._official())
            case Kind.RETWEET:
                post = rng.choice(self._posts or self._said)
                handle = post.author if post.official else "user"
                return SampleRow(kind, replace(self._tweet(f"RT @{handle}: {post.text[:110]}…"), retweet=True))

    def _tweet(self, text: str, *, author: str | None = None, in_reply_to: str | None = None) -> Tweet:
        customers = self._customers
        return Tweet(
            id=customers.next_id(), created_at=customers.next_instant(), text=text,
            author=author or customers.author(), official=author is not None, in_reply_to=in_reply_to,
            likes=self._rng.randrange(4), retweets=0, replies=0, views=self._rng.randrange(900),
        )  # fmt: skip

    def _said_again(self, tweet: Tweet) -> Tweet:
        """The same author says the same, with another mention, link, case or spacing."""
        rng, text = self._rng, tweet.text
        match rng.randrange(4):
            case 0:
                again = f"@free {text}"
            case 1:
                again = f"{text} https://t.example/{rng.getrandbits(40):x}"
            case 2:
                again = text.upper() if "http" not in text else f"{text} @Freebox"
            case _:
                again = text.replace(" ", "  ")
        return replace(tweet, id=self._customers.next_id(), created_at=self._customers.next_instant(), text=again)

    def _official(self) -> Tweet:
        rng = self._rng
        handle = rng.choice(HANDLES)
        if rng.random() < 0.2:
            post = self._tweet(fill(rng.choice(POSTS), rng), author=handle)
            self._posts.append(post)
            return post
        return self._tweet(fill(rng.choice(REPLIES), rng), author=handle, in_reply_to=rng.choice(self._said).id)
