"""The one place that decides what a target may see of a tweet."""

from dataclasses import dataclass
from typing import Final, assert_never

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet

REASONS: Final[dict[DataPolicy, str]] = {
    DataPolicy.PUBLIC: "public target: scrubbed text only",
    DataPolicy.ZDR: "zero data retention contract: text as written",
    DataPolicy.LOCAL: "own machine: text as written",
}
"""Why a target sees what it sees; recorded with every call."""


@dataclass(frozen=True, slots=True)
class Visible:
    """What a target may see: the tweet, the tweet that it answers (or None), and why."""

    text: str
    context: str | None
    reason: str


def visible(tweet: ScrubbedTweet, policy: DataPolicy) -> Visible:
    """Returns the form of the tweet that a target of this policy may see.

    A `public` target never gets `text`, nor the context's. A fallback to another target asks again.
    """
    context = tweet.context
    match policy:
        case DataPolicy.PUBLIC:
            return Visible(tweet.scrubbed, context.scrubbed if context else None, REASONS[policy])
        case DataPolicy.ZDR | DataPolicy.LOCAL:
            return Visible(tweet.text, context.text if context else None, REASONS[policy])
        case _:
            assert_never(policy)
