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
    text = visible_text(tweet.scrubbed, as_written=tweet.text, policy=policy)
    context = tweet.context
    if context is None:
        return Visible(text, None, REASONS[policy])
    seen = visible_text(context.scrubbed, as_written=context.text, policy=policy)
    return Visible(text, seen, REASONS[policy])


def visible_text(scrubbed: str, *, as_written: str, policy: DataPolicy) -> str:
    """Returns which of a text's two forms a target of this policy may see; `REASONS` says why."""
    match policy:
        case DataPolicy.PUBLIC:
            return scrubbed
        case DataPolicy.ZDR | DataPolicy.LOCAL:
            return as_written
        case _:
            assert_never(policy)
