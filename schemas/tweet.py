"""A tweet on its way: as ingested, as scrubbed, and the tweet that it answers."""

from typing import Annotated

import msgspec

from schemas.instant import Instant
from schemas.taxonomy import PlaceKind

TweetId = Annotated[str, msgspec.Meta(max_length=256)]
"""It becomes a key, in Kafka and in Redis; those of X have 19 characters."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place named in a tweet; `start` and `end` are offsets in characters of `text` (half-open)."""

    text: str
    start: int
    end: int
    kind: PlaceKind
    insee: str | None = None
    department: str | None = None
    region: str | None = None
    confidence: float = 1.0


class Context(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tweet that a reply answers, in both forms, because the data policy applies to it too.

    `author` tells an erasure whose words they are; no target sees it. Older records have none.
    """

    scrubbed: str
    text: str
    author: str | None = None


class Tweet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tweet as a source gave it; the value of `tweets.raw` and `tweets.official`.

    `author` is a handle for official accounts and otherwise the source's stable author id; `created_at` is aware.
    """

    id: TweetId
    created_at: Instant
    text: str
    author: str
    official: bool = False
    in_reply_to: str | None = None
    retweet: bool = False
    quote: bool = False
    likes: int | None = None
    retweets: int | None = None
    replies: int | None = None
    views: int | None = None
    source: str = "file"


class ScrubbedTweet(Tweet, frozen=True, kw_only=True, omit_defaults=True):
    """A customer's tweet after the scrubber; the value of `tweets.scrubbed` and of the fallback topics.

    `scrubbed` is `text` with personal data replaced by typed placeholders. `vip` is set without saying who it is.
    """

    scrubbed: str
    places: tuple[Place, ...] = ()
    vip: bool = False
    context_id: str | None = None
    context: Context | None = None


class NoiseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A tweet that is not worth a classification; the value of `tweets.noise`. Carries no text."""

    id: TweetId
    origin: str
    reason: str
