"""Token counts without a network: counted once with o200k ranks, multiplied for each model.

The ranks come in as a callable, so this stays pure.
"""

from collections.abc import Callable, Iterable
from math import ceil
from typing import Final

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.policy import visible
from streams.core.prompt import line_of

TokenCounter = Callable[[str], int]
"""Counts the o200k tokens of a text."""

LINE_TOKENS: Final = 3
"""The index (at most 1,000: one or two tokens), the bar, the end of the line; they merge in part with the text."""

SERVED_RATIOS: Final[tuple[tuple[str, float], ...]] = (
    ("mistral-7b", 1.35),
    ("mistral-", 1.12),
    ("ministral-", 1.12),
    ("open-mistral-", 1.12),
)
"""Open models that a server of ours may run: prefix of the name -> tokens per o200k token; the first that fits counts.

The ratio of a model behind an API stands in its profile.
"""

UNKNOWN_RATIO: Final = 1.35
"""For a model that nothing names: the dearest that was measured (a 7B SentencePiece vocabulary)."""


def ratio_of(model: str) -> float:
    """Returns a served model's tokens per o200k token; a path before its name does not count."""
    name = model.rsplit("/", 1)[-1].lower()
    return next((ratio for prefix, ratio in SERVED_RATIOS if name.startswith(prefix)), UNKNOWN_RATIO)


def tweet_tokens(
    tweet: ScrubbedTweet, count: TokenCounter, *, policies: Iterable[DataPolicy], ratio: float = 1.0
) -> int:
    """Returns what a tweet takes of a batch's budget, context included.

    Args:
        tweet: the tweet.
        count: o200k tokens of a text.
        policies: of every target that may get the batch; the longest line counts.
        ratio: tokens of the dearest target per o200k token.

    Example: a line of 38 o200k tokens with the ratio 1.12 takes ceil((38 + 3) * 1.12) = 46.
    """
    lines = {line_of(visible(tweet, policy)) for policy in policies}
    longest = max((count(line) for line in lines), default=0)
    return ceil((longest + LINE_TOKENS) * ratio)
