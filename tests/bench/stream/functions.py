"""What the contenders apply to each value. Everything here runs in the peer's environment, too."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import asdict

from schemas.codec import encode
from schemas.tweet import ScrubbedTweet
from streams.core.pii.scrub import scrub
from streams.core.scrubbing import read_tweet

WHOLE: Final = "whole"
"""No function of a value alone: all that the scrubber does of a tweet, with what it remembers of those before it."""


def passthrough(value: bytes) -> bytes:
    """Returns the value as it came."""
    return value


def patterns(value: bytes) -> bytes:
    """Turns a Tweet's JSON into a ScrubbedTweet's by the structured patterns: without names, places and memory."""
    tweet = read_tweet(value)
    return encode(ScrubbedTweet(**asdict(tweet), scrubbed=scrub(tweet.text).text))


FUNCTIONS: Final[dict[str, Callable[[bytes], bytes]]] = {"passthrough": passthrough, "patterns": patterns}
